import type { Store } from '../../src/store/port.ts';
import { SECRET_FIELDS, VALUE_FIELDS } from './apps.ts';
import { filled, ways } from './commit-ways.ts';
import { GLOBAL_FIELDS } from './globals.ts';
import { KINDS } from './kinds.ts';
import { done, groupOp, operation } from './makers.ts';
import { MUTATIONS, operationOf } from './mutations.ts';
import type { AppOptions, TestApp } from './start-app.ts';
import type { Question } from './tampering-sweep.ts';

/** A store with something of everything, and all that is asked of it. Nothing in it depends on the time of day. */

const START = Date.parse('2026-01-02T03:04:05.000Z');
export const goldenClock = (): Date => new Date(START);
/** All of it is asked for in a few queries. */
export const GOLDEN_LIMITS = { cost: 100_000_000, ratePoints: 0, workResolutions: 10_000 };

/** Mutations that bring what the usual ways do not: each in a project of its own. */
const MORE: readonly string[] = [
  'createProject',
  'deleteProject',
  'restoreService',
  'revokeToken',
  'deleteTag',
  'deleteSecretGroup',
  'restoreSecretGroup',
  'linkAddon',
  'createGlobalSecret',
  'syncGlobalSecret',
  'deleteGlobalSecret',
  'rotateGitHookSecret',
  'deleteService',
  'deleteExternalAddon',
  'rotateAddon',
  'restartDependents',
  'redeliverRestart',
  'acknowledgeEnvironment',
  'deleteEnvironment',
  'generateAppSecretValue',
];

const runJobs = async (app: TestApp): Promise<void> => {
  for (const job of app.gateway.jobs) await job.run(new AbortController().signal);
};

/** Makes it. */
export async function goldenWorld(open: AppOptions['open']): Promise<TestApp> {
  const over = { clock: goldenClock, ...(open ? { open } : {}) };
  const app = await filled(0, GOLDEN_LIMITS, over);
  for (const i of [1, 2]) for (const way of Object.values(ways)) await way(app, i);
  for (const [i, name] of MORE.entries()) {
    const mutation = MUTATIONS.find((each) => each.name === name);
    const input = await mutation?.prepare(app, i + 1);
    const { data, errors } = await app.gql(operationOf(name), { input });
    if (!data?.result?.__typename.endsWith('Payload')) throw new Error(JSON.stringify({ name, data, errors }));
  }
  await runJobs(app);
  const file = { path: '/etc/own', data: Buffer.from('bytes of a file').toString('base64'), encoding: 'UTF_8' };
  const id = Buffer.from('SecretGroup:default-project/own').toString('base64');
  for (const data of ['first', 'second']) {
    const next = { ...file, data: Buffer.from(data).toString('base64') };
    await done(app, groupOp('setSecretGroupFile', 'id'), { id, file: next });
  }
  await done(app, operation('createTag', 'tag { id }'), { name: 'last', description: 'The last thing' });
  return app;
}

const WORKLOAD = `id name tags revision variables { name value } files { path data }
  environment { seq digest variables { name value } files { path data } unresolved { name reference reason } }`;
const LINKS = 'addonLinks { addon keys { keyName aliases names } }';
const GROUP = `slug name description type priority revision tags variables { name value } files { path data }
  dockerSecretMounts { name data } ${LINKS}`;
const PAGE = '(first: 50)';

const QUERIES: readonly string[] = [
  `{ projects${PAGE} { nodes { slug name description revision
    secretGroups${PAGE} { nodes { ${GROUP} revisions(first: 20) { nodes { revision priority variables { name value } } } } } } } }`,
  `{ projects${PAGE} { nodes { slug services${PAGE} { nodes { ${WORKLOAD} } } jobs${PAGE} { nodes { ${WORKLOAD} } } } } }`,
  `{ projects${PAGE} { nodes { slug addons${PAGE} { nodes { slug params revision } }
    externalAddons${PAGE} { nodes { slug params revision } }
    deployWebhook { url isEnabled } restartRequests${PAGE} { nodes { workloadId scopes seq wave state reason delivery { state attemptCount } } }
    runningWorkloads${PAGE} { nodes { scope seq digest } } } } }`,
  `{ globalSecrets${PAGE} { nodes { ${GLOBAL_FIELDS} gitops { repoUrl branch filePath hasHookSecret status { state reason at commit } } } } }`,
  `{ apps${PAGE} { nodes { slug name environments { slug name protected } secrets${PAGE} { nodes { ${SECRET_FIELDS} values { ${VALUE_FIELDS} } } } } } }`,
  '{ tags { name description } roles { slug name grants { resources verbs types projects } } tokens { id name kind role createdBy } vcsAccounts { accountLogin service } }',
  '{ commits(first: 100) { nodes { seq at actor operation } pageInfo { endCursor } } }',
  '{ viewer { role { slug } } deleted(kind: SECRET_GROUP, project: "p-6") { nodes { name deletedAt deletedBy } } }',
  '{ project(slug: "default-project") { service(id: "example-service") { environment(at: 20) { variables { name value } } } } }',
];

export const goldenQuestions = (owner: string): readonly Question[] => QUERIES.map((query): Question => [query, owner]);

/** How many documents, and how many of them deleted, there are of each kind; whatever team they belong to. */
export async function goldenKinds(store: Store): Promise<Readonly<Record<string, readonly [number, number]>>> {
  const counts: Record<string, readonly [number, number]> = {};
  for (const kind of KINDS) {
    const docs = await store.list(kind, [], { limit: 1_000 });
    counts[kind] = [docs.length, docs.filter(({ deleted }) => deleted).length];
  }
  return counts;
}
