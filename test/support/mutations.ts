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
export const ACTIONS: readonly string[] = ['testAddon'];

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

/** A creation in a project, with a key to repeat it by. */
const inProject = (name: string, input: (n: number) => object): MutationCase => ({
  name,
  async prepare(app, n) {
    await aProject(app, n);
    return input(n);
  },
});

const keyed = (n: number) => ({ idempotencyKey: `key ${n}` });
const changedWorkload = (n: number) => ({ ...workloadInput(n), name: 'Changed', variables: [], ...keyed(n) });

/** Every mutation of the schema once, and those with two ways to go once for each. */
export const MUTATIONS: readonly MutationCase[] = [
  { name: 'createProject', prepare: async (_app, n) => ({ name: `P ${n}`, ...keyed(n) }) },
  { name: 'updateProject', prepare: async (app, n) => ({ id: await aProject(app, n), description: 'after' }) },
  { name: 'deleteProject', prepare: async (app, n) => ({ id: await aProject(app, n) }) },
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
  inProject('createSecretGroup', (n) => ({ ...groupInput(n), ...keyed(n) })),
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
];
