import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { anAuthority } from '../support/authority.ts';
import { LONG_MS } from '../support/patient.ts';
import { codeOf, type StartedPlugin, startPlugin } from '../support/plugin-host.ts';
import { START_MS } from '../support/servers/process.ts';
import { hasRedis, type Redis, startRedis } from '../support/servers/redis.ts';
import { RESERVED } from './samples.ts';

const authority = anAuthority('The test');
/** As redis.conf quotes. */
const quoted = (text: string): string => `"${text.replaceAll(/[\\"]/g, '\\$&')}"`;
const ROOT = { username: 'default', password: `1${RESERVED}` };
const hash = (text: string) => Buffer.from(text).toString('hex');

describe.skipIf(!hasRedis())('Redis', () => {
  let server: Redis;
  let plugin: StartedPlugin;
  const given = (over: object = {}) =>
    plugin.params({ host: '127.0.0.1', port: server.port, tlsPort: server.tlsPort, password: ROOT.password, ...over });
  const rotated = async (params: object) => plugin.params((await plugin.rotate({ id: 'it', params })) as object);
  const retire = (params: object, old: object) => plugin.retire({ id: 'it', params, old });
  const check = (params: object) => codeOf(plugin.check({ params }));
  const ask = (...command: readonly string[]) => server.ask(ROOT, ...command);

  beforeAll(async () => {
    plugin = await startPlugin('redis');
    const lines = [`requirepass ${quoted(ROOT.password)}`, `user ${hash('plain')} on >plain -@all +get ~*`];
    server = await startRedis({ tls: authority.issue(), lines, login: ROOT });
  }, START_MS);
  afterAll(() => server?.stop());

  describe('check', () => {
    it('logs in and leaves no session behind', async () => {
      expect(await check(given({ database: 3 }))).toBe('none');
      await vi.waitFor(
        async () =>
          expect(
            String(await ask('CLIENT', 'LIST'))
              .trim()
              .split('\n'),
          ).toHaveLength(1),
        LONG_MS,
      );
    });

    it('is content with a user who may not even ping', async () => {
      expect(await check(given({ username: hash('plain'), password: 'plain' }))).toBe('none');
    });

    it.each([
      ['a wrong password', { password: 'hunter2canary' }, 'CREDENTIALS'],
      ['a user that is not there', { username: 'hunter2canary' }, 'CREDENTIALS'],
      ['a wrong administrator', { adminUsername: 'root', adminPassword: 'hunter2canary' }, 'CREDENTIALS'],
      ['a database that is not there', { database: 999 }, 'FAILED'],
      ['a port where nobody listens', { port: 1 }, 'UNREACHABLE'],
      ['a name that leads nowhere', { host: 'cache.invalid' }, 'UNREACHABLE'],
    ])('refuses %s', async (_what, over, code) => {
      expect(await check(given(over))).toBe(code);
    });

    it.each([
      ['by name', 'localhost', authority.certificate, 'none'],
      ['by address', '127.0.0.1', authority.certificate, 'none'],
      ['of another authority', 'localhost', anAuthority('Another').certificate, 'TLS'],
      ['of no authority that the system knows', 'localhost', undefined, 'TLS'],
    ])('with TLS, a server %s', async (_what, host, caCertificate, code) => {
      expect(await check(given({ tls: true, host, caCertificate }))).toBe(code);
    });

    it('without TLS, is shown out of the port that has it', async () => {
      expect(await check(given({ port: server.tlsPort }))).toBe('UNREACHABLE');
    });
  });

  /** The two ways in which a server keeps its users. */
  describe.each([
    ['requirepass', { lines: [`requirepass ${quoted(ROOT.password)}`] }],
    [
      'an ACL file',
      {
        users: `user default on #${'0'.repeat(64)} >rootpass ~* &* +@all\nuser ${hash('me')} on >old ~* +@all -@dangerous\n`,
      },
    ],
  ])('rotation with %s', (_how, options) => {
    const isFile = 'users' in options;
    const root = isFile ? { username: 'default', password: 'rootpass' } : ROOT;
    const user = isFile
      ? { username: hash('me'), password: 'old', adminUsername: 'default', adminPassword: 'rootpass' }
      : ROOT;
    let own: Redis;
    const old = () => given({ port: own.port, ...user });

    beforeAll(async () => {
      own = await startRedis({ tls: authority.issue(), login: root, ...options });
    }, START_MS);
    afterAll(() => own?.stop());

    it('gives a password beside the old one, which goes when it is retired; restarts forget nothing', async () => {
      const first = old();
      const second = await rotated(first);
      expect(second).toEqual({ ...first, password: expect.stringMatching(/^[0-9A-Za-z]{40}$/) });
      expect([await check(first), await check(second)]).toEqual(['none', 'none']);
      const third = await rotated(second);
      expect([await check(first), await check(second), await check(third)]).toEqual(['none', 'none', 'none']);
      await retire(third, first);
      await retire(third, first);
      expect([await check(first), await check(second), await check(third)]).toEqual(['CREDENTIALS', 'none', 'none']);
      await retire(third, third);
      expect(await own.config()).not.toContain(third.password);
      await own.restart(isFile ? root : { username: 'default', password: String(third.password) });
      expect([await check(first), await check(second), await check(third)]).toEqual(['CREDENTIALS', 'none', 'none']);
    });
  });

  it('the URI with the new password works', async () => {
    const next = await rotated(given());
    const client = createClient({ url: (await plugin.valuesOf(next)).get('REDIS_URI') ?? '' });
    client.on('error', () => {});
    await client.connect();
    expect(await client.ping()).toBe('PONG');
    client.destroy();
  });

  it('has nothing to rotate where no password is asked for', async () => {
    await ask('ACL', 'SETUSER', 'open', 'on', 'nopass', '+@all', '~*');
    const params = given({ username: 'open', password: 'any' });
    expect(await check(params)).toBe('none');
    expect(await codeOf(rotated(params))).toBe('UNSUPPORTED');
  });

  it('takes back what it may not keep, and changes nothing where it may not', async () => {
    await ask('ACL', 'SETUSER', 'meek', 'on', '>meek', '+acl', '+ping', '+config|get', '+info', '~*');
    expect(await codeOf(rotated(given({ username: 'meek', password: 'meek' })))).toBe('FAILED');
    expect((await ask('ACL', 'GETUSER', 'meek')) as unknown[]).toContainEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
    await ask('ACL', 'SETUSER', 'meek', '-acl');
    expect(await codeOf(rotated(given({ username: 'meek', password: 'meek' })))).toBe('CREDENTIALS');
  });
});

describe.skipIf(!hasRedis())('Redis that asks for no password', () => {
  let server: Redis;
  let plugin: StartedPlugin;
  const login = { username: 'root', password: 'rootpass' };
  beforeAll(async () => {
    plugin = await startPlugin('redis');
    const users = `user default on nopass ~* &* +@all\nuser root on >${login.password} ~* &* +@all\n`;
    server = await startRedis({ tls: authority.issue(), users, login });
  }, START_MS);
  afterAll(() => server?.stop());

  it('is described, checked and used without one, and has nothing to rotate', async () => {
    const params = plugin.params({ host: '127.0.0.1', port: server.port });
    expect(await codeOf(plugin.check({ params }))).toBe('none');
    const values = await plugin.valuesOf(params);
    expect(values.has('PASSWORD')).toBe(false);
    const url = values.get('REDIS_URI') ?? '';
    expect(url).toBe(`redis://127.0.0.1:${server.port}/0`);
    expect(values.get('REDIS_URI_TLS')).toBe(`rediss://127.0.0.1:${server.port}/0`);
    const client = createClient({ url, socket: { reconnectStrategy: false } });
    await client.connect();
    await client.set('order', '1');
    client.destroy();
    expect(await codeOf(plugin.rotate({ id: 'it', params }))).toBe('UNSUPPORTED');
    await plugin.retire({ id: 'it', params: { ...params, password: 'new' }, old: params });
  });
});
