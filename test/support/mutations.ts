import type { TestApp } from './start-app.ts';

/** A mutation, how to make what it works on, and an input that it accepts. `n` keeps the names of several apart. */
export interface MutationCase {
  readonly name: string;
  readonly prepare: (app: TestApp, n: number) => Promise<object>;
}

const typeOf = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** Any mutation, asked for its commit and for nothing else unless `fields` say so. */
export const operationOf = (name: string, fields = ''): string => `mutation ($input: ${typeOf(name)}Input!) {
  result: ${name}(input: $input) { __typename ... on ${typeOf(name)}Payload { commit { seq } ${fields} }
    ... on Error { code message } } }`;

async function done(app: TestApp, name: string, input: object, fields = '') {
  const { data, errors } = await app.gql(operationOf(name, fields), { input }, app.owner);
  if (data?.result?.__typename !== `${typeOf(name)}Payload`) throw new Error(JSON.stringify({ name, data, errors }));
  return data.result;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const slugFor = (n: number): string => `p-${n}`;

async function aProject(app: TestApp, n: number): Promise<string> {
  return (await done(app, 'createProject', { name: `P ${n}`, description: 'before' }, 'project { id }')).project.id;
}

const groupInput = (n: number) => ({
  project: slugFor(n),
  name: 'Example Secret',
  description: 'before',
  secretType: 'ENVIRONMENT',
  priority: 10,
  tags: ['my-tag'],
  variables: [{ name: 'A', value: 'before' }],
  files: [{ path: '/dir/a', data: base64('file before'), encoding: 'UTF_8' }],
  dockerSecretMounts: [{ name: 'mount-a', data: base64('mount before'), encoding: 'BINARY' }],
  addonLinks: [{ addon: 'database', keys: [{ keyName: 'username', aliases: ['DB_USER'] }] }],
});

async function aGroup(app: TestApp, n: number): Promise<string> {
  await aProject(app, n);
  return (await done(app, 'createSecretGroup', groupInput(n), 'secretGroup { id }')).secretGroup.id;
}

const workloadInput = (n: number) => ({
  project: slugFor(n),
  id: 'example',
  name: 'Example',
  tags: ['my-tag'],
  variables: [{ name: 'OWN', value: 'mine' }],
  files: [{ path: '/own', data: base64('own file'), encoding: 'UTF_8' }],
});

const GRANTS = [{ resources: ['SECRET_GROUP'], verbs: ['LIST'], types: ['CONFIG'] }];

async function aTag(app: TestApp, n: number): Promise<string> {
  return (await done(app, 'createTag', { name: `tag-${n}`, description: 'before' }, 'tag { id }')).tag.id;
}
async function aRole(app: TestApp, n: number): Promise<string> {
  return (await done(app, 'createRole', { name: `Role ${n}`, grants: GRANTS }, 'role { id }')).role.id;
}

const REDIS = { host: 'cache.example.com', password: 'before' };
const ROTATING = { secret: 'first', visible: 'yes' };
/** An addon whose provider makes new credentials. */
async function aRotatingAddon(app: TestApp, n: number): Promise<string> {
  await aProject(app, n);
  return (await done(app, 'createAddon', addonInput(n, 'rotating', ROTATING), 'addon { id }')).addon.id;
}
/** Mutations that have no commit, because they change nothing. */
export const ACTIONS: readonly string[] = ['testAddon', 'previewSecretGroupImport'];

const RDS = { engine: 'mysql', endpoint: 'db.example.com', database: 'd', username: 'u', password: 'before' };
const addonInput = (n: number, provider: string, params: object) => ({
  project: slugFor(n),
  name: 'Database',
  description: 'before',
  provider,
  params,
});

/** An addon that a group links. */
async function anAddon(app: TestApp, n: number): Promise<string> {
  await aGroup(app, n);
  return (await done(app, 'createAddon', addonInput(n, 'redis', REDIS), 'addon { id }')).addon.id;
}
async function anExternalAddon(app: TestApp, n: number): Promise<string> {
  await aProject(app, n);
  const input = addonInput(n, 'aws-rds', RDS);
  return (await done(app, 'createExternalAddon', input, 'externalAddon { id }')).externalAddon.id;
}

/** A mutation of the group that is there. */
const onGroup = (name: string, over: object): MutationCase => ({
  name,
  prepare: async (app, n) => ({ id: await aGroup(app, n), ...over }),
});

const globalInput = (n: number) => ({
  name: `Global ${n}`,
  type: 'SECRET',
  description: 'before',
  values: { a: { b: ['before'] } },
  files: [{ id: 'ca', path: '/dir/a', data: base64('file before'), encoding: 'UTF_8' }],
});
const aGlobal = async (app: TestApp, n: number): Promise<string> =>
  (await done(app, 'createGlobalSecret', globalInput(n), 'globalSecret { id }')).globalSecret.id;

/** One that follows a git file at a host that the gateway may not be sent to. */
const GITOPS = {
  vcsService: 'SELF_HOSTED',
  repoUrl: 'https://git.invalid/team/config',
  branch: 'main',
  filePath: '/a',
};
const followingInput = (n: number) => ({ name: `Global ${n}`, type: 'SECRET', gitops: GITOPS });
const aFollowing = async (app: TestApp, n: number): Promise<string> =>
  (await done(app, 'createGlobalSecret', followingInput(n), 'globalSecret { id }')).globalSecret.id;

const accountInput = (n: number) => ({ service: 'GITHUB', accountLogin: `login-${n}`, token: 'before' });
const appSlug = (n: number): string => `app-${n}`;
const appInput = (n: number) => ({
  name: `App ${n}`,
  environments: [{ name: 'dev' }, { name: 'production', protected: true }],
});
const anApp = async (app: TestApp, n: number): Promise<string> =>
  (await done(app, 'createApp', appInput(n), 'app { id }')).app.id;

async function anEnvironment(app: TestApp, n: number): Promise<string> {
  await anApp(app, n);
  const input = { app: appSlug(n), name: 'staging' };
  return (await done(app, 'createEnvironment', input, 'environment { id }')).environment.id;
}

const secretInput = (n: number) => ({
  app: appSlug(n),
  name: 'API_KEY',
  purposeType: 'API_KEY',
  providerId: 'before',
  environmentScopedValues: [],
});
const valueInput = (environment: string, text: string) => ({
  environment,
  valueTypeUrn: 'urn:app-secret:app-secret-type:keyValueAppSecret',
  hidden: false,
  kvAppSecretValue: { typeHint: 'urn:app-secret:kv-secret-value:textType', text },
});

/** A secret with a value in dev. */
async function anAppSecret(app: TestApp, n: number): Promise<string> {
  await anApp(app, n);
  const { id } = (await done(app, 'createAppSecret', secretInput(n), 'appSecret { id }')).appSecret;
  await done(app, 'setAppSecretValue', { id, ...valueInput('dev', 'before') });
  return id;
}

async function copyPlan(app: TestApp, n: number): Promise<string> {
  const query = `{ previewAppSecretCopy(app: "${appSlug(n)}", from: "dev", to: "production") { planHash } }`;
  return (await app.gql(query, {}, app.owner)).data.previewAppSecretCopy.planHash;
}

/** A creation in a project, with a key to repeat it by. */
const inProject = (name: string, input: (n: number) => object): MutationCase => ({
  name,
  async prepare(app, n) {
    await aProject(app, n);
    return input(n);
  },
});

/** A group that a service inherits, and a webhook to tell it to. */
async function aDependent(app: TestApp, n: number): Promise<string> {
  const id = await aGroup(app, n);
  await done(app, 'putService', workloadInput(n));
  await aWebhook(app, n);
  return id;
}
async function aWebhook(app: TestApp, n: number): Promise<string> {
  const input = { project: slugFor(n), url: 'https://deploy.example.com/', secret: 'secret-secret-secret-secret' };
  return (await done(app, 'putDeployWebhook', input, 'deployWebhook { id }')).deployWebhook.id;
}
async function aRestart(app: TestApp, n: number) {
  const input = { source: await aDependent(app, n), waves: { size: 1 } };
  const fields = 'restart { id requests(first: 1) { nodes { id seq } } }';
  return (await done(app, 'restartDependents', input, fields)).restart;
}

const keyed = (n: number) => ({ idempotencyKey: `key ${n}` });
const changedWorkload = (n: number) => ({ ...workloadInput(n), name: 'Changed', variables: [], ...keyed(n) });

/** Every mutation of the schema once, and those with two ways to go once for each. */
export const MUTATIONS: readonly MutationCase[] = [
  { name: 'createProject', prepare: async (_app, n) => ({ name: `P ${n}`, ...keyed(n) }) },
  { name: 'updateProject', prepare: async (app, n) => ({ id: await aProject(app, n), description: 'after' }) },
  { name: 'deleteProject', prepare: async (app, n) => ({ id: await aProject(app, n) }) },
  {
    name: 'restoreProject',
    async prepare(app, n) {
      const id = await aProject(app, n);
      await done(app, 'deleteProject', { id });
      return { id };
    },
  },
  { name: 'createRole', prepare: async (_app, n) => ({ name: `Role ${n}`, grants: GRANTS, ...keyed(n) }) },
  { name: 'updateRole', prepare: async (app, n) => ({ id: await aRole(app, n), name: 'Renamed' }) },
  { name: 'deleteRole', prepare: async (app, n) => ({ id: await aRole(app, n) }) },
  { name: 'createTag', prepare: async (_app, n) => ({ name: `tag-${n}`, ...keyed(n) }) },
  { name: 'updateTag', prepare: async (app, n) => ({ id: await aTag(app, n), description: 'after' }) },
  { name: 'deleteTag', prepare: async (app, n) => ({ id: await aTag(app, n) }) },
  {
    name: 'createToken',
    prepare: async (_app, n) => ({ name: `token ${n}`, kind: 'MACHINE', role: 'reader', ...keyed(n) }),
  },
  {
    name: 'revokeToken',
    async prepare(app, n) {
      const input = { name: `token ${n}`, kind: 'MACHINE', role: 'reader' };
      return { id: (await done(app, 'createToken', input, 'token { id }')).token.id };
    },
  },
  inProject('putService', (n) => ({ ...workloadInput(n), ...keyed(n) })),
  {
    name: 'putService',
    async prepare(app, n) {
      await aProject(app, n);
      await done(app, 'putService', workloadInput(n));
      return changedWorkload(n);
    },
  },
  inProject('putJob', (n) => ({ ...workloadInput(n), ...keyed(n) })),
  {
    name: 'deleteService',
    async prepare(app, n) {
      await aProject(app, n);
      await done(app, 'putService', workloadInput(n));
      return { project: slugFor(n), id: 'example' };
    },
  },
  {
    name: 'deleteJob',
    async prepare(app, n) {
      await aProject(app, n);
      await done(app, 'putJob', workloadInput(n));
      return { project: slugFor(n), id: 'example' };
    },
  },
  {
    name: 'restoreService',
    async prepare(app, n) {
      await aProject(app, n);
      await done(app, 'putService', workloadInput(n));
      const address = { project: slugFor(n), id: 'example' };
      await done(app, 'deleteService', address);
      return address;
    },
  },
  {
    name: 'restoreJob',
    async prepare(app, n) {
      await aProject(app, n);
      await done(app, 'putJob', workloadInput(n));
      const address = { project: slugFor(n), id: 'example' };
      await done(app, 'deleteJob', address);
      return address;
    },
  },
  inProject('createSecretGroup', (n) => ({ ...groupInput(n), ...keyed(n) })),
  // Links ask for a permission of their own.
  inProject('createSecretGroup', (n) => ({ ...groupInput(n), addonLinks: [] })),
  inProject('putSecretGroup', (n) => ({ ...groupInput(n), ...keyed(n) })),
  {
    name: 'putSecretGroup',
    async prepare(app, n) {
      await aGroup(app, n);
      const files = [{ path: '/dir/b', data: base64('another file'), encoding: 'UTF_8' }];
      return { ...groupInput(n), priority: 20, files, ...keyed(n) };
    },
  },
  onGroup('updateSecretGroup', {
    priority: 20,
    variables: [{ name: 'B', value: 'after' }],
    files: [{ path: '/dir/b', data: base64('file after'), encoding: 'UTF_8' }],
  }),
  onGroup('deleteSecretGroup', {}),
  {
    name: 'restoreSecretGroup',
    async prepare(app, n) {
      const id = await aGroup(app, n);
      await done(app, 'deleteSecretGroup', { id });
      return { id };
    },
  },
  {
    name: 'rollbackSecretGroup',
    async prepare(app, n) {
      const id = await aGroup(app, n);
      await done(app, 'updateSecretGroup', { id, priority: 77, variables: [] });
      return { id, revision: 1 };
    },
  },
  onGroup('setSecretGroupVariable', { name: 'B', value: 'after' }),
  onGroup('importSecretGroupVariables', { source: { text: 'B=after', format: 'DOTENV' } }),
  onGroup('unsetSecretGroupVariable', { name: 'A' }),
  onGroup('setSecretGroupFile', { file: { path: '/dir/b', data: base64('file after'), encoding: 'UTF_8' } }),
  onGroup('unsetSecretGroupFile', { path: '/dir/a' }),
  onGroup('setSecretGroupDockerSecretMount', { mount: { name: 'mount-b', data: base64('after'), encoding: 'BINARY' } }),
  onGroup('unsetSecretGroupDockerSecretMount', { name: 'mount-a' }),
  onGroup('linkAddon', { link: { addon: 'queue', keys: [{ keyName: 'password' }] } }),
  onGroup('unlinkAddon', { addon: 'database' }),
  { name: 'createGlobalSecret', prepare: async (_app, n) => ({ ...globalInput(n), ...keyed(n) }) },
  { name: 'putGlobalSecret', prepare: async (_app, n) => ({ ...globalInput(n), ...keyed(n) }) },
  {
    name: 'putGlobalSecret',
    async prepare(app, n) {
      await aGlobal(app, n);
      return { ...globalInput(n), values: { c: 'after' }, ...keyed(n) };
    },
  },
  {
    name: 'updateGlobalSecret',
    prepare: async (app, n) => ({ id: await aGlobal(app, n), values: { c: 'after' }, files: [] }),
  },
  { name: 'createGlobalSecret', prepare: async (_app, n) => ({ ...followingInput(n), ...keyed(n) }) },
  {
    name: 'updateGlobalSecret',
    prepare: async (app, n) => ({ id: await aFollowing(app, n), gitops: { ...GITOPS, branch: 'after' } }),
  },
  { name: 'updateGlobalSecret', prepare: async (app, n) => ({ id: await aFollowing(app, n), gitops: null }) },
  { name: 'syncGlobalSecret', prepare: async (app, n) => ({ id: await aFollowing(app, n) }) },
  { name: 'rotateGitHookSecret', prepare: async (app, n) => ({ id: await aFollowing(app, n) }) },
  { name: 'putVcsAccount', prepare: async (_app, n) => accountInput(n) },
  {
    name: 'putVcsAccount',
    async prepare(app, n) {
      await done(app, 'putVcsAccount', accountInput(n));
      return { ...accountInput(n), token: 'after' };
    },
  },
  {
    name: 'updateVcsAccount',
    prepare: async (app, n) => ({
      id: (await done(app, 'putVcsAccount', accountInput(n), 'vcsAccount { id }')).vcsAccount.id,
      sensitivity: 'CONFIG',
    }),
  },
  {
    name: 'deleteVcsAccount',
    prepare: async (app, n) => ({
      id: (await done(app, 'putVcsAccount', accountInput(n), 'vcsAccount { id }')).vcsAccount.id,
    }),
  },
  { name: 'deleteGlobalSecret', prepare: async (app, n) => ({ id: await aGlobal(app, n) }) },
  {
    name: 'restoreGlobalSecret',
    async prepare(app, n) {
      const id = await aGlobal(app, n);
      await done(app, 'deleteGlobalSecret', { id });
      return { id };
    },
  },
  inProject('createAddon', (n) => ({ ...addonInput(n, 'redis', REDIS), ...keyed(n) })),
  {
    name: 'updateAddon',
    prepare: async (app, n) => ({ id: await anAddon(app, n), params: { ...REDIS, password: 'after' } }),
  },
  { name: 'deleteAddon', prepare: async (app, n) => ({ id: await anAddon(app, n), force: true }) },
  {
    name: 'restoreAddon',
    async prepare(app, n) {
      const id = await anAddon(app, n);
      await done(app, 'deleteAddon', { id, force: true });
      return { id };
    },
  },
  { name: 'rotateAddon', prepare: async (app, n) => ({ id: await aRotatingAddon(app, n) }) },
  inProject('createExternalAddon', (n) => ({ ...addonInput(n, 'aws-rds', RDS), ...keyed(n) })),
  { name: 'updateExternalAddon', prepare: async (app, n) => ({ id: await anExternalAddon(app, n), name: 'Renamed' }) },
  {
    name: 'restartDependents',
    prepare: async (app, n) => ({ source: await aDependent(app, n), reason: 'a reason', ...keyed(n) }),
  },
  { name: 'cancelRestart', prepare: async (app, n) => ({ id: (await aRestart(app, n)).id }) },
  {
    name: 'redeliverRestart',
    async prepare(app, n) {
      const { requests } = await aRestart(app, n);
      const id = requests.nodes[0].id;
      // Its delivery is over once the webhook is gone and is looked for.
      const webhook = await aWebhook(app, n);
      await done(app, 'deleteDeployWebhook', { id: webhook });
      for (const job of app.gateway.jobs) await job.run(new AbortController().signal);
      await aWebhook(app, n);
      return { id };
    },
  },
  {
    name: 'acknowledgeEnvironment',
    async prepare(app, n) {
      const { requests } = await aRestart(app, n);
      const { seq } = requests.nodes[0];
      return { project: slugFor(n), workload: { kind: 'SERVICE', id: 'example' }, seq };
    },
  },
  inProject('putDeployWebhook', (n) => ({ project: slugFor(n), url: 'https://deploy.example.com/' })),
  {
    name: 'putDeployWebhook',
    async prepare(app, n) {
      await aProject(app, n);
      await aWebhook(app, n);
      return { project: slugFor(n), url: 'https://deploy.example.com/other', isEnabled: false };
    },
  },
  {
    name: 'rotateDeployWebhookSecret',
    async prepare(app, n) {
      await aProject(app, n);
      return { id: await aWebhook(app, n) };
    },
  },
  {
    name: 'deleteDeployWebhook',
    async prepare(app, n) {
      await aProject(app, n);
      return { id: await aWebhook(app, n) };
    },
  },
  { name: 'deleteExternalAddon', prepare: async (app, n) => ({ id: await anExternalAddon(app, n) }) },
  {
    name: 'restoreExternalAddon',
    async prepare(app, n) {
      const id = await anExternalAddon(app, n);
      await done(app, 'deleteExternalAddon', { id });
      return { id };
    },
  },
  {
    name: 'rotateExternalAddon',
    async prepare(app, n) {
      await aProject(app, n);
      const input = addonInput(n, 'rotating-elsewhere', ROTATING);
      return { id: (await done(app, 'createExternalAddon', input, 'externalAddon { id }')).externalAddon.id };
    },
  },
  { name: 'createApp', prepare: async (_app, n) => ({ ...appInput(n), ...keyed(n) }) },
  { name: 'updateApp', prepare: async (app, n) => ({ id: await anApp(app, n), name: 'Renamed' }) },
  {
    name: 'deleteApp',
    async prepare(app, n) {
      await anAppSecret(app, n);
      return { id: base64(`App:${appSlug(n)}`) };
    },
  },
  {
    name: 'restoreApp',
    async prepare(app, n) {
      await anAppSecret(app, n);
      const id = base64(`App:${appSlug(n)}`);
      await done(app, 'deleteApp', { id });
      return { id };
    },
  },
  {
    name: 'createEnvironment',
    async prepare(app, n) {
      await anAppSecret(app, n);
      return { app: appSlug(n), name: 'staging', protected: true, ...keyed(n) };
    },
  },
  {
    name: 'updateEnvironment',
    prepare: async (app, n) => ({ id: await anEnvironment(app, n), order: 0, protected: true }),
  },
  {
    name: 'deleteEnvironment',
    async prepare(app, n) {
      await anAppSecret(app, n);
      return { id: base64(`Environment:app/${appSlug(n)}/dev`), force: true };
    },
  },
  {
    name: 'restoreEnvironment',
    async prepare(app, n) {
      const id = await anEnvironment(app, n);
      await done(app, 'deleteEnvironment', { id });
      return { id };
    },
  },
  {
    name: 'createAppSecret',
    async prepare(app, n) {
      await anApp(app, n);
      return { ...secretInput(n), ...keyed(n) };
    },
  },
  {
    name: 'updateAppSecret',
    prepare: async (app, n) => ({ id: await anAppSecret(app, n), providerId: 'after', purposeType: 'OTHER' }),
  },
  { name: 'deleteAppSecret', prepare: async (app, n) => ({ id: await anAppSecret(app, n) }) },
  {
    name: 'restoreAppSecret',
    async prepare(app, n) {
      const id = await anAppSecret(app, n);
      await done(app, 'deleteAppSecret', { id });
      return { id };
    },
  },
  {
    name: 'setAppSecretValue',
    prepare: async (app, n) => ({ id: await anAppSecret(app, n), ...valueInput('dev', 'after') }),
  },
  {
    name: 'setAppSecretValue',
    prepare: async (app, n) => ({ id: await anAppSecret(app, n), ...valueInput('production', 'new') }),
  },
  { name: 'unsetAppSecretValue', prepare: async (app, n) => ({ id: await anAppSecret(app, n), environment: 'dev' }) },
  {
    name: 'generateAppSecretValue',
    prepare: async (app, n) => ({
      id: await anAppSecret(app, n),
      environment: 'production',
      hidden: true,
      password: { length: 20 },
    }),
  },
  {
    name: 'copyAppSecretValues',
    async prepare(app, n) {
      await anAppSecret(app, n);
      return { app: base64(`App:${appSlug(n)}`), from: 'dev', to: 'production', planHash: await copyPlan(app, n) };
    },
  },
];
