import { type GraphQLError, parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { routesOf } from '../../src/app/routes.ts';
import type { RestRoute } from '../../src/rest/route.ts';
import { aProject, aServiceInput, base64, PUT_JOB, PUT_SERVICE, run } from '../support/makers.ts';
import { type RestAnswer, type RestOptions, rest } from '../support/rest.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const ROUTES = routesOf();

/** Every route once at least, in an order in which each finds what it needs; what a route answers is what it describes. */

const P = '/projects/default-project';
let app: TestApp;
const used = new Map<string, Set<string>>();

beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  await run(app, PUT_SERVICE, aServiceInput({ variables: [{ name: 'OWN', value: 'own' }] }));
  await run(app, PUT_JOB, aServiceInput({ id: 'example-job', name: 'Example Job' }));
});
afterAll(() => app.close());

const KINDS = [
  {
    path: 'addons',
    plural: 'addons',
    type: 'mongodb',
    params: { hosts: ['db.example.com'], database: 'app', username: 'u', password: 'hunter2canary' },
    key: 'MONGO_URI',
  },
  {
    path: 'external-addons',
    plural: 'externalAddons',
    type: 'aws-rds',
    params: { engine: 'mysql', endpoint: 'db.example.com', database: 'd', username: 'u', password: 'hunter2canary' },
    key: 'PASSWORD',
  },
];

const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/?]+')}$`);
const routeFor = (method: string, path: string): RestRoute => {
  const found = ROUTES.filter(
    (route) => route.method === method && patternOf(route.path).test(path.split('?')[0] ?? ''),
  );
  const [route] = found.sort((a, b) => (a.path.match(/\{/g) ?? []).length - (b.path.match(/\{/g) ?? []).length);
  if (!route) throw new Error(`No route ${method} ${path}`);
  return route;
};

/** The answer of a route, held to what the route says of it. */
async function call(method: string, path: string, options: RestOptions = {}): Promise<RestAnswer> {
  const route = routeFor(method, path);
  const answer = await rest(app, method, path, options);
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  const { success, error } = (route.answer as z.ZodType).safeParse(answer.body.data);
  if (!success) throw new Error(`${route.name}: ${error.message}`);
  const seen = used.get(route.name) ?? new Set();
  used.set(route.name, seen);
  for (const name of Object.keys(answer.body.data)) seen.add(name);
  return answer;
}

describe('routes', () => {
  it('have documents that the schema knows', () => {
    const wrong = ROUTES.flatMap(({ name, document, otherwise }) =>
      [document, otherwise?.document ?? document].flatMap((text) =>
        validate(app.gateway.schema, parse(text)).map((error: GraphQLError) => `${name}: ${error.message}`),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('tell who asks', async () => {
    await call('GET', '/login');
    const { body } = await call('GET', '/auth');
    expect(body.data).toMatchObject({ team: 'default', role: 'owner', kind: 'user' });
  });

  it('keep projects and tags', async () => {
    const made = await call('POST', '/projects', { body: { name: 'Another One', description: 'A description' } });
    expect(made.body.data).toMatchObject({ id: 'another-one', description: 'A description' });
    expect((await call('PATCH', '/projects/another-one', { body: { name: 'Renamed' } })).body.data.name).toBe(
      'Renamed',
    );
    await call('GET', '/projects/another-one');
    expect((await call('GET', '/projects?per_page=1')).body.pagination).toMatchObject({ hasNextPage: true, count: 1 });
    expect((await call('DELETE', '/projects/another-one')).body.data).toEqual({});
    expect((await rest(app, 'DELETE', P)).status).toBe(409);

    for (const name of ['one', 'two', 'three']) await call('POST', '/tags', { body: { name, description: 'A tag' } });
    const first = await call('GET', '/tags?per_page=2');
    expect(first.body.data.tags.map(({ id }: { id: string }) => id)).toEqual(['one', 'three']);
    const second = await call('GET', `/tags?per_page=2&cursor=${first.body.pagination.cursor}`);
    expect(second.body).toMatchObject({
      data: { tags: [{ id: 'two' }] },
      pagination: { hasNextPage: false, count: 1 },
    });
    expect((await call('GET', '/tags/two')).body.data.description).toBe('A tag');
    expect('description' in (await call('PATCH', '/tags/two', { body: { description: '' } })).body.data).toBe(false);
    await call('DELETE', '/tags/two');
    expect((await rest(app, 'GET', '/tags/two')).status).toBe(404);
  });

  it.each(KINDS)('keep $path and links to them', async ({ path: segment, plural, type, params, key }) => {
    const addons = `${P}/${segment}`;
    const body = { name: 'Example Addon', description: 'A description', type, params };
    const made = await call('POST', addons, { body });
    expect(made.body.data).toMatchObject({ id: 'example-addon', spec: { type } });
    await call('GET', `${addons}/example-addon`);
    const { secrets, envs } = (await call('GET', `${addons}/example-addon/credentials`)).body.data;
    expect([secrets.PASSWORD, envs.USERNAME]).toEqual(['hunter2canary', 'u']);
    const masked = await rest(app, 'GET', `${addons}/example-addon/credentials`, {
      token: await app.token('developer'),
    });
    expect(JSON.stringify(masked.body)).not.toContain('hunter2');
    const listed = await call('GET', addons);
    expect(listed.body.data[plural]).toMatchObject([{ id: 'example-addon' }]);
    expect(JSON.stringify(listed.body)).not.toContain('hunter2');
    const refused = await rest(app, 'POST', addons, { body: { ...body, name: 'Other', type: 'nothing' } });
    expect([refused.status, Object.keys(refused.body.error.details)]).toEqual([400, ['type']]);

    const linking = await call('PUT', `${P}/secrets`, {
      body: { name: 'Linking', secretType: 'environment', priority: 1 },
    });
    expect(linking.body.data.id).toBe('linking');
    const path = `${P}/secrets/linking/${segment}/example-addon`;
    const before = (await call('GET', path)).body.data;
    expect(before).toMatchObject({ linked: false, addonType: type, availableKeys: expect.arrayContaining([key]) });
    const keys = [{ keyName: key }, { keyName: 'USERNAME', aliases: ['DB_USER'] }];
    const linked = [
      { keyName: key, aliases: [], defaultKey: `EXAMPLE_ADDON_${key}` },
      { keyName: 'USERNAME', aliases: ['DB_USER'], defaultKey: 'EXAMPLE_ADDON_USERNAME' },
    ];
    expect((await call('POST', path, { body: { keys } })).body.data.keys).toEqual(linked);
    expect((await call('GET', path)).body.data).toMatchObject({ linked: true, linkedKeys: linked });
    const inherited = await call('GET', `${P}/secrets/linking?show=inherited`);
    expect(Object.keys(inherited.body.data.secrets.variables)).toEqual([`EXAMPLE_ADDON_${key}`, 'DB_USER']);
    expect((await call('GET', `${P}/secrets/linking?show=this`)).body.data.secrets.variables).toEqual({});
    const bad = await rest(app, 'POST', path, { body: { keys: [{ keyName: '1' }] } });
    expect(Object.keys(bad.body.error.details)).toEqual(['keys.0.keyName']);
    expect((await rest(app, 'DELETE', `${addons}/example-addon`)).status).toBe(409);
    await call('DELETE', path);
    expect((await call('GET', path)).body.data.linked).toBe(false);
    expect((await rest(app, 'GET', `${P}/secrets/linking/${segment}/nothing`)).status).toBe(404);
    await call('DELETE', `${addons}/example-addon`);
  });

  it('keep global secrets with the types of their values', async () => {
    const secrets = {
      values: { a: { b: 1, c: [true, null, 'x'] }, 'with.dot': 1.5 },
      files: { cert: { path: '/etc/cert', data: base64('pem'), encoding: 'utf-8' } },
    };
    const made = await call('POST', '/secrets', { body: { name: 'Shared', type: 'secret', secrets } });
    expect(made.body.data).toMatchObject({ id: 'shared', secrets });
    expect((await rest(app, 'POST', '/secrets', { body: { name: 'shared', type: 'secret' } })).status).toBe(409);
    const patched = await call('PATCH', '/secrets/shared', { body: { secrets: { values: { only: 'x' } } } });
    expect(patched.body.data.secrets).toEqual({ values: { only: 'x' }, files: secrets.files });
    expect(JSON.stringify((await call('GET', '/secrets')).body)).not.toContain('only');
    const masked = await rest(app, 'GET', '/secrets/shared', { token: await app.token('developer') });
    expect(masked.body.data.secrets).toEqual({
      values: { only: '********' },
      files: { cert: { path: '/etc/cert', data: '********', encoding: 'utf-8' } },
    });
    const bad = await rest(app, 'PATCH', '/secrets/shared', {
      body: { secrets: { files: { cert: { path: 'relative', data: 'YQ==' } } } },
    });
    expect(Object.keys(bad.body.error.details)).toEqual(['secrets.files.cert.path']);
    await call('PUT', '/secrets', { body: { name: 'Shared', type: 'secret', description: 'A description' } });
    await call('GET', '/secrets/shared');
    await call('DELETE', '/secrets/shared');
  });

  it('keep secret groups', async () => {
    const body = {
      name: 'Example Secret',
      description: 'A description',
      stageId: 'stage',
      secretType: 'environment-arguments',
      priority: 10,
    };
    await call('PUT', `${P}/secrets`, { body: { ...body, secrets: { variables: { A: 'group', B: '${A}!' } } } });
    await call('GET', `${P}/secrets`);
    await call('PATCH', `${P}/secrets/example-secret`, { body: { priority: 11 } });
    await call('POST', `${P}/secrets/example-secret`, { body: { priority: 12 } });
    await call('GET', `${P}/secrets/example-secret`);
    await call('GET', `${P}/secrets/example-secret/details`);
    await call('POST', `${P}/secrets`, { body: { ...body, name: 'Short lived' } });
    await call('DELETE', `${P}/secrets/short-lived`);
    await call('PUT', `${P}/secrets`, {
      body: { name: 'Lower', secretType: 'environment', priority: 1, secrets: { variables: { A: 'lower' } } },
    });
  });

  it('read variables from texts, and say before what that does', async () => {
    const body = {
      name: 'Imported',
      secretType: 'environment',
      priority: 1,
      secrets: { variables: { A: '1', D: '1' } },
    };
    await call('PUT', `${P}/secrets`, { body });
    const path = `${P}/secrets/imported/import`;
    const text = { text: '\ufeffA=1\r\nexport B="x\\ny"\r\n', format: 'dotenv' };
    const preview = await call('POST', `${path}/dry-run`, { body: { ...text, mode: 'replace' } });
    expect(preview.body.data).toEqual({ added: ['B'], changed: [], removed: ['D'], unchanged: ['A'] });
    const held = async () => (await call('GET', `${P}/secrets/imported`)).body.data.secrets.variables;
    expect(await held()).toEqual({ A: '1', D: '1' });
    const headers = { 'if-match': preview.headers.get('etag') ?? '' };
    expect((await call('POST', path, { body: text, headers })).body.data).toEqual({});
    expect(await held()).toEqual({ A: '1', B: 'x\ny', D: '1' });
    expect((await rest(app, 'POST', path, { body: text, headers })).status).toBe(412);
    await call('POST', path, { body: { text: '{"C":"2"}', format: 'json', mode: 'replace' } });
    expect(await held()).toEqual({ C: '2' });
    for (const where of [path, `${path}/dry-run`]) {
      const bad = await rest(app, 'POST', where, { body: { text: 'A=1\nhunter2', format: 'dotenv' } });
      expect([bad.status, bad.body.error.details]).toEqual([
        400,
        { text: ['must be readable: line 2 has no "=" behind a name'] },
      ]);
      const other = await rest(app, 'POST', where, { body: { ...text, format: 'toml' } });
      expect([other.status, Object.keys(other.body.error.details)]).toEqual([400, ['format']]);
    }
    await call('DELETE', `${P}/secrets/imported`);
  });

  it('give workloads what they get', async () => {
    const path = `${P}/services/example-service/runtime-environment`;
    const read = await call('GET', `${path}?replaceTemplatedValues=true`);
    expect(read.body.data).toEqual({ runtimeEnvironment: { A: 'group', B: 'group!', OWN: 'own' }, runtimeFiles: {} });
    const etag = read.headers.get('etag') ?? '';
    const again = await rest(app, 'GET', `${path}?replaceTemplatedValues=true`, { headers: { 'if-none-match': etag } });
    expect([again.status, again.body]).toEqual([304, null]);
    // The length of nothing is not that of what it stands for (RFC 9110, 8.6).
    expect([again.headers.get('etag'), again.headers.get('content-length')]).toEqual([etag, null]);
    expect((await call('GET', `${path}?show=this`)).body.data.runtimeEnvironment).toEqual({ OWN: 'own' });
    expect((await call('GET', `${path}?show=inherited`)).body.data.runtimeEnvironment).toEqual({
      A: 'group',
      B: 'group!',
    });
    const details = await call('GET', `${path}/details`);
    expect(details.body.data.runtimeEnvironment).toEqual({
      A: {
        value: 'group',
        inheritedFrom: 'example-secret',
        priority: 12,
        overriding: [{ value: '********', inheritedFrom: 'lower', priority: 1 }],
      },
      B: { value: 'group!', inheritedFrom: 'example-secret', priority: 12, overriding: [] },
      OWN: { value: 'own', overriding: [] },
    });
    const file = { data: base64('text'), encoding: 'utf-8' };
    const build = { buildArguments: { ARG: 'x' }, buildFiles: { '/etc/a': file } };
    await call('POST', `${P}/services/example-service/build-arguments`, { body: build });
    await call('POST', path, { body: { runtimeEnvironment: { A: 'mine', BAD: '${NOTHING}' } } });
    const after = await call('GET', path);
    expect(after.body.data).toMatchObject({ runtimeEnvironment: { A: 'mine', B: 'mine!' }, unresolved: ['BAD'] });
    const own = await call('GET', `${path}?show=this`);
    expect(own.body.data.runtimeEnvironment).toEqual({ A: 'mine', BAD: '${NOTHING}' });
    await call('POST', path, { body: { runtimeEnvironment: { A: 'mine', T: '${A}', BAD: '${NOTHING}' } } });
    const written = await call('GET', `${path}?show=this&replaceTemplatedValues=false`);
    expect(written.body.data.runtimeEnvironment).toMatchObject({ T: '${A}' });
    const expanded = await call('GET', `${path}?show=this&replaceTemplatedValues=true`);
    expect(expanded.body.data.runtimeEnvironment).toMatchObject({ T: 'mine' });
    expect('OWN' in after.body.data.runtimeEnvironment).toBe(false);
    const built = await call('GET', `${P}/services/example-service/build-arguments`);
    expect(built.body.data).toMatchObject({ buildArguments: { ARG: 'x', A: 'group' }, buildFiles: { '/etc/a': file } });
    await call('GET', `${P}/services/example-service/build-arguments/details`);
    const bad = await rest(app, 'POST', path, { body: { runtimeEnvironment: { 'a b': 'x' } } });
    expect([bad.status, Object.keys(bad.body.error.details)]).toEqual([400, ['runtimeEnvironment.a b']]);
    for (const part of ['runtime-environment', 'build-arguments']) {
      await call('GET', `${P}/jobs/example-job/${part}`);
      await call('GET', `${P}/jobs/example-job/${part}/details`);
    }
    await call('POST', `${P}/jobs/example-job/build-arguments`, { body: {} });
    await call('POST', `${P}/jobs/example-job/runtime-environment`, { body: { runtimeEnvironment: {} } });
  });

  it('keep the map that a body does not name', async () => {
    const file = { data: base64('text'), encoding: 'utf-8' };
    const runtime = { runtimeEnvironment: { A: 'x' }, runtimeFiles: { '/etc/kept': file } };
    const build = { buildArguments: { ARG: 'x' }, buildFiles: { '/etc/a': file } };
    const at = `${P}/jobs/example-job`;
    const own = async (part: string) => (await call('GET', `${at}/${part}?show=this`)).body.data;
    await call('POST', `${at}/runtime-environment`, { body: runtime });
    await call('POST', `${at}/build-arguments`, { body: build });
    await call('POST', `${at}/runtime-environment`, { body: { runtimeEnvironment: { A: 'y' } } });
    await call('POST', `${at}/build-arguments`, { body: { buildFiles: {} } });
    expect(await own('runtime-environment')).toMatchObject({ ...runtime, runtimeEnvironment: { A: 'y' } });
    expect(await own('build-arguments')).toMatchObject({ buildArguments: { ARG: 'x' }, buildFiles: {} });
    await call('POST', `${at}/build-arguments`, { body: {} });
    expect(await own('build-arguments')).toMatchObject({ buildArguments: { ARG: 'x' } });
    await call('POST', `${at}/runtime-environment`, { body: { runtimeEnvironment: {}, runtimeFiles: {} } });
    expect(await own('runtime-environment')).toMatchObject({ runtimeEnvironment: {}, runtimeFiles: {} });
  });

  it('never store a mask as a value', async () => {
    const path = `${P}/services/example-service/runtime-environment`;
    const operator = await app.token('operator');
    const refused = await rest(app, 'POST', path, { token: operator, body: { runtimeEnvironment: { A: 'x' } } });
    expect(refused.status).toBe(403);
    const { body } = await rest(app, 'GET', `${P}/services/example-service/build-arguments`);
    expect(body.data.buildArguments.ARG).toBe('x');
  });

  it('keep secrets of apps and render them', async () => {
    const CREATE_APP = `mutation ($input: CreateAppInput!) { result: createApp(input: $input) { __typename } }`;
    await run(app, CREATE_APP, { name: 'Shop App', environments: [{ name: 'dev' }] });
    const body = { name: 'API token', purposeType: 'APIKey', environmentScopedValues: [] };
    const made = await call('POST', '/apps/shop-app/secrets', { body });
    expect(made.body.data).toMatchObject({ id: 'api-token', purposeType: 'APIKey' });
    const taken = await rest(app, 'POST', '/apps/shop-app/secrets', { body });
    expect(taken).toMatchObject({ status: 409, body: { error: { entityId: 'api-token' } } });
    const value = {
      valueTypeUrn: 'urn:app-secret:app-secret-type:keyValueAppSecret',
      hidden: false,
      kvAppSecretValue: { typeHint: 'urn:app-secret:kv-secret-value:textType', text: 'hunter2canary' },
    };
    const unset = await call('GET', '/apps/shop-app/secrets/rendered?environment=dev&mode=Full');
    expect(unset.body.data.secrets).toEqual([
      { key: 'API token', valueType: 'urn:rendered-app-secret:value-type:None', secretId: 'api-token' },
    ]);
    await call('PUT', '/apps/shop-app/secrets/api-token/environments/dev/values', { body: value });
    const full = await call(
      'GET',
      '/apps/shop-app/secrets/rendered?environment=dev&mode=Full&secret-name-filter=x&secret-name-filter=API%20token',
    );
    expect(full.body.data.secrets).toMatchObject([{ serializedValue: 'hunter2canary' }]);
    const none = await call('GET', '/apps/shop-app/secrets/rendered?environment=dev&mode=Full&secret-name-filter=x');
    expect(none.body.data.secrets).toEqual([]);
    const preview = await call('GET', '/apps/shop-app/secrets/rendered?environment=dev&mode=PreviewOnly');
    expect(preview.body.data.secrets).toMatchObject([{ serializedValue: '********' }]);
    for (const query of [
      'environment=dev',
      'mode=Full',
      'environment=dev&mode=Else',
      'environment=dev&environment=x&mode=Full',
    ]) {
      expect((await rest(app, 'GET', `/apps/shop-app/secrets/rendered?${query}`)).status).toBe(400);
    }
    expect((await rest(app, 'GET', '/apps/shop-app/secrets/rendered?environment=none&mode=Full')).status).toBe(404);
  });

  it('are all asked for here, and answer every member that they describe', () => {
    expect(ROUTES.filter(({ name }) => !used.has(name)).map(({ name }) => name)).toEqual([]);
    const unseen = ROUTES.flatMap(({ name, answer }) =>
      Object.keys((answer as z.ZodObject).shape)
        .filter((member) => !used.get(name)?.has(member) && !RARE.has(member))
        .map((member) => `${name}.${member}`),
    );
    expect(unseen).toEqual([]);
  });
});

/** Members that need what is not set up here. */
const RARE = new Set(['workload', 'gitops', 'stageId', 'description', 'providerId', 'unresolved']);

describe('a token that stands for a workload', () => {
  it('reads its own environment whole, and is never told that something is not there', async () => {
    const token = await app.token('dependent', {
      kind: 'DEPENDENT',
      workload: { project: 'default-project', kind: 'SERVICE', id: 'example-service' },
    });
    const path = `${P}/services/example-service/runtime-environment`;
    const own = await rest(app, 'GET', path, { token });
    expect(own).toMatchObject({ status: 200, body: { data: { runtimeEnvironment: { A: 'mine', B: 'mine!' } } } });
    expect((await rest(app, 'GET', '/login', { token })).status).toBe(200);
    for (const other of [
      `${P}/services/other/runtime-environment`,
      `${P}/jobs/example-job/runtime-environment`,
      '/projects/nothing/services/example-service/runtime-environment',
      `${P}/services/not%20an%20id/runtime-environment`,
      `/teams/other${path}`,
      `${P}/secrets/example-secret`,
    ]) {
      const answer = await rest(app, 'GET', other, { token });
      expect([other, answer.status]).toEqual([other, 403]);
      expect(answer.body.error.message).toBe('The token may not see this');
    }
    await run(app, 'mutation ($input: DeleteServiceInput!) { result: deleteService(input: $input) { __typename } }', {
      project: 'default-project',
      id: 'example-service',
    });
    expect((await rest(app, 'GET', path, { token })).status).toBe(401);
    expect((await rest(app, 'GET', path)).status).toBe(404);
  });
});
