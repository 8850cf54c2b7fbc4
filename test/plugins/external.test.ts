import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import httpJson from '../../plugins/http-json/index.ts';
import vaultKv from '../../plugins/vault-kv/index.ts';
import { type HttpStub, httpStub } from '../support/http-stub.ts';
import { codeOf, type StartedPlugin, startPlugin } from '../support/plugin-host.ts';
import { type Bao, hasBao, startBao } from '../support/servers/bao.ts';

let stub: HttpStub;
let plugins: ReadonlyMap<string, StartedPlugin>;
let answer: { status: number; body: string };
let seen: Record<string, unknown> = {};

beforeAll(async () => {
  stub = await httpStub((request, response) => {
    seen = { url: request.url, ...request.headers };
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  const started = async (id: string) => [id, await startPlugin(id, [stub.host])] as const;
  plugins = new Map([await started('http-json'), await started('vault-kv')]);
});
afterAll(async () => {
  for (const plugin of plugins.values()) await plugin.stop();
  await stub.close();
});
beforeEach(() => {
  seen = {};
});

function pluginOf(id: string): StartedPlugin {
  const plugin = plugins.get(id);
  if (!plugin) throw new Error('it was not started');
  return plugin;
}

const valuesOf = async (id: string, params: object): Promise<object> =>
  Object.fromEntries(await pluginOf(id).valuesOf(params));

/** How a check of the stub ends that answers like this. */
async function checked(id: string, params: object, status: number, body: string): Promise<string> {
  answer = { status, body };
  const plugin = pluginOf(id);
  return codeOf(plugin.check({ params: plugin.params(params) }));
}

/** What comes through a credential is at least as secret as the credential. */
it.each([httpJson, vaultKv])('$id calls every key sensitive that it fetches with a credential', ({ keys }) => {
  expect(keys.length).toBeGreaterThan(1);
  expect(keys.filter(({ sensitive }) => sensitive === false)).toEqual([]);
});

describe('http-json', () => {
  const pointers = ['/a', '/nested/x~1y/1', '/missing', '/__proto__/a', '/n'];

  it('gives what its pointers lead to, and nothing for those that lead nowhere', async () => {
    answer = { status: 200, body: '{"a":"text","nested":{"x/y":[0,true]},"n":{"deep":null}}' };
    expect(await valuesOf('http-json', { url: `${stub.url}/doc?x=1`, pointers, authorization: 'Bearer t' })).toEqual({
      DOCUMENT: answer.body,
      VALUE_1: 'text',
      VALUE_2: 'true',
      VALUE_5: '{"deep":null}',
    });
    expect(seen).toMatchObject({ url: '/doc?x=1', authorization: 'Bearer t', accept: 'application/json' });
  });

  it.each([
    [404, '{}'],
    [500, 'hunter2canary'],
    [200, '<html>hunter2canary</html>'],
  ])('fails on %i %j', async (status, body) => {
    answer = { status, body };
    await expect(valuesOf('http-json', { url: stub.url })).rejects.toThrow();
  });

  it.each([
    [200, '{}', 'none'],
    [200, 'hunter2canary', 'BROKEN'],
    [200, '{"a":', 'BROKEN'],
    [401, '{}', 'CREDENTIALS'],
    [403, '{}', 'CREDENTIALS'],
    [404, '{}', 'NOT_FOUND'],
    [410, '{}', 'NOT_FOUND'],
    [500, '{}', 'BROKEN'],
    [302, '{}', 'REFUSED'],
  ])('check: %i %j is %s', async (status, body, code) => {
    expect(await checked('http-json', { url: stub.url, authorization: 'hunter2canary' }, status, body)).toBe(code);
  });

  it('check: TLS where there is none', async () => {
    const elsewhere = { url: stub.url.replace(/^http/, 'https') };
    expect(await checked('http-json', elsewhere, 200, '{}')).toBe('TLS');
  });
});

/** A document that other readers change, by the key of what they would change. */
const EXACT: Readonly<Record<string, readonly [sent: string, given: string | null]>> = {
  id: ['12345678901234567890', '12345678901234567890'],
  f: ['1.10', '1.10'],
  small: ['-0.0', '-0.0'],
  e: ['1E+2', '1E+2'],
  n: ['null', null],
  big: ['1e400', null],
  nan: ['NaN', null],
  octal: ['01', null],
  list: ['[ 1.0 , {"a" : 1e2}, null ]', '[1.0,{"a":1e2},null]'],
  deep: ['{"a":1,"a":1}', null],
  text: ['"1.10\\n\\u00e4"', '1.10\nä'],
  t: ['true', 'true'],
  twice: ['1, "twice": 1', null],
};
const document = `{${Object.entries(EXACT)
  .map(([key, [sent]]) => `"${key}": ${sent}`)
  .join(' ,')}}`;
const expected = Object.fromEntries(Object.values(EXACT).map(([, given], i) => [`VALUE_${i + 1}`, given]));

describe('case 263: a document whose numbers, nulls and keys a reader could change', () => {
  it('http-json gives the text as it was sent, or nothing certain', async () => {
    answer = { status: 200, body: document };
    const pointers = [...Object.keys(EXACT).map((key) => `/${key}`), '/deep/a', '/list/1/a', '/list/01'];
    const given = await valuesOf('http-json', { url: stub.url, pointers });
    expect(given).toEqual({ ...expected, DOCUMENT: null, VALUE_14: null, VALUE_15: '1e2' });
    answer = { status: 200, body: ' { "id" : 12345678901234567890 , "f":1.10, "n":null } ' };
    expect(await valuesOf('http-json', { url: stub.url })).toEqual({
      DOCUMENT: '{"id":12345678901234567890,"f":1.10,"n":null}',
    });
  });

  it('vault-kv does so, too', async () => {
    answer = { status: 200, body: `{"data":{"data":${document},"metadata":{"version":7}}}` };
    const given = { address: stub.url, path: 'a', token: 't', fields: Object.keys(EXACT) };
    expect(await valuesOf('vault-kv', given)).toEqual({ ...expected, DATA: null, VERSION: '7' });
  });
});

describe('vault-kv', () => {
  const params = () => ({
    address: `${stub.url}/`,
    mount: 'kv',
    path: 'apps/shop',
    fields: ['password', 'none'],
    token: 's.1',
  });

  it('reads a path of KV version 2 and gives its fields', async () => {
    const data = { password: 'p ä', port: 5432 };
    answer = {
      status: 200,
      body: JSON.stringify({ request_id: 'r', data: { data, metadata: { version: 7, destroyed: false } } }),
    };
    const expected = { DATA: JSON.stringify(data), VERSION: '7', VALUE_1: 'p ä' };
    expect(await valuesOf('vault-kv', params())).toEqual(expected);
    expect(seen).toMatchObject({ url: '/v1/kv/data/apps/shop', 'x-vault-token': 's.1', 'x-vault-request': 'true' });
  });

  it.each([
    ['a refused token', 403, '{"errors":["permission denied"]}'],
    ['a deleted version', 404, '{"data":{"data":null,"metadata":{"version":7,"destroyed":true}}}'],
    ['another shape', 200, '{"data":{"password":"KV version 1"}}'],
  ])('fails on %s', async (_what, status, body) => {
    answer = { status, body };
    await expect(valuesOf('vault-kv', params())).rejects.toThrow();
  });

  it.each([
    ['a@b/c d', '/v1/kv/data/a%40b/c%20d'],
    ['/apps/shop', '/v1/kv/data/apps/shop'],
    ['ä?x=1#y', '/v1/kv/data/%C3%A4%3Fx%3D1%23y'],
    ['%2e%2e', '/v1/kv/data/%252e%252e'],
    ['a\\b', '/v1/kv/data/a%5Cb'],
  ])('asks for the path %j segment by segment', async (path, url) => {
    answer = { status: 200, body: good };
    await valuesOf('vault-kv', { ...params(), path });
    expect(seen).toMatchObject({ url });
  });

  it.each(['', '/', '//a', 'a//b', 'a/', '.', 'a/../b', 'a/./b', '..', 'a\n', 'a\0b', '\ud800'])(
    'takes no path such as %j',
    (path) => {
      expect(() => pluginOf('vault-kv').params({ ...params(), path })).toThrow();
    },
  );

  const good = '{"data":{"data":{},"metadata":{"version":1}}}';
  it.each([
    [200, good, 'none'],
    [200, '{"data":{"password":"hunter2canary"}}', 'BROKEN'],
    [200, 'hunter2canary', 'BROKEN'],
    [500, '{"errors":[]}', 'BROKEN'],
    [200, '{"data":{"data":null,"metadata":{"version":7,"destroyed":true}}}', 'NOT_FOUND'],
    [403, '{"errors":["permission denied"]}', 'CREDENTIALS'],
    [404, '{"errors":[]}', 'NOT_FOUND'],
    [404, '{"data":{"data":null,"metadata":{"version":7,"destroyed":true}}}', 'NOT_FOUND'],
    [503, '{"errors":["Vault is sealed"]}', 'SEALED'],
  ])('check: %i %j is %s', async (status, body, code) => {
    expect(await checked('vault-kv', params(), status, body)).toBe(code);
  });
});

describe.skipIf(!hasBao())('vault-kv, against OpenBao', () => {
  let bao: Bao;
  let plugin: StartedPlugin;
  beforeAll(async () => {
    bao = await startBao('apps/shop', { password: 'p ä', port: 5432 });
    plugin = await startPlugin('vault-kv');
  });
  afterAll(async () => {
    await plugin?.stop();
    await bao?.stop();
  });

  it('reads what was written there, and is refused with another token or path', async () => {
    const given = (over: object = {}) =>
      plugin.params({
        address: bao.url,
        path: 'apps/shop',
        token: bao.token,
        fields: ['port'],
        ...over,
      });
    const check = (over: object) => codeOf(plugin.check({ params: given(over) }));
    expect(await plugin.valuesOf(given())).toEqual(
      new Map([
        ['DATA', '{"password":"p ä","port":5432}'],
        ['VERSION', '1'],
        ['VALUE_1', '5432'],
      ]),
    );
    expect([await check({}), await check({ token: 'other' }), await check({ path: 'none' })]).toEqual([
      'none',
      'CREDENTIALS',
      'NOT_FOUND',
    ]);
  });
});
