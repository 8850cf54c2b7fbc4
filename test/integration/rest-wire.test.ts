import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routesOf } from '../../src/app/routes.ts';
import { aProject, aServiceInput, base64, done, PUT_SERVICE } from '../support/makers.ts';
import { rest } from '../support/rest.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const S = '/projects/default-project/secrets';
const aBody = (name: string, over: object = {}) => ({ name, secretType: 'environment', priority: 10, ...over });

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ limits: { bodyBytes: 20_000 } });
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput());
});
afterAll(() => app.close());

describe('the description', () => {
  it('is there for everybody, and says the same in JSON and on a page that holds no script', async () => {
    const json = await fetch(`${app.url}/v1/openapi.json`);
    expect([json.status, json.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    const described = (await json.json()) as { openapi: string; paths: object };
    expect(described.openapi).toBe('3.1.0');
    const page = await fetch(`${app.url}/v1/docs`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    const text = await page.text();
    for (const path of Object.keys(described.paths)) {
      if (!path.startsWith('/v1/teams/')) expect(text).toContain(path);
    }
    const head = await fetch(`${app.url}/v1/docs`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const options = await rest(app, 'OPTIONS', '/docs', { token: null });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    const other = await rest(app, 'POST', '/openapi.json', { body: {} });
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

describe('HEAD and OPTIONS', () => {
  const GETS = routesOf().filter(({ method }) => method === 'GET');
  const DATED = ['date', 'connection', 'keep-alive', 'x-request-id', 'x-ratelimit-remaining', 'x-ratelimit-reset'];
  const pathOf = (path: string): string =>
    path.replaceAll(/\{(projectId)\}/g, 'default-project').replaceAll(/\{\w+\}/g, 'nothing');
  const headersOf = ({ headers }: { readonly headers: Headers }): object =>
    Object.fromEntries([...headers].filter(([name]) => !DATED.includes(name)));

  it('HEAD is answered as GET is, without the body, on every route and for everybody', async () => {
    const paths = [...GETS.map(({ path }) => pathOf(path)), '/projects/default-project', `${S}?per_page=0`, '/nothing'];
    const workload = await app.token('dependent', {
      kind: 'DEPENDENT',
      workload: { project: 'default-project', kind: 'SERVICE', id: 'example-service' },
    });
    const statuses = new Set<number>();
    for (const token of [app.owner, workload, 'klm_u_nobody', null]) {
      for (const path of paths) {
        const [get, head] = [await rest(app, 'GET', path, { token }), await rest(app, 'HEAD', path, { token })];
        expect([path, head.status, head.body]).toEqual([path, get.status, null]);
        // A refusal says the id of the request, which has one length.
        expect(headersOf(head)).toEqual(headersOf(get));
        statuses.add(head.status);
      }
    }
    expect([...statuses].sort()).toEqual([200, 400, 401, 403, 404]);
  });

  it('HEAD is for what GET is for', async () => {
    const gets = new Set(GETS.map(({ path }) => path));
    const others = routesOf().filter(({ path }) => !gets.has(path));
    expect(others.length).toBeGreaterThan(0);
    for (const { path, method } of others) {
      const answer = await rest(app, 'HEAD', pathOf(path));
      expect([path, answer.status, answer.headers.get('allow')]).toEqual([path, 405, `${method}, OPTIONS`]);
    }
  });

  it('OPTIONS says what a path takes, without a token', async () => {
    for (const route of routesOf()) {
      const path = pathOf(route.path);
      const answer = await rest(app, 'OPTIONS', path, { token: null });
      expect([answer.status, answer.body, answer.headers.get('content-length')]).toEqual([204, null, null]);
      const allowed = (answer.headers.get('allow') ?? '').split(', ');
      expect(allowed).toContain(route.method);
      expect(allowed.includes('HEAD')).toBe(allowed.includes('GET'));
      // As the refusal of any other method says.
      const refused = await rest(app, 'PURGE', path);
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, allowed.join(', ')]);
    }
    expect((await rest(app, 'OPTIONS', '/nothing', { token: null })).status).toBe(404);
  });
});

describe('bodies', () => {
  it('may be large where they carry files, and only there', async () => {
    const files = { '/etc/large': { data: base64('a'.repeat(100_000)) } };
    const made = await rest(app, 'POST', S, { body: aBody('Large file', { secrets: { files } }) });
    expect([made.status, made.body.data?.secrets.files['/etc/large'].data.length]).toEqual([200, 133_336]);
    const tag = await rest(app, 'POST', '/tags', { body: { name: 'x', description: 'a'.repeat(30_000) } });
    expect([tag.status, tag.body.error.message]).toEqual([413, expect.stringContaining('KEYLOOM_LIMIT_BODY_BYTES')]);
    const auditor = await app.token('auditor');
    const refused = await rest(app, 'POST', S, { token: auditor, body: aBody('Other', { secrets: { files } }) });
    expect(refused.status).toBe(413);
  });

  it('hold names that are special to JavaScript as they are', async () => {
    const body = `{"name":"Special","secretType":"environment","priority":1,"secrets":{"variables":{"__proto__":"a","constructor":"b"}}}`;
    const made = await rest(app, 'POST', S, { body });
    expect([made.status, JSON.stringify(made.body.data.secrets.variables)]).toEqual([
      200,
      '{"__proto__":"a","constructor":"b"}',
    ]);
    const bad = await rest(app, 'POST', S, { body: '{"__proto__":{"name":"x"},"name":"Other"}' });
    expect([bad.status, Object.keys(bad.body.error.details)]).toEqual([400, ['secretType', 'priority', '__proto__']]);
  });

  it('list every trouble of the shape at once, the first hundred', async () => {
    const variables = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`A${i}`, i]));
    const bad = await rest(app, 'POST', S, { body: aBody('Many', { secrets: { variables } }) });
    expect(Object.keys(bad.body.error.details)).toHaveLength(100);
    expect(bad.body.error.message).toMatch(/; and more$/);
  });

  it('of a GET and a DELETE are not asked for', async () => {
    await rest(app, 'POST', S, { body: aBody('Short lived') });
    const headers = { 'content-type': 'text/plain', 'accept-encoding': 'br;q=1.0, nothing;q=x' };
    expect((await rest(app, 'GET', `${S}/short-lived`, { headers })).status).toBe(200);
    expect((await rest(app, 'DELETE', `${S}/short-lived`, { headers })).body).toEqual({ data: {} });
  });
});

describe('headers', () => {
  it('let nothing be deleted at a revision that has moved', async () => {
    const make = async (path: string, body: object) => (await rest(app, 'POST', path, { body })).body.data.id;
    const one = (path: string, id: string) => `${path}/${id}`;
    const made = [
      one('/projects', await make('/projects', { name: 'Moved project' })),
      one('/tags', await make('/tags', { name: 'moved-tag' })),
      one(S, await make(S, aBody('Moved group'))),
      one('/secrets', await make('/secrets', { name: 'Moved global', type: 'config' })),
    ];
    for (const path of made) {
      const headers = { 'if-match': '"1"' };
      await rest(app, 'PATCH', path, { body: { description: 'moved' } });
      expect([path, (await rest(app, 'DELETE', path, { headers })).status]).toEqual([path, 412]);
      expect([path, (await rest(app, 'DELETE', path, { headers: { 'if-match': '"2"' } })).status]).toEqual([path, 200]);
    }
  });

  it('refuse a condition that a change would not keep', async () => {
    const headers = { 'if-none-match': '*' };
    await rest(app, 'PUT', S, { body: aBody('Spared') });
    const refused = await rest(app, 'PUT', S, { headers, body: aBody('Spared', { priority: 1 }) });
    expect([refused.status, Object.keys(refused.body.error.details)]).toEqual([400, ['If-None-Match']]);
    expect((await rest(app, 'GET', `${S}/spared`)).body.data.priority).toBe(10);
    expect((await rest(app, 'POST', S, { headers, body: aBody('Created alone') })).status).toBe(200);
  });

  it('tell how it stands with the rate, on answers and refusals alike', async () => {
    for (const path of [S, `${S}/nothing`, `${S}?per_page=0`]) {
      const { headers } = await rest(app, 'GET', path);
      for (const name of ['limit', 'remaining', 'reset']) expect(headers.get(`x-ratelimit-${name}`)).toMatch(/^\d+$/);
    }
  });

  it('say when to come again once the rate is spent', async () => {
    const slow = await startApp({ limits: { ratePoints: 3 } });
    const statuses: number[] = [];
    let again: string | null = null;
    for (let i = 0; i < 5; i += 1) {
      // What is asked again costs nothing.
      const { status, headers } = await rest(slow, 'GET', `/projects?per_page=${i + 1}`);
      statuses.push(status);
      again = headers.get('retry-after');
    }
    await slow.close();
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect(Number(again)).toBeGreaterThan(0);
  });

  it.each([
    [[], 200],
    [['if-match', '"0"'], 400],
    [['if-match', '"1", "2"'], 400],
    [['if-match', '*'], 400],
    [['idempotency-key', 'x'.repeat(201)], 400],
    [['authorization', 'Bearer a', 'authorization', 'Bearer b'], 401],
  ])('%#: %j', async (headers, status) => {
    const { port } = new URL(app.url);
    const found = await new Promise((resolve, reject) => {
      const own = headers.includes('authorization') ? [] : ['authorization', `Bearer ${app.owner}`];
      const usual = ['host', '127.0.0.1', 'content-type', 'application/json'];
      const sent = request(
        {
          port,
          method: 'POST',
          path: `/v1${S}`,
          headers: [...usual, ...own, ...headers] as never,
        },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      sent.on('error', reject);
      sent.end(JSON.stringify(aBody('With headers')));
    });
    expect(found).toBe(status);
  });
});
