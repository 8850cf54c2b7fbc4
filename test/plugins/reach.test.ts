import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aBlackHole, type BlackHole, codeOf, startPlugin } from '../support/plugin-host.ts';

/** For each plugin that connects: parameters that lead to a host and a port. */
const PLACES: readonly (readonly [string, (host: string, port: number) => object])[] = [
  ['postgresql', (host, port) => ({ host, port, database: 'shop', username: 'app', password: 'hunter2canary' })],
  ['mysql', (host, port) => ({ host, port, database: 'shop', username: 'app', password: 'hunter2canary' })],
  ['redis', (host, port) => ({ host, port, password: 'hunter2canary' })],
  ['rabbitmq', (host, port) => ({ host, port, tlsPort: port, username: 'app', password: 'hunter2canary' })],
  ['mongodb', (host, port) => ({ hosts: [host], port, database: 'shop', username: 'app', password: 'hunter2canary' })],
  ['minio', (host, port) => ({ host, port, accessKey: 'access', secretKey: 'hunter2canary' })],
  ['http-json', (host, port) => ({ url: `http://${host}:${port}/`, authorization: 'hunter2canary' })],
  ['vault-kv', (host, port) => ({ address: `http://${host}:${port}`, path: 'a', token: 'hunter2canary' })],
];
const WITH_TLS = PLACES.filter(([id]) => !['minio', 'http-json', 'vault-kv'].includes(id));
const ROTATING = PLACES.filter(([id]) => ['postgresql', 'mysql', 'redis'].includes(id));
const ADMIN = { adminUsername: 'admin', adminPassword: 'hunter2canary' };

describe('plugins that connect', () => {
  let hole: BlackHole;
  beforeAll(async () => {
    hole = await aBlackHole();
  });
  afterAll(() => hole.close());

  it.each([
    ['an address', '127.0.0.1'],
    ['a name', 'localhost'],
  ])('go to no private %s that the operator did not allow, and do not try', async (_what, host) => {
    const codes = PLACES.map(async ([id, place]) => {
      const plugin = await startPlugin(id, []);
      return [id, await codeOf(plugin.check({ params: plugin.params(place(host, hole.port)) }))];
    });
    expect(await Promise.all(codes)).toEqual(PLACES.map(([id]) => [id, 'REFUSED']));
    expect(hole.met()).toBe(0);
  });

  it('do not rotate there either', async () => {
    const codes = ROTATING.map(async ([id, place]) => {
      const plugin = await startPlugin(id, []);
      const params = plugin.params({ ...place('localhost', hole.port), ...ADMIN });
      const old = plugin.params({ ...params, username: 'old' });
      return [
        await codeOf(plugin.rotate({ id: 'it', params })),
        await codeOf(plugin.retire({ id: 'it', params, old })),
      ];
    });
    expect(await Promise.all(codes)).toEqual(ROTATING.map(() => ['REFUSED', 'REFUSED']));
    expect(hole.met()).toBe(0);
  });

  it('give up on a server that never answers, and hang up', async () => {
    const plain = PLACES.map(async ([id, place]) => {
      const plugin = await startPlugin(id);
      return [id, await codeOf(plugin.check({ params: plugin.params(place('127.0.0.1', hole.port)) }))];
    });
    const secure = WITH_TLS.map(async ([id, place]) => {
      const plugin = await startPlugin(id);
      const params = plugin.params({ ...place('127.0.0.1', hole.port), tls: true });
      return [id, await codeOf(plugin.check({ params }))];
    });
    const rotations = ROTATING.map(async ([id, place]) => {
      const plugin = await startPlugin(id);
      const params = plugin.params({ ...place('127.0.0.1', hole.port), ...ADMIN });
      return [id, await codeOf(plugin.rotate({ id: 'it', params }))];
    });
    const found = await Promise.all([...plain, ...secure, ...rotations]);
    expect(found).toEqual([...PLACES, ...WITH_TLS, ...ROTATING].map(([id]) => [id, 'TIMEOUT']));
    expect(hole.met()).toBeGreaterThanOrEqual(PLACES.length);
    await expect.poll(hole.open).toBe(0);
  });

  it('call garbage what it is, without repeating it', async () => {
    const chatty = await aBlackHole(Buffer.from('HTTP/1.1 302 Found\r\nLocation: http://hunter2canary/\r\n\r\n'));
    const codes = PLACES.map(async ([id, place]) => {
      const plugin = await startPlugin(id);
      return codeOf(plugin.check({ params: plugin.params(place('127.0.0.1', chatty.port)) }));
    });
    expect((await Promise.all(codes)).filter((code) => code === 'none' || code === 'CREDENTIALS')).toEqual([]);
    await expect.poll(chatty.open).toBe(0);
    await chatty.close();
  });

  it('stop when the gateway does', async () => {
    const stopped = PLACES.map(async ([id, place]) => {
      const plugin = await startPlugin(id);
      const met = hole.met();
      const checked = codeOf(plugin.check({ params: plugin.params(place('127.0.0.1', hole.port)) }));
      await expect.poll(hole.met).toBeGreaterThan(met);
      await plugin.stop();
      return checked;
    });
    expect(await Promise.all(stopped)).toEqual(PLACES.map(() => 'TIMEOUT'));
    await expect.poll(hole.open).toBe(0);
  });

  it('NUL, where it would move the borders of a protocol, is refused before anybody is asked', async () => {
    for (const id of ['postgresql', 'mysql', 'rabbitmq']) {
      const plugin = await startPlugin(id);
      const place = PLACES.find(([name]) => name === id)?.[1]('127.0.0.1', hole.port) ?? {};
      for (const field of ['username', 'password']) {
        expect(() => plugin.params({ ...place, [field]: 'a\0replication\0database' })).toThrow('must hold no NUL');
      }
    }
  });
});
