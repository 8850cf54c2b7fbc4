import type { Kind, Store } from '../../src/store/port.ts';
import { SECRET_FIELDS, VALUE_FIELDS } from './apps.ts';
import { GLOBAL_FIELDS } from './globals.ts';
import { GROUP_FIELDS } from './makers.ts';
import { startApp, type TestApp } from './start-app.ts';

/** Everything of a team that its owner can read; ids that are drawn at random are left out. */
export interface WholeState {
  /** The number of the last commit. */
  readonly seq: number;
  /** What the API answers, without revisions. */
  readonly seen: string;
  /** Revisions of what has an address, and how many there are of the rest. */
  readonly rows: readonly string[];
}

const WORKLOAD = `id name tags variables { name value } buildArguments { name value } files { path data sha256 }`;
const STATE = `{
  projects(first: 5) { nodes { slug name description
    secretGroups(first: 5) { nodes { ${GROUP_FIELDS.replace(/\brevision\b/, '')} } }
    addons(first: 5) { nodes { slug name description params } }
    externalAddons(first: 5) { nodes { slug name description params } }
    deployWebhook { url isEnabled }
    restartRequests(first: 5) { nodes { workloadId scopes seq wave state reason delivery { state attemptCount } } }
    runningWorkloads(first: 5) { nodes { scope seq digest } }
    services(first: 5) { nodes { ${WORKLOAD} } } jobs(first: 5) { nodes { ${WORKLOAD} } } } }
  globalSecrets(first: 5) { nodes { ${GLOBAL_FIELDS.replace(/\brevision\b/, '')} } }
  apps(first: 5) { nodes { slug name environments { slug name order protected }
    secrets(first: 5) { nodes { ${SECRET_FIELDS.replace(/\brevision\b/, '')}
      values { ${VALUE_FIELDS.replace(/\brevision\b/, '')} } } } } }
  tags { name description } roles { slug name grants { resources verbs types projects } } tokens { name kind role } }`;

const ADDRESSED: readonly Kind[] = [
  'project',
  'tag',
  'role',
  'service',
  'job',
  'secretGroup',
  'globalSecret',
  'gitSync',
  'vcsAccount',
  'addon',
  'externalAddon',
  'app',
  'environment',
  'appSecret',
  'appSecretValue',
  'deployWebhook',
  'restartQueue',
  'running',
];
const COUNTED: readonly Kind[] = [
  'restart',
  'restartRequest',
  'restartDelivery',
  'token',
  'tokenIndex',
  'content',
  'idempotency',
  'dek',
];

async function rowsOf(store: Store): Promise<readonly string[]> {
  const rows: string[] = [];
  for (const kind of ADDRESSED) {
    for (const { key, revision, deleted } of await store.list(kind, [], { limit: 1000 })) {
      rows.push(`${kind} ${key.join('/')} @${revision}${deleted ? ' deleted' : ''}`);
    }
  }
  for (const kind of COUNTED) {
    const docs = await store.list(kind, [], { limit: 1000 });
    const revisions = docs.reduce((sum, { revision }) => sum + revision, 0);
    rows.push(`${docs.filter(({ deleted }) => !deleted).length} of ${docs.length} ${kind}, ${revisions} revisions`);
  }
  return rows;
}

/** Reads it all through one gateway. Fails when anything of it does not pass its check. */
export async function wholeState(app: TestApp, store: Store, team = 'default'): Promise<WholeState> {
  const { data, errors } = await app.gql(STATE, {}, app.owner);
  if (errors) throw new Error(JSON.stringify(errors));
  const seq = (await store.head([team]))?.seq ?? 0;
  // They are listed by ids that are drawn at random.
  const tokens = [...data.tokens].map((token) => JSON.stringify(token)).sort();
  return { seq, seen: JSON.stringify({ ...data, tokens }), rows: await rowsOf(store) };
}

/** The store, but closing it is left to whoever opened it. */
export const borrowed = (store: Store): Store => ({ ...store, close: async () => {} });

/** Another gateway on the same store, as if after a start: nothing is remembered. */
export async function freshApp(store: Store, owner: string, options: object = {}): Promise<TestApp> {
  const app = await startApp({ cacheBytes: 0, ...options, open: () => borrowed(store) });
  return { ...app, owner };
}
