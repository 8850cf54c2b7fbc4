import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { anAuthority } from '../support/authority.ts';
import { LONG_MS } from '../support/patient.ts';
import { codeOf, type StartedPlugin, startPlugin } from '../support/plugin-host.ts';
import { hasPostgresql, type Postgresql, ROOT_LOGIN, startPostgresql } from '../support/servers/postgresql.ts';
import { START_MS } from '../support/servers/process.ts';
import { RESERVED } from './samples.ts';

const USER = `app "of" 'us' ${RESERVED}`.slice(0, 40);
const OWNER = `"${USER.replaceAll('"', '""')}"`;
const PASSWORD = `1${RESERVED}`;
/** An administrator as hosted servers have them: no superuser. */
const ADMIN = { adminUsername: `admin";--`, adminPassword: `2${RESERVED}` };
const ROOT = { adminUsername: ROOT_LOGIN.username, adminPassword: ROOT_LOGIN.password };
const authority = anAuthority('The test');

describe.skipIf(!hasPostgresql())('PostgreSQL', () => {
  let server: Postgresql;
  let plugin: StartedPlugin;
  const given = (over: object = {}) =>
    plugin.params({
      host: '127.0.0.1',
      port: server.port,
      database: 'shop',
      username: USER,
      password: PASSWORD,
      ...over,
    });
  const rotated = async (params: object) => plugin.params((await plugin.rotate({ id: 'it', params })) as object);
  const retire = (params: object, old: object) => plugin.retire({ id: 'it', params, old });
  const check = (params: object) => codeOf(plugin.check({ params }));

  /** As a service would, by the URI that it gets. */
  async function asUser(params: object, text: string): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: (await plugin.valuesOf(params)).get('POSTGRES_URI') ?? '' });
    client.on('error', () => {});
    await client.connect();
    try {
      return [await client.query(text)].flat().at(-1)?.rows ?? [];
    } finally {
      await client.end();
    }
  }

  beforeAll(async () => {
    server = await startPostgresql(authority.issue());
    plugin = await startPlugin('postgresql');
  }, START_MS);
  afterAll(() => server?.stop());

  beforeEach(async () => {
    await server.sql(
      `CREATE ROLE "admin"";--" LOGIN CREATEROLE PASSWORD '${ADMIN.adminPassword.replaceAll("'", "''")}'`,
    );
    await server.sql(`CREATE ROLE ${OWNER} LOGIN PASSWORD '${PASSWORD.replaceAll("'", "''")}'`);
    await server.sql(`CREATE DATABASE shop OWNER ${OWNER}`);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.sql('DROP DATABASE shop WITH (FORCE)');
    const roles = await server.sql("SELECT quote_ident(rolname) AS name FROM pg_roles WHERE rolname ~ '^(app|admin)'");
    await server.sql(roles.map(({ name }) => `DROP ROLE ${name}`).join(';'));
  });

  describe('check', () => {
    it('logs in as the user and as the administrator, and leaves no session behind', async () => {
      expect(await check(given(ADMIN))).toBe('none');
      await vi.waitFor(async () => {
        expect(await server.sql("SELECT FROM pg_stat_activity WHERE application_name = 'keyloom'")).toEqual([]);
      }, LONG_MS);
    });

    it.each([
      ['a wrong password', { password: 'hunter2canary' }, 'CREDENTIALS'],
      ['a user that is not there', { username: 'hunter2canary' }, 'CREDENTIALS'],
      ['a wrong administrator', { adminUsername: 'root', adminPassword: 'hunter2canary' }, 'CREDENTIALS'],
      ['a database that is not there', { database: 'hunter2canary' }, 'FAILED'],
      ['a port where nobody listens', { port: 1 }, 'UNREACHABLE'],
      ['a name that leads nowhere', { host: 'db.invalid' }, 'UNREACHABLE'],
    ])('refuses %s', async (_what, over, code) => {
      expect(await check(given(over))).toBe(code);
    });

    it('takes nothing from the environment', async () => {
      vi.stubEnv('PGOPTIONS', '-c no_such_setting=1');
      vi.stubEnv('PGREPLICATION', 'database');
      vi.stubEnv('PGSSLMODE', 'require');
      vi.stubEnv('PGHOSTADDR', '192.0.2.1');
      expect(await check(given())).toBe('none');
    });

    it.each([
      ['by name', 'localhost', authority.certificate, 'none'],
      ['by address', '127.0.0.1', authority.certificate, 'none'],
      ['of another authority', 'localhost', anAuthority('Another').certificate, 'TLS'],
      ['of no authority that the system knows', 'localhost', undefined, 'TLS'],
      ['of an authority that is none', 'localhost', 'hunter2canary', 'TLS'],
    ])('with TLS, a server %s', async (_what, host, caCertificate, code) => {
      expect(await check(given({ tls: true, host, caCertificate }))).toBe(code);
    });

    it('really speaks TLS', async () => {
      await server.sql(`ALTER SYSTEM SET ssl = off`);
      await server.sql('SELECT pg_reload_conf()');
      await vi.waitFor(async () => {
        expect(await check(given({ tls: true, caCertificate: authority.certificate }))).toBe('TLS');
      }, LONG_MS);
      await server.sql('ALTER SYSTEM RESET ssl');
      await server.sql('SELECT pg_reload_conf()');
    });
  });

  describe('rotation', () => {
    const WORK = 'INSERT INTO orders VALUES (1); SELECT count(*)::int AS n, current_user AS who FROM orders GROUP BY 2';

    it('makes a user that may do what the old one may, beside it, until the old one is retired', async () => {
      const old = given(ADMIN);
      await asUser(old, 'CREATE TABLE orders (id int)');
      const next = await rotated(old);
      expect(next).toMatchObject({
        ...old,
        username: expect.any(String),
        password: expect.stringMatching(/^[0-9A-Za-z]{40}$/),
      });
      expect(await asUser(next, WORK)).toEqual([{ n: 1, who: USER }]);
      expect(await asUser(old, WORK)).toEqual([{ n: 2, who: USER }]);
      expect(await check(next)).toBe('none');
      await retire(next, old);
      expect(await check(old)).toBe('CREDENTIALS');
      expect(await asUser(next, `${WORK.replace('1', '2')}`)).toEqual([{ n: 3, who: USER }]);
      await retire(next, old);
      expect(await check(next)).toBe('none');
    });

    it('gives what the new user makes to the first one, whose settings it has', async () => {
      await server.sql(
        `ALTER ROLE ${OWNER} SET search_path TO "a ""b", public; ALTER ROLE ${OWNER} CONNECTION LIMIT 7`,
      );
      await server.sql(`ALTER ROLE ${OWNER} IN DATABASE shop SET my.note TO 'it''s \\ all'`);
      // Settings of an application's own kind are a superuser's to give.
      expect(await codeOf(rotated(given(ADMIN)))).toBe('FAILED');
      const next = await rotated(given(ROOT));
      await asUser(next, 'CREATE TABLE public.made (id int)');
      const facts = "SELECT current_setting('my.note') AS note, current_setting('search_path') AS path";
      expect(await asUser(next, facts)).toEqual([{ note: "it's \\ all", path: '"a ""b", public' }]);
      const owners = "SELECT tableowner FROM pg_tables WHERE tablename = 'made'";
      expect(await server.sql(owners, 'shop')).toEqual([{ tableowner: USER }]);
      const limit = `SELECT rolconnlimit AS n FROM pg_roles WHERE rolname = '${String(next.username).replaceAll("'", "''")}'`;
      expect(await server.sql(limit)).toEqual([{ n: 7 }]);
    });

    it('rotates again before the first is retired; what rotation made is dropped, the first user stays without a login', async () => {
      const first = given(ADMIN);
      const second = await rotated(first);
      const third = await rotated(second);
      await retire(third, first);
      expect(await Promise.all([first, second, third].map(check))).toEqual(['CREDENTIALS', 'none', 'none']);
      await retire(third, second);
      expect(await Promise.all([second, third].map(check))).toEqual(['CREDENTIALS', 'none']);
      const left = "SELECT rolname AS name, rolcanlogin AS login FROM pg_roles WHERE rolname ~ '^app' ORDER BY 1";
      expect(await server.sql(left)).toEqual([
        { name: USER, login: false },
        { name: third.username, login: true },
      ]);
    });

    it('ends the sessions of a retired user', async () => {
      const old = given(ROOT);
      const next = await rotated(old);
      const held = new pg.Client({ connectionString: (await plugin.valuesOf(old)).get('POSTGRES_URI') ?? '' });
      const lost = new Promise((resolve) => held.on('error', resolve));
      await held.connect();
      await retire(next, old);
      expect(await lost).toMatchObject({ code: '57P01' });
    });

    it('what an earlier try left behind does not matter, nor what is gone', async () => {
      const old = given(ADMIN);
      const [, next] = [await rotated(old), await rotated(old)];
      await retire(next, old);
      expect(await check(next)).toBe('none');
      await retire(next, { ...next, username: 'app_gone' });
      await retire(next, { ...next, password: 'another' });
      expect(await check(next)).toBe('none');
    });

    it('takes back a user that cannot log in', async () => {
      await server.sql(`ALTER ROLE ${OWNER} CONNECTION LIMIT 0`);
      expect(await codeOf(rotated(given(ADMIN)))).toBe('FAILED');
      expect(await server.sql("SELECT FROM pg_roles WHERE rolname ~ '^app'")).toHaveLength(1);
    });

    it('cuts long names at whole signs', async () => {
      const username = `app${'ä😀'.repeat(10)}`;
      await server.sql(`CREATE ROLE "${username}" LOGIN PASSWORD 'p'`);
      const next = await rotated(given({ ...ADMIN, username, password: 'p' }));
      expect(next.username).toMatch(/^app(ä😀){8}_[a-z]{10}$/u);
      expect(await check(next)).toBe('none');
    });

    it.each([
      ['no administrator', {}],
      ['an administrator who is the user', { adminUsername: USER, adminPassword: PASSWORD }],
    ])('is not to be had with %s', async (_what, over) => {
      expect(await codeOf(rotated(given(over)))).toBe('UNSUPPORTED');
    });

    it('keeps the password out of statements, so out of the log of the server', async () => {
      await server.sql("ALTER SYSTEM SET log_statement = 'all'");
      await server.sql('SELECT pg_reload_conf()');
      await vi.waitFor(async () => expect(await server.log()).toContain('log_statement'), LONG_MS);
      const next = await rotated(given(ADMIN));
      const log = await server.log();
      expect(log).toContain('CREATE ROLE');
      expect(log).not.toContain(next.password);
      await server.sql('ALTER SYSTEM RESET log_statement');
    });
  });
});
