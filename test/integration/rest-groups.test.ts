import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGroupInput, aProject, done, groupOp, operation, run } from '../support/makers.ts';
import { rest } from '../support/rest.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const S = '/projects/default-project/secrets';
const aBody = (over: object = {}) => ({ name: 'Example Secret', secretType: 'environment', priority: 10, ...over });

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
});
afterAll(() => app.close());

describe('secret groups over REST', () => {
  it('are created, read, listed, changed, replaced and deleted, always with 200', async () => {
    const secrets = {
      variables: { NODE_ENV: 'production', __proto__x: 'y' },
      files: { '/dir/fileName': { data: 'YWJj', encoding: 'utf-8' } },
    };
    const made = await rest(app, 'POST', S, {
      body: aBody({ description: 'A description', tags: ['my-tag'], secrets }),
    });
    expect(made).toMatchObject({
      status: 200,
      body: {
        data: {
          id: 'example-secret',
          name: 'Example Secret',
          description: 'A description',
          tags: ['my-tag'],
          type: 'secret',
          secretType: 'environment',
          priority: 10,
          restrictions: { restricted: false, nfObjects: [], tags: [], tagMatchCondition: 'or' },
          addonDependencies: [],
          secrets: { ...secrets, dockerSecretMounts: {} },
        },
      },
    });
    expect(made.body.data.createdAt).toMatch(/^\d{4}-.*Z$/);
    expect(made.headers.get('cache-control')).toBe('no-store');
    expect(Number(made.headers.get('x-ratelimit-remaining'))).toBeGreaterThan(0);

    const read = await rest(app, 'GET', `${S}/example-secret`);
    expect(read.body.data).toMatchObject({ projectId: 'default-project', secrets });
    const listed = await rest(app, 'GET', S);
    expect(listed.body).toMatchObject({
      data: { secrets: [{ id: 'example-secret', projectId: 'default-project' }] },
      pagination: { hasNextPage: false, count: 1 },
    });
    expect(Object.keys(listed.body.pagination)).toEqual(['hasNextPage', 'count']);
    expect(JSON.stringify(listed.body)).not.toContain('production');

    const patched = await rest(app, 'PATCH', `${S}/example-secret`, {
      body: { priority: 20, stageId: 'stage-1', secrets: { variables: { ONLY: 'this' } } },
    });
    expect(patched.body.data).toMatchObject({ priority: 20, stageId: 'stage-1' });
    expect(patched.body.data.secrets.variables).toEqual({ ONLY: 'this' });
    expect(patched.body.data.secrets.files).toEqual(secrets.files);
    const cleared = await rest(app, 'PATCH', `${S}/example-secret`, { body: { stageId: null } });
    expect('stageId' in cleared.body.data).toBe(false);

    const updated = await rest(app, 'POST', `${S}/example-secret`, { body: { description: 'Another' } });
    expect([updated.status, updated.body]).toEqual([200, { data: {} }]);
    const put = await rest(app, 'PUT', S, { body: aBody({ priority: 30 }) });
    expect(put).toMatchObject({ status: 200, body: { data: { priority: 30, secrets: { variables: {} } } } });
    expect('description' in put.body.data).toBe(false);
    const deleted = await rest(app, 'DELETE', `${S}/example-secret`);
    expect([deleted.status, deleted.body]).toEqual([200, { data: {} }]);
    expect((await rest(app, 'GET', `${S}/example-secret`)).status).toBe(404);
  });

  it('keep, in a patch, the links of the kind that it does not name', async () => {
    const params = { engine: 'postgres', endpoint: 'db.example.com', username: 'u', password: 'p', database: 'd' };
    const project = 'default-project';
    await done(app, operation('createAddon', 'addon { id }'), {
      ...{ project, name: 'Kept cache', provider: 'redis', params: { host: 'cache.internal', password: 'p' } },
    });
    await done(app, operation('createExternalAddon', 'externalAddon { id }'), {
      ...{ project, name: 'Kept database', provider: 'aws-rds', params },
    });
    const inside = (addonId: string, aliases: readonly string[]) => [{ addonId, keys: [{ keyName: 'HOST', aliases }] }];
    const addonDependencies = inside('kept-cache', ['CACHE']);
    const externalAddonDependencies = inside('kept-database', ['DB']);
    const one = `${S}/linked-twice`;
    await rest(app, 'POST', S, { body: aBody({ name: 'Linked twice', addonDependencies, externalAddonDependencies }) });

    const changed = inside('kept-cache', ['OTHER']);
    const first = await rest(app, 'PATCH', one, { body: { addonDependencies: changed } });
    expect(first.body.data).toMatchObject({ addonDependencies: changed, externalAddonDependencies });
    const second = await rest(app, 'POST', one, { body: { externalAddonDependencies: [] } });
    expect(second.status).toBe(200);
    const third = await rest(app, 'PATCH', one, { body: { priority: 11 } });
    expect(third.body.data).toMatchObject({ addonDependencies: changed, externalAddonDependencies: [] });
    const both = await rest(app, 'PATCH', one, { body: { addonDependencies: [], externalAddonDependencies } });
    expect(both.body.data).toMatchObject({ addonDependencies: [], externalAddonDependencies });
    const wrong = { keyName: 'NO-KEY' };
    const bad = await rest(app, 'PATCH', one, {
      body: { externalAddonDependencies: [{ addonId: 'kept-database', keys: [wrong] }] },
    });
    expect(Object.keys(bad.body.error.details)).toEqual(['externalAddonDependencies.0.keys.0.keyName']);
    const strange = await run(app, groupOp('updateSecretGroup', 'slug'), {
      id: Buffer.from('SecretGroup:default-project/linked-twice').toString('base64'),
      addonLinksKind: 'ADDON',
      addonLinks: [{ kind: 'EXTERNAL_ADDON', addon: 'kept-database', keys: [] }],
    });
    expect(strange.message).toBe('addonLinks.0.kind: must be the kind that `addonLinksKind` names');
  });

  it('name the field that is wrong, as the body has it', async () => {
    const cases: readonly (readonly [object | string, string])[] = [
      [aBody({ name: 'x' }), 'name'],
      [aBody({ priority: 1.5 }), 'priority'],
      [aBody({ priority: 101 }), 'priority'],
      [aBody({ surprise: 1 }), 'surprise'],
      [aBody({ stageId: 'not a slug' }), 'stageId'],
      [aBody({ secretType: 'elsewhere' }), 'secretType'],
      [aBody({ secrets: { variables: { A: 1 } } }), 'secrets.variables.A'],
      [aBody({ secrets: { variables: { GOOD: '1', 'not good': 'x' } } }), 'secrets.variables.not good'],
      [aBody({ secrets: { files: { '/a': { data: 'a' } } } }), 'secrets.files./a.data'],
      [aBody({ secrets: { files: { '/../etc/passwd': { data: 'YQ==' } } } }), 'secrets.files./../etc/passwd'],
      [aBody({ restrictions: { nfObjects: [{ id: 'a b', type: 'job' }] } }), 'restrictions.nfObjects.0.id'],
      [aBody({ restrictions: { surprise: true } }), 'restrictions.surprise'],
      [
        aBody({ externalAddonDependencies: [{ addonId: 'a', keys: [{ keyName: '1' }] }] }),
        'externalAddonDependencies.0.keys.0.keyName',
      ],
      [aBody({ tags: ['a', 'a'] }), 'tags.1'],
      ['[]', 'body'],
    ];
    for (const [body, field] of cases) {
      const answer = await rest(app, 'POST', S, { body });
      expect([field, answer.status, Object.keys(answer.body.error.details ?? {})]).toEqual([field, 400, [field]]);
      expect(answer.body.error.id).toBe(answer.headers.get('x-request-id'));
    }
  });

  it('conflict on one derived identifier, and on a revision that moved', async () => {
    await rest(app, 'POST', S, { body: aBody({ name: 'Taken' }) });
    const taken = await rest(app, 'POST', S, { body: aBody({ name: 'taken' }) });
    expect(taken).toMatchObject({
      status: 409,
      body: { error: { message: 'There is already a secret with the same derived identifier' } },
    });
    const read = await rest(app, 'GET', `${S}/taken`);
    const etag = read.headers.get('etag') ?? '';
    expect(etag).toBe('"1"');
    const headers = { 'if-match': etag };
    expect((await rest(app, 'PATCH', `${S}/taken`, { body: { priority: 1 }, headers })).status).toBe(200);
    expect((await rest(app, 'PATCH', `${S}/taken`, { body: { priority: 2 }, headers })).status).toBe(412);
    const bad = await rest(app, 'PATCH', `${S}/taken`, { body: { priority: 2 }, headers: { 'if-match': 'W/"1"' } });
    expect(bad).toMatchObject({ status: 400, body: { error: { details: { 'If-Match': [expect.any(String)] } } } });
  });

  it('answer a repeated request with what the first one did', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await rest(app, 'POST', S, { body: aBody({ name: 'Only once' }), headers });
    const second = await rest(app, 'POST', S, { body: aBody({ name: 'Only once' }), headers });
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body).toEqual(first.body);
  });

  it('want restrictions named when a restricted group is put', async () => {
    await rest(app, 'POST', S, { body: aBody({ name: 'Closed', restrictions: { restricted: true } }) });
    const put = await rest(app, 'PUT', S, { body: aBody({ name: 'Closed' }) });
    expect(put).toMatchObject({ status: 400, body: { error: { details: { restrictions: [expect.any(String)] } } } });
  });

  it('come in pages by number and by cursor', async () => {
    await run(app, 'mutation ($input: CreateProjectInput!) { result: createProject(input: $input) { __typename } }', {
      name: 'Paged',
    });
    for (const name of ['aaa', 'bbb', 'ccc', 'ddd', 'eee']) {
      await run(app, groupOp('createSecretGroup', 'id'), aGroupInput({ project: 'paged', name }));
    }
    const ids = async (query: string) => {
      const { body } = await rest(app, 'GET', `/projects/paged/secrets?${query}`);
      return [body.data.secrets.map(({ id }: { id: string }) => id).join(), body.pagination];
    };
    const [first, { cursor, ...page }] = await ids('per_page=2');
    expect([first, page]).toEqual(['aaa,bbb', { hasNextPage: true, count: 2 }]);
    expect(cursor).toMatch(/^[\w-]+$/);
    expect((await ids(`per_page=2&cursor=${cursor}`))[0]).toBe('ccc,ddd');
    expect((await ids('per_page=2&page=2&unknown=1&unknown=2'))[0]).toBe('ccc,ddd');
    expect(await ids('per_page=2&page=3')).toEqual(['eee', { hasNextPage: false, count: 1 }]);
    expect(await ids('per_page=2&page=4')).toEqual(['', { hasNextPage: false, count: 0 }]);
    expect(await ids('per_page=5')).toEqual(['aaa,bbb,ccc,ddd,eee', { hasNextPage: false, count: 5 }]);
    for (const [query, name] of [
      ['per_page=0', 'per_page'],
      ['per_page=101', 'per_page'],
      ['per_page=x', 'per_page'],
      ['page=0', 'page'],
      ['page=10000', 'page'],
      ['cursor=abc', 'cursor'],
      ['page=1&page=2', 'page'],
    ]) {
      const { status, body } = await rest(app, 'GET', `/projects/paged/secrets?${query}`);
      expect([query, status, Object.keys(body.error.details ?? {})]).toEqual([query, 400, [name]]);
    }
  });

  it('are for those who may: masks for who may not read, nothing of keys for who may not list them', async () => {
    await rest(app, 'POST', S, { body: aBody({ name: 'Guarded', secrets: { variables: { KEY: 'hunter2canary' } } }) });
    const developer = await app.token('developer');
    const masked = await rest(app, 'GET', `${S}/guarded`, { token: developer });
    expect(masked.body.data.secrets.variables).toEqual({ KEY: '********' });
    const grants = [{ verbs: ['LIST', 'WRITE'], resources: ['SECRET_GROUP', 'PROJECT'], types: ['SECRET', 'CONFIG'] }];
    await app.gql(
      'mutation ($input: CreateRoleInput!) { createRole(input: $input) { __typename ... on Error { message } } }',
      {
        input: { name: 'Blind writer', grants },
      },
    );
    const blind = await app.token('blind-writer');
    const made = await rest(app, 'POST', S, {
      token: blind,
      body: aBody({ name: 'Written blindly', secrets: { variables: { KEY: 'hunter2canary' } } }),
    });
    expect(made).toMatchObject({ status: 200, body: { data: { id: 'written-blindly', priority: 10 } } });
    expect('secrets' in made.body.data).toBe(false);
    expect((await rest(app, 'GET', `${S}/written-blindly`)).status).toBe(200);
    const refused = await rest(app, 'GET', `${S}/written-blindly`, { token: blind });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([403, expect.not.stringContaining('hunter2')]);
  });
});

describe('what is no request to a route', () => {
  it.each([
    ['GET', '/nothing', 404],
    ['GET', '/projects/default-project/secrets/..%2f..%2fprojects', 404],
    ['GET', '/projects/default-project/secrets/%252e%252e', 404],
    ['GET', '/projects/default-project/secrets;x=1', 404],
    ['GET', '/projects/default-project//secrets', 404],
    ['GET', '/projects/default-project/secrets/', 404],
    ['GET', '/%70rojects/default-project/secrets', 404],
    ['GET', '/projects/default-project/Secrets', 404],
    ['GET', '/projects/default-project/secrets/%ff', 404],
    ['GET', '/projects/default-project/secrets/tak%65n', 200],
    ['GET', '/teams/default/projects/default-project/secrets/taken', 200],
    ['GET', '/teams/other/projects/default-project/secrets/taken', 404],
    ['DELETE', '/projects/default-project/secrets', 405],
    ['PURGE', '/projects/default-project/secrets', 405],
  ])('%s %s: %i', async (method, path, status) => {
    const answer = await rest(app, method, path);
    expect(answer.status).toBe(status);
    if (status === 405) expect(answer.headers.get('allow')).toBe('GET, HEAD, POST, PUT, OPTIONS');
    if (status >= 400) expect(answer.body).toEqual({ error: { message: expect.any(String), id: expect.any(String) } });
  });

  it('is a path of no reasonable length', async () => {
    expect((await rest(app, 'GET', `/projects/${'a'.repeat(3000)}/secrets`)).status).toBe(404);
  });

  it('asks for a token before anything else', async () => {
    for (const token of [null, 'undefined', 'klm_x']) {
      const answer = await rest(app, 'GET', `${S}/not a slug`.replaceAll(' ', '%20'), { token });
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    }
    const inUrl = await rest(app, 'GET', `${S}?token=x`);
    expect(inUrl.status).toBe(400);
  });

  it.each([
    ['{', {}, 400],
    ['{"a":1,"a":2}', {}, 400],
    ['', {}, 400],
    ['{}', { 'content-type': 'text/plain' }, 415],
    ['{}', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['{}', { 'content-encoding': 'gzip' }, 415],
    [`{"name":"${'a'.repeat(70_000_000)}"}`, {}, 413],
  ])('refuses the body %#', async (body, headers, status) => {
    const answer = await rest(app, 'POST', S, { body, headers });
    expect(answer.status).toBe(status);
    expect(answer.body.error.message).toEqual(expect.any(String));
  });
});
