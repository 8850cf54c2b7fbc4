import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aGroup,
  aGroupInput,
  aProject,
  aServiceInput,
  CANARY,
  codeOf,
  done,
  groupOp,
  operation,
  PUT_SERVICE,
  refusals,
  run,
} from '../support/makers.ts';
import { scripted, shippedPlugins, together } from '../support/plugins.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const FIELDS = 'id slug name description providerId params revision provider { title }';
const CREATE = operation('createAddon', `addon { ${FIELDS} }`);
const UPDATE = operation('updateAddon', `addon { ${FIELDS} }`);
const DELETE = operation('deleteAddon', 'addon { id }');
const LIST = `query ($project: Slug!, $slug: Slug = "my-redis") { project(slug: $project) {
  addon(slug: $slug) { ${FIELDS} } addons { nodes { slug } } externalAddons { nodes { slug } } } }`;
const PARAMS = { host: 'cache.example.com', password: CANARY };
const input = (over: object = {}) => ({
  project: 'default-project',
  name: 'My Redis',
  provider: 'redis',
  params: PARAMS,
  ...over,
});
const link = (keyName = 'PASSWORD', addon = 'my-redis') => ({ addon, keys: [{ keyName }] });

let app: TestApp;
beforeAll(async () => {
  app = await startApp({
    plugins: together(
      await shippedPlugins(),
      scripted('scripted', 'addon', () => new Map()),
    ),
  });
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput({ id: 'web' }));
});
afterAll(() => app.close());

describe('addons', () => {
  it('are created, listed, changed and deleted', async () => {
    const { addon } = await done(app, CREATE, input());
    expect(addon).toMatchObject({ slug: 'my-redis', providerId: 'redis', revision: 1, provider: { title: 'Redis' } });
    expect(addon.params).toEqual({ host: 'cache.example.com', password: null });
    const changed = await done(app, UPDATE, { id: addon.id, params: { ...PARAMS, port: 7000 }, expectedRevision: 1 });
    expect(changed.addon).toMatchObject({
      revision: 2,
      params: { host: 'cache.example.com', port: 7000, password: null },
    });
    expect(await run(app, UPDATE, { id: addon.id, name: 'Other', expectedRevision: 1 })).toMatchObject({
      code: 'CONFLICT',
      currentRevision: 2,
    });
    const { data } = await app.gql(LIST, { project: 'default-project' });
    expect(data.project.addons.nodes).toEqual([{ slug: 'my-redis' }]);
    expect(data.project.externalAddons.nodes).toEqual([]);
    expect((await app.gql(`{ node(id: "${addon.id}") { __typename } }`)).data.node.__typename).toBe('Addon');
    expect(codeOf(await run(app, DELETE, { id: addon.id }))).toBe('OK');
    expect((await app.gql(LIST, { project: 'default-project' })).data.project.addon).toBeNull();
    expect((await done(app, CREATE, input())).addon.revision).toBe(4);
  });

  it('case 50: take each slug once', async () => {
    expect(await run(app, CREATE, input({ name: 'my redis' }))).toMatchObject({ code: 'CONFLICT' });
  });

  it.each([
    ['an unknown provider', { provider: 'nothing' }, ['provider enum']],
    ['a provider of the other kind', { provider: 'aws-rds' }, ['provider enum']],
    ['no params', { params: [] }, ['params type']],
    [
      'every bad leaf',
      { params: { host: `a/${CANARY}`, password: 7, port: CANARY, hsot: CANARY } },
      ['params.host pattern', 'params.hsot unknown', 'params.password type', 'params.port type'],
    ],
    ['a NUL', { params: { ...PARAMS, password: '\0' } }, ['params unicode']],
    ['too much', { params: { ...PARAMS, password: 'a'.repeat(70_000) } }, ['params max']],
    ['a bad name', { name: 'a_b' }, ['name pattern']],
  ])('refuse %s without repeating it', async (_what, over, expected) => {
    expect(await refusals(app, CREATE, input(over))).toEqual(expected);
  });

  it('say what the provider wants, and which fields it knows', async () => {
    const params = { host: `a/${CANARY}`, port: 'x', database: 1_024, password: '', tls: 'yes', tlsprot: CANARY };
    const result = await run(app, CREATE, input({ params }));
    const { fields } = result as { fields: readonly { path: readonly string[]; message: string }[] };
    const told = Object.fromEntries(fields.map(({ path, message }) => [path.join('.'), message]));
    expect(told).toEqual({
      'params.host': 'must be a text of at most 255 characters that matches ^[a-zA-Z0-9.:-]+$',
      'params.port': 'must be a whole number from 1 to 65535',
      'params.database': 'must be a whole number from 0 to 1023',
      'params.password': 'must be a text of 1 to 1024 characters',
      'params.tls': 'must be true or false',
      'params.tlsprot':
        'is not a field that the provider knows; it knows host, port, tlsPort, database, username, password, adminUsername, adminPassword, tls, caCertificate',
    });
  });

  it('say that something is required where nothing was given', async () => {
    const result = await run(app, CREATE, input({ params: {} }));
    expect(result.message).toMatch(/^params\.host: is required, and must be a text of at most 255 characters/);
  });

  it('case 41: refuse `__proto__` wherever it is', async () => {
    const params = JSON.parse('{"secret":"a","list":[{"__proto__":{"isAdmin":true}}]}');
    expect(await refusals(app, CREATE, input({ provider: 'scripted', params }))).toEqual(['params pattern']);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it('show no leaf that is a secret, at any depth', async () => {
    const params = { secret: CANARY, visible: 'yes', list: [{ pin: CANARY }, {}] };
    const { addon } = await done(app, CREATE, input({ name: 'deep', provider: 'scripted', params }));
    expect(addon.params).toEqual({ secret: null, visible: 'yes', list: [{ pin: null }, {}] });
  });

  it.each([
    ['owner', 'OK', true, true],
    ['operator', 'OK', true, false],
    ['developer', 'FORBIDDEN', true, false],
    ['reader', 'FORBIDDEN', true, true],
    ['auditor', 'FORBIDDEN', true, false],
    ['dependent', 'NOT_FOUND', false, false],
    ['gateway', 'NOT_FOUND', false, false],
  ])('are guarded as secret groups of type secret: %s', async (role, write, lists, reads) => {
    const service = { project: 'default-project', kind: 'SERVICE', id: 'web' };
    const own = role === 'dependent' ? { kind: 'DEPENDENT', workload: service } : {};
    const token = role === 'owner' ? app.owner : await app.token(role, own);
    const { data } = await app.gql(LIST, { project: 'default-project' }, token);
    expect(data?.project?.addon?.slug === 'my-redis').toBe(lists);
    expect((data?.project?.addon?.params ?? null) !== null).toBe(reads);
    const id = (await app.gql(LIST, { project: 'default-project' })).data.project.addon.id;
    expect(codeOf(await run(app, UPDATE, { id, description: 'changed' }, token))).toBe(write);
  });

  it('case 19: of another project are not found by an id of this one', async () => {
    const id = Buffer.from('Addon:other/my-redis').toString('base64');
    expect(await run(app, DELETE, { id })).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('providers are data for a form', async () => {
    const query = '{ addonProviders(kind: ADDON) { id kind title params keys { name title description sensitive } } }';
    const { data } = await app.gql(query);
    const ids = data.addonProviders.map((provider: { id: string }) => provider.id);
    expect(ids).toEqual(['minio', 'mongodb', 'mysql', 'postgresql', 'rabbitmq', 'redis', 'scripted']);
    const redis = data.addonProviders[5];
    expect(redis.params.properties.password).toMatchObject({ type: 'string', sensitive: true });
    expect(redis.params.required).toEqual(['host']);
    expect(redis.keys).toContainEqual({
      name: 'PASSWORD',
      title: 'Password',
      description: 'Of that user; without a value where the server asks for none.',
      sensitive: true,
    });
  });
});

describe('links', () => {
  it('case 57: to a key that the provider does not have are refused; to an addon that is not there yet they are not', async () => {
    const { id } = await aGroup(app, { name: 'linking' });
    const LINK = groupOp('linkAddon', 'id');
    expect(await refusals(app, LINK, { id, link: link('!!!a$$$') })).toEqual(['link.keys.0.keyName pattern']);
    expect(await refusals(app, LINK, { id, link: link('NOT_THERE') })).toEqual(['link.keys.0.keyName enum']);
    expect(codeOf(await run(app, LINK, { id, link: link('ANY', 'later') }))).toBe('OK');
    expect(codeOf(await run(app, LINK, { id, link: link() }))).toBe('OK');
  });

  it('keep an addon from being deleted, unless forced: then they go in the same commit', async () => {
    const { data } = await app.gql(LIST, { project: 'default-project' });
    const { id } = data.project.addon;
    const other = await aGroup(app, { name: 'also linking', type: 'CONFIG', addonLinks: [link('HOST')] });
    const refused = await run(app, DELETE, { id });
    expect(refused).toMatchObject({ code: 'CONFLICT', message: 'Secret groups link it: also-linking, linking' });
    expect(refused.existing).toBe(other.id);
    const forced = await done(app, DELETE, { id, force: true });
    const commits = `{ commits(after: ${forced.commit.seq - 1}) { nodes { operation } } }`;
    expect((await app.gql(commits)).data.commits.nodes).toEqual([{ operation: 'addon.delete' }]);
    const groups = await app.gql(
      '{ project(slug: "default-project") { secretGroups { nodes { slug revision addonLinks { addon } } } } }',
    );
    expect(groups.data.project.secretGroups.nodes).toEqual([
      { slug: 'also-linking', revision: 2, addonLinks: [] },
      { slug: 'linking', revision: 4, addonLinks: [{ addon: 'later' }] },
    ]);
  });

  it('are told without the names of groups that the caller may not see', async () => {
    const { addon } = await done(app, CREATE, input({ name: 'hidden links' }));
    await aGroup(app, { name: 'out of sight', addonLinks: [link('HOST', 'hidden-links')] });
    const grants = [{ resources: ['ADDON', 'PROJECT'], verbs: ['LIST', 'DELETE'] }];
    await done(app, operation('createRole', 'role { slug }'), { name: 'Addon keeper', grants });
    const token = await app.token('addon-keeper');
    const result = await run(app, DELETE, { id: addon.id }, token);
    expect(result).toMatchObject({ code: 'CONFLICT', message: 'Secret groups link it', existing: null });
    expect(await run(app, DELETE, { id: addon.id, force: true }, token)).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('case 56: an alias twice, an empty one, and a key twice are refused', async () => {
    const bad = (keys: readonly object[]) =>
      refusals(
        app,
        groupOp('createSecretGroup'),
        aGroupInput({ name: 'bad links', addonLinks: [{ addon: 'x', keys }] }),
      );
    expect(await bad([{ keyName: 'A', aliases: ['B', 'B'] }])).toEqual(['addonLinks.0.keys.0.aliases.1 unique']);
    expect(await bad([{ keyName: 'A', aliases: [''] }])).toEqual([
      'addonLinks.0.keys.0.aliases.0 min',
      'addonLinks.0.keys.0.aliases.0 pattern',
    ]);
    expect(await bad([{ keyName: 'A' }, { keyName: 'A' }])).toEqual(['addonLinks.0.keys.1 unique']);
  });
});
