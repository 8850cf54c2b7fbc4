import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { checkFailed, type PluginHost } from '#plugin';
import { within } from '#plugin/attempt';
import { adminOf, type Login, nameSuffix, newPassword } from '#plugin/server';
import { codeOf, ping, session } from './client.ts';
import { conditionsOf, grantTo } from './grants.ts';
import type { Params } from './params.ts';

/** The end is for servers that want a sign of every kind; it means the same in every URI. */
const passwordOfAllKinds = (): string => `${newPassword()}-aA0`;

/** MySQL has 32 signs for a name. What an earlier rotation appended makes way. */
const besides = (username: string): string =>
  `${[...username.replace(/_[a-z]{10}$/, '')].slice(0, 21).join('')}_${nameSuffix()}`;

const accountOf = (username: string, host: string): string => `${mysql.escape(username)}@${mysql.escape(host)}`;

async function rowsOf(
  connection: Connection,
  sql: string,
  values: readonly string[] = [],
): Promise<readonly RowDataPacket[]> {
  const [rows] = await connection.query<RowDataPacket[]>(sql, [...values]);
  return rows;
}

/** Texts mean the same on every server, and names are quoted as `grants.ts` reads them. */
const settle = (connection: Connection) => connection.query("SET SESSION sql_mode = '', sql_quote_show_create = 1");

/** The hosts that a user may come from: an account each. */
async function hostsOf(connection: Connection, username: string): Promise<readonly string[]> {
  const rows = await rowsOf(connection, 'SELECT Host AS host FROM mysql.user WHERE User = ?', [username]);
  return rows.map(({ host }) => String(host));
}

/** The statements that make an account with all that another one may. */
async function copyOf(connection: Connection, from: string, to: string, password: string): Promise<readonly string[]> {
  const texts = async (sql: string) => (await rowsOf(connection, sql)).map((row) => String(Object.values(row)[0]));
  const [created = ''] = await texts(`SHOW CREATE USER ${from}`);
  const grants = (await texts(`SHOW GRANTS FOR ${from}`)).map((line) => grantTo(line, to));
  if (!grants.every((grant) => grant !== null)) throw checkFailed('FAILED');
  return [`CREATE USER ${to} IDENTIFIED BY ${mysql.escape(password)}${conditionsOf(created)}`, ...grants];
}

/** The administrator, who must be somebody else than the user: whoever is replaced cannot log in any more. */
function requireAdmin(it: Params): Login {
  const admin = adminOf(it);
  if (!admin || admin.username === it.username) throw checkFailed('UNSUPPORTED');
  return admin;
}

/** Answers once somebody logged in with the new credentials; else the new accounts are gone again. */
export const rotate = (it: Params, host: PluginHost): Promise<Params> =>
  within(host.signal, codeOf, async (signal) => {
    const reach = { addressOf: host.addressOf, signal };
    const next = { ...it, username: besides(it.username), password: passwordOfAllKinds() };
    await session(it, requireAdmin(it), reach, async (connection) => {
      await settle(connection);
      const hosts = await hostsOf(connection, it.username);
      if (hosts.length === 0) throw checkFailed('FAILED');
      try {
        for (const from of hosts) {
          const [old, fresh] = [accountOf(it.username, from), accountOf(next.username, from)];
          for (const sql of await copyOf(connection, old, fresh, next.password)) await connection.query(sql);
        }
        await session(next, next, reach, ping);
      } catch {
        for (const from of hosts) await connection.query(`DROP USER IF EXISTS ${accountOf(next.username, from)}`);
        throw checkFailed('FAILED');
      }
    });
    return next;
  });

/** Views, routines, triggers and events run as the account that defined them: it stays then, locked. */
const DEFINED = `SELECT 1 FROM information_schema.VIEWS WHERE DEFINER = :who
  UNION SELECT 1 FROM information_schema.ROUTINES WHERE DEFINER = :who
  UNION SELECT 1 FROM information_schema.TRIGGERS WHERE DEFINER = :who
  UNION SELECT 1 FROM information_schema.EVENTS WHERE DEFINER = :who`;

export const retire = (params: Params, old: Params, host: PluginHost): Promise<void> =>
  within(host.signal, codeOf, async (signal) => {
    if (old.username === params.username) return;
    const isSamePlace = old.host === params.host && old.port === params.port;
    const it = isSamePlace ? { ...params, database: old.database } : old;
    await session(it, requireAdmin(it), { addressOf: host.addressOf, signal }, async (connection) => {
      await settle(connection);
      for (const from of await hostsOf(connection, old.username)) await remove(connection, old.username, from);
      await endSessions(connection, old.username);
    });
  });

async function remove(connection: Connection, username: string, from: string): Promise<void> {
  const account = accountOf(username, from);
  await connection.query(`ALTER USER ${account} IDENTIFIED BY ${mysql.escape(passwordOfAllKinds())} ACCOUNT LOCK`);
  const defined = await rowsOf(connection, DEFINED.replaceAll(':who', mysql.escape(`${username}@${from}`)));
  if (defined.length === 0) await connection.query(`DROP USER ${account}`);
}

/** Sessions that the administrator may not see or end are left: they cannot be opened again. */
async function endSessions(connection: Connection, username: string): Promise<void> {
  const sessions = await rowsOf(connection, 'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE USER = ?', [
    username,
  ]);
  for (const { id } of sessions) await connection.query(`KILL ${Number(id)}`).catch(() => {});
}
