import mysql, { type RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { anAuthority } from '../support/authority.ts';
import { LONG_MS } from '../support/patient.ts';
import { codeOf, type StartedPlugin, startPlugin } from '../support/plugin-host.ts';
import { hasMariadb, type Mariadb, ROOT_LOGIN, startMariadb } from '../support/servers/mariadb.ts';
import { START_MS } from '../support/servers/process.ts';
import { RESERVED } from './samples.ts';

const USER = 'a`p\'p"\\ TO `x`@`%` ü';
const PASSWORD = `1${RESERVED}`;
/** As hosted servers have them: not allowed everything, but to pass on what the user has. */
const ADMIN = { adminUsername: `admin';--`, adminPassword: `2${RESERVED}` };
const authority = anAuthority('The test');
const account = (user: string, host = '%') => `${mysql.escape(user)}@${mysql.escape(host)}`;

describe.skipIf(!hasMariadb())('MariaDB', () => {
  let server: Mariadb;
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
  const users = async () =>
    (await server.sql("SELECT User AS name FROM mysql.user WHERE User LIKE 'a`%' ORDER BY 1")).map(({ name }) => name);

  /** As a service would, by the URI that it gets. */
  async function asUser(params: object, text: string): Promise<readonly RowDataPacket[]> {
    const connection = await mysql.createConnection((await plugin.valuesOf(params)).get('MYSQL_URI') ?? '');
    try {
      return (await connection.query<RowDataPacket[]>(text))[0];
    } finally {
      connection.destroy();
    }
  }

  beforeAll(async () => {
    server = await startMariadb(authority.issue());
    plugin = await startPlugin('mysql');
  }, START_MS);
  afterAll(() => server?.stop());

  beforeEach(async () => {
    await server.sql(`CREATE DATABASE shop; CREATE DATABASE \`other\`\` TO x\`;
      CREATE TABLE shop.orders (id int, secret int); CREATE TABLE \`other\`\` TO x\`.\`t TO \`\`a\`\`@\`\`%\`\`\` (id int);
      CREATE USER ${account(ADMIN.adminUsername)} IDENTIFIED BY ${mysql.escape(ADMIN.adminPassword)};
      GRANT SELECT, INSERT, DELETE, UPDATE, CREATE, CREATE VIEW, SHOW VIEW, CREATE USER, PROCESS, CONNECTION ADMIN ON *.*
        TO ${account(ADMIN.adminUsername)} WITH GRANT OPTION;
      CREATE USER ${account(USER)} IDENTIFIED BY ${mysql.escape(PASSWORD)} WITH MAX_USER_CONNECTIONS 7;
      CREATE USER ${account(USER, 'db_1.internal')} IDENTIFIED BY ${mysql.escape(PASSWORD)} REQUIRE SSL;
      GRANT INSERT, CREATE, CREATE VIEW, SHOW VIEW ON shop.* TO ${account(USER)};
      GRANT SELECT (id) ON shop.orders TO ${account(USER)} WITH GRANT OPTION;
      GRANT SELECT ON \`other\`\` TO x\`.\`t TO \`\`a\`\`@\`\`%\`\`\` TO ${account(USER)}`);
  });
  afterEach(async () => {
    await server.sql('DROP DATABASE shop; DROP DATABASE `other`` TO x`');
    const left = await server.sql("SELECT User AS name, Host AS host FROM mysql.user WHERE User REGEXP '^a[`d]'");
    for (const { name, host } of left) await server.sql(`DROP USER ${account(String(name), String(host))}`);
  });

  describe('check', () => {
    it('logs in as the user and as the administrator, and leaves no session behind', async () => {
      expect(await check(given(ADMIN))).toBe('none');
      await vi.waitFor(async () => {
        expect(await server.sql("SELECT USER FROM information_schema.PROCESSLIST WHERE USER LIKE 'a%'")).toEqual([]);
      }, LONG_MS);
    });

    it.each([
      ['a wrong password', { password: 'hunter2canary' }, 'CREDENTIALS'],
      ['a user that is not there', { username: 'hunter2canary' }, 'CREDENTIALS'],
      ['a wrong administrator', { adminUsername: 'root', adminPassword: 'hunter2canary' }, 'CREDENTIALS'],
      [
        'a database that is not there',
        { database: 'hunter2canary', username: ROOT_LOGIN.username, password: ROOT_LOGIN.password },
        'FAILED',
      ],
      ['a port where nobody listens', { port: 1 }, 'UNREACHABLE'],
      ['a name that leads nowhere', { host: 'db.invalid' }, 'UNREACHABLE'],
    ])('refuses %s', async (_what, over, code) => {
      expect(await check(given(over))).toBe(code);
    });

    it.each([
      ['by name', 'localhost', authority.certificate, 'none'],
      ['by address, with an authority of its own', '127.0.0.1', authority.certificate, 'none'],
      ['by address, without one', '127.0.0.1', undefined, 'TLS'],
      ['of another authority', 'localhost', anAuthority('Another').certificate, 'TLS'],
      ['of no authority that the system knows', 'localhost', undefined, 'TLS'],
    ])('with TLS, a server %s', async (_what, host, caCertificate, code) => {
      expect(await check(given({ tls: true, host, caCertificate }))).toBe(code);
    });
  });

  describe('rotation', () => {
    it('makes a user that may do what the old one may, beside it, until the old one is retired', async () => {
      const old = given(ADMIN);
      const next = await rotated(old);
      expect(next).toMatchObject({
        ...old,
        username: expect.any(String),
        password: expect.stringMatching(/^[0-9A-Za-z]{40}-aA0$/),
      });
      for (const params of [old, next]) await asUser(params, 'INSERT INTO orders VALUES (1, 2)');
      expect(await asUser(next, 'SELECT id FROM orders')).toHaveLength(2);
      expect(await asUser(next, 'SELECT * FROM `other`` TO x`.`t TO ``a``@``%```')).toEqual([]);
      await expect(asUser(next, 'SELECT secret FROM orders')).rejects.toThrow('SELECT command denied');
      await retire(next, old);
      expect([await check(old), await check(next)]).toEqual(['CREDENTIALS', 'none']);
      expect(await users()).toEqual([next.username, next.username]);
      await retire(next, old);
      expect(await check(next)).toBe('none');
    });

    it('copies every account of the user, with what is asked of it', async () => {
      const next = await rotated(given(ADMIN));
      const conditions = (host: string) => server.sql(`SHOW CREATE USER ${account(String(next.username), host)}`);
      expect(JSON.stringify(await conditions('%'))).toMatch(/ WITH MAX_USER_CONNECTIONS 7"/);
      expect(JSON.stringify(await conditions('db_1.internal'))).toMatch(/ REQUIRE SSL"/);
      expect(JSON.stringify(await server.sql(`SHOW GRANTS FOR ${account(String(next.username))}`))).toMatch(
        /SELECT \(`id`\) ON `shop`.`orders` TO .* WITH GRANT OPTION/,
      );
    });

    it('copies roles, and which of them is there from the beginning', async () => {
      await server.sql(`CREATE ROLE reader; GRANT SELECT ON shop.* TO reader; GRANT reader TO ${account(USER)};
        SET DEFAULT ROLE reader FOR ${account(USER)}`);
      const next = await rotated(given({ adminUsername: ROOT_LOGIN.username, adminPassword: ROOT_LOGIN.password }));
      expect(await asUser(next, 'SELECT secret FROM orders')).toEqual([]);
      await server.sql('DROP ROLE reader');
    });

    it('rotates again before the first is retired', async () => {
      const first = given(ADMIN);
      const second = await rotated(first);
      const third = await rotated(second);
      expect(String(third.username)).toMatch(/^[^_]*ü_[a-z]{10}$/);
      await retire(third, first);
      expect([await check(first), await check(second), await check(third)]).toEqual(['CREDENTIALS', 'none', 'none']);
    });

    it('locks the old user where a view runs as it', async () => {
      const old = given(ADMIN);
      await asUser(old, 'CREATE VIEW ids AS SELECT id FROM orders');
      await server.sql('INSERT INTO shop.orders VALUES (1, 2)');
      const next = await rotated(old);
      await retire(next, old);
      expect([await check(old), await check(next)]).toEqual(['CREDENTIALS', 'none']);
      expect(await server.sql('SELECT id FROM shop.ids')).toEqual([{ id: 1 }]);
      await retire(next, old);
    });

    it('ends the sessions of a retired user', async () => {
      const old = given(ADMIN);
      const next = await rotated(old);
      const held = await mysql.createConnection((await plugin.valuesOf(old)).get('MYSQL_URI') ?? '');
      const lost = new Promise((resolve) => held.on('error', resolve));
      await retire(next, old);
      expect(await lost).toMatchObject({ code: 'PROTOCOL_CONNECTION_LOST' });
    });

    it('what an earlier try left behind does not matter, nor what is gone', async () => {
      const old = given(ADMIN);
      const [, next] = [await rotated(old), await rotated(old)];
      await retire(next, { ...next, username: 'a_gone' });
      await retire(next, { ...next, password: 'another' });
      await retire(next, old);
      expect([await check(old), await check(next)]).toEqual(['CREDENTIALS', 'none']);
    });

    it('takes back a user that it cannot give everything', async () => {
      await server.sql(`GRANT FILE ON *.* TO ${account(USER)}`);
      expect(await codeOf(rotated(given(ADMIN)))).toBe('FAILED');
      expect(await users()).toEqual([USER, USER]);
    });

    it.each([
      ['no administrator', {}],
      ['an administrator who is the user', { adminUsername: USER, adminPassword: PASSWORD }],
    ])('is not to be had with %s', async (_what, over) => {
      expect(await codeOf(rotated(given(over)))).toBe('UNSUPPORTED');
    });
  });
});
