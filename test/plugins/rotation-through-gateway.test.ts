import mysql from 'mysql2/promise';
import pg from 'pg';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { createReach } from '../../src/net/reach.ts';
import { loadPlugins } from '../../src/plugin/load.ts';
import type { Plugins } from '../../src/plugin/plugin.ts';
import { anAuthority } from '../support/authority.ts';
import { type Listener, listen } from '../support/listening.ts';
import { aGroup, aProject, aServiceInput, done, environmentOf, operation, PUT_SERVICE } from '../support/makers.ts';
import { aBlackHole, type BlackHole } from '../support/plugin-host.ts';
import { hasMariadb, ROOT_LOGIN as MARIADB_ROOT, startMariadb } from '../support/servers/mariadb.ts';
import { hasPostgresql, ROOT_LOGIN as POSTGRESQL_ROOT, startPostgresql } from '../support/servers/postgresql.ts';
import { START_MS } from '../support/servers/process.ts';
import { hasRedis, startRedis } from '../support/servers/redis.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { ENVIRONMENT_CHANGED } from '../support/stream-queries.ts';
import { RESERVED } from './samples.ts';

const authority = anAuthority('The test');
const PASSWORD = `1${RESERVED}`;
const USER = { username: 'app', password: PASSWORD };
const adminOf = ({ username, password }: { readonly username: string; readonly password: string }) => ({
  adminUsername: username,
  adminPassword: password,
});

interface Served {
  /** Of an addon, as people give them. */
  readonly params: object;
  /** Logs in as a service would, by the URI that it gets. */
  readonly logIn: (uri: string) => Promise<unknown>;
  stop(): Promise<void>;
}

async function postgresql(): Promise<Served> {
  const server = await startPostgresql(authority.issue());
  await server.sql(`CREATE ROLE app LOGIN PASSWORD '${PASSWORD.replaceAll("'", "''")}'`);
  await server.sql('CREATE DATABASE shop OWNER app');
  return {
    params: { port: server.port, database: 'shop', ...adminOf(POSTGRESQL_ROOT) },
    async logIn(connectionString) {
      const client = new pg.Client({ connectionString });
      client.on('error', () => {});
      try {
        await client.connect();
        await client.query('CREATE TABLE IF NOT EXISTS orders (id int); INSERT INTO orders VALUES (1)');
      } finally {
        await client.end();
      }
    },
    stop: server.stop,
  };
}

async function mariadb(): Promise<Served> {
  const server = await startMariadb(authority.issue());
  await server.sql(`CREATE DATABASE shop; CREATE TABLE shop.orders (id int);
    CREATE USER app@'%' IDENTIFIED BY ${mysql.escape(PASSWORD)}; GRANT INSERT ON shop.* TO app@'%'`);
  return {
    params: { port: server.port, database: 'shop', ...adminOf(MARIADB_ROOT) },
    async logIn(uri) {
      const connection = await mysql.createConnection(uri);
      try {
        await connection.query('INSERT INTO orders VALUES (1)');
      } finally {
        connection.destroy();
      }
    },
    stop: server.stop,
  };
}

async function redis(): Promise<Served> {
  const login = { username: 'default', password: 'the-superuser' };
  const users = `user default on >${login.password} ~* &* +@all\n`;
  const server = await startRedis({ tls: authority.issue(), users, login });
  await server.ask(login, 'ACL', 'SETUSER', 'app', 'on', `>${PASSWORD}`, '~*', '+@all', '-@dangerous');
  return {
    params: { port: server.port, tlsPort: server.tlsPort, ...adminOf(login) },
    async logIn(url) {
      const client = createClient({ url, socket: { reconnectStrategy: false } });
      client.on('error', () => {});
      try {
        await client.connect();
        await client.set('order', '1');
      } finally {
        if (client.isOpen) client.destroy();
      }
    },
    stop: server.stop,
  };
}

const SERVERS = [
  { provider: 'postgresql', uri: 'POSTGRES_URI', isThere: hasPostgresql(), serve: postgresql },
  { provider: 'mysql', uri: 'MYSQL_URI', isThere: hasMariadb(), serve: mariadb },
  { provider: 'redis', uri: 'REDIS_URI', isThere: hasRedis(), serve: redis },
];
const project = 'default-project';
const OVERLAP_SECONDS = 600;
const TEST = `mutation ($input: TestAddonInput!) { result: testAddon(input: $input) { __typename
  ... on TestAddonPayload { reachable problem } ... on Error { code message } } }`;

for (const { provider, uri, isThere, serve } of SERVERS)
  describe.skipIf(!isThere)(`${provider} through the gateway`, () => {
    let server: Served;
    let hole: BlackHole;
    let plugins: Plugins;
    let app: TestApp;
    let listener: Listener | undefined;
    let now = Date.parse('2026-01-02T03:04:05Z');

    const params = (over: object = {}) => ({ host: '127.0.0.1', ...USER, ...server.params, ...over });
    const works = (text: string) =>
      server.logIn(text).then(
        () => true,
        () => false,
      );
    const uriNow = async (at?: number): Promise<string> => {
      const { variables } = await environmentOf(app, undefined, at === undefined ? {} : { at });
      return variables.find(({ name }: { readonly name: string }) => name === 'STORE')?.value;
    };
    async function tested(input: object) {
      const { data, errors } = await app.gql(TEST, { input });
      if (errors) throw new Error(JSON.stringify(errors));
      return data.result;
    }

    beforeAll(async () => {
      [server, hole] = await Promise.all([serve(), aBlackHole()]);
      const host = { log: silentLog, clock: () => new Date(), deadlineMs: 5_000 };
      const reach = createReach(['127.0.0.1:*', 'localhost:*']);
      plugins = await loadPlugins({ names: [provider], options: new Map(), reach, ...host });
      app = await startApp({ plugins, clock: () => new Date(now) });
      await aProject(app);
      await done(app, PUT_SERVICE, aServiceInput());
    }, START_MS);
    afterAll(async () => {
      await listener?.stop();
      await app?.close();
      await plugins?.close();
      await hole?.close();
      await server?.stop();
    });

    it('testAddon tells whether what a form holds can be used, and why not', async () => {
      const problemWith = async (over: object) => (await tested({ project, provider, params: params(over) })).problem;
      expect(await tested({ project, provider, params: params() })).toMatchObject({ reachable: true, problem: null });
      expect(await problemWith({ password: 'hunter2canary' })).toBe('CREDENTIALS');
      expect(await problemWith({ port: 1, tlsPort: undefined })).toBe('UNREACHABLE');
      expect(await problemWith({ host: '10.9.8.7' })).toBe('REFUSED');
      expect(await problemWith({ tls: true, caCertificate: anAuthority('Another').certificate })).toBe('TLS');
      expect(await problemWith({ port: hole.port, tlsPort: undefined })).toBe('TIMEOUT');
      // Nothing was made of it.
      const { data } = await app.gql(`{ project(slug: "${project}") { addons { nodes { id } } } }`);
      expect(data.project.addons.nodes).toEqual([]);
    });

    it('rotateAddon makes credentials that work; dependents are told; the old ones work until they are retired', async () => {
      const fields = 'addon { id retiringUntil params }';
      const input = { project, name: 'Store', provider, params: params() };
      const { id } = (await done(app, operation('createAddon', fields), input)).addon;
      await aGroup(app, { addonLinks: [{ addon: 'store', keys: [{ keyName: uri, aliases: ['STORE'] }] }] });
      const first = await uriNow();
      expect(await works(first)).toBe(true);
      listener = await listen(app.url, app.owner, ENVIRONMENT_CHANGED, { variables: { service: 'example-service' } });

      const rotated = await done(app, operation('rotateAddon', fields), { id, overlapSeconds: OVERLAP_SECONDS });
      expect(rotated.commit.operation).toBe('addon.rotate');
      expect(rotated.addon).toMatchObject({ retiringUntil: ['2026-01-02T03:14:05.000Z'], params: { password: null } });
      const second = await uriNow();
      expect(second).not.toBe(first);
      expect(await uriNow(rotated.commit.seq - 1)).toBe(first);
      const [event] = await listener.count(1);
      expect(event).toMatchObject({
        seq: rotated.commit.seq,
        variables: { added: [], removed: [], changed: ['STORE'] },
      });
      expect(event.environment.variables).toMatchObject([{ name: 'STORE', value: second }]);
      expect([await works(first), await works(second)]).toEqual([true, true]);

      const job = app.gateway.jobs.find(({ name }) => name === 'retire old credentials');
      const retire = () => job?.run(new AbortController().signal);
      await retire();
      expect([await works(first), await works(second)]).toEqual([true, true]);
      now += OVERLAP_SECONDS * 1_000;
      await retire();
      expect([await works(first), await works(second)]).toEqual([false, true]);
      const { data } = await app.gql(`{ commits(after: ${rotated.commit.seq}) { nodes { operation actor } } }`);
      expect(data.commits.nodes).toEqual([{ operation: 'addon.retire', actor: 'system:rotation' }]);
      expect(await uriNow()).toBe(second);
      expect(await tested({ id })).toMatchObject({ reachable: true, problem: null });

      // What was made can be rotated again; whoever depends is told of both, and of nothing between them.
      const again = await done(app, operation('rotateAddon', fields), { id, overlapSeconds: 0 });
      await listener.count(2);
      expect(listener.events.map(({ seq }) => seq)).toEqual([rotated.commit.seq, again.commit.seq]);
      await retire();
      expect([await works(second), await works(await uriNow())]).toEqual([false, true]);
    });
  });
