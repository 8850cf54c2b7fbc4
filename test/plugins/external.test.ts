import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { createReach } from '../../src/net/reach.ts';
import { loadPlugins } from '../../src/plugin/load.ts';
import type { Plugins } from '../../src/plugin/plugin.ts';
import { type HttpStub, httpStub } from '../support/http-stub.ts';

let stub: HttpStub;
let plugins: Plugins;
let answer: { status: number; body: string };
let seen: Record<string, unknown> = {};

beforeAll(async () => {
  stub = await httpStub((request, response) => {
    seen = { url: request.url, ...request.headers };
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  const host = { log: silentLog, clock: () => new Date(), reach: createReach([stub.host]), deadlineMs: 2_000 };
  plugins = await loadPlugins({ names: ['http-json', 'vault-kv'], options: new Map(), ...host });
});
afterAll(async () => {
  await plugins.close();
  await stub.close();
});
beforeEach(() => {
  seen = {};
});

async function valuesOf(id: string, params: object): Promise<object> {
  const plugin = plugins.byId.get(id);
  if (!plugin) throw new Error('it was not loaded');
  return Object.fromEntries((await plugin.values({ id: 'it', params })) as ReadonlyMap<string, string>);
}

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
});
