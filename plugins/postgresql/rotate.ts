import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';
import { checkFailed, type PluginHost } from '#plugin';
import { within } from '#plugin/attempt';
import { adminOf, type Login, nameSuffix, newPassword } from '#plugin/server';
import { codeOf, ping, session } from './client.ts';
import type { Params } from './params.ts';

const { escapeIdentifier: name, escapeLiteral: literal } = pg;

/** What the server keeps of a password (RFC 5803): so its log of statements does not get to see the password. */
function verifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, 4096, 32, 'sha256');
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$4096:${salt.toString('base64')}$${stored}:${hmac('Server Key').toString('base64')}`;
}

/** Names are at most 63 bytes; the server would cut longer ones. */
function besides(owner: string): string {
  let base = owner;
  while (Buffer.byteLength(base) > 52) base = base.slice(0, -1).toWellFormed().replaceAll('\uFFFD', '');
  return `${base}_${nameSuffix()}`;
}

/** Settings that hold a list of names; `SET` takes each as a text of its own. */
const LISTS = /^(search_path|temp_tablespaces|(local|session|shared)_preload_libraries|unix_socket_directories)$/;

/** As a setting of a role is kept, `search_path="$user", public`, to what `SET` takes. */
function assignment(kept: string): string {
  const at = kept.indexOf('=');
  const [key, value] = [kept.slice(0, at), kept.slice(at + 1)];
  const items = LISTS.test(key) ? (value.match(/"(?:[^"]|"")*"|[^",\s]+/g) ?? ['']) : null;
  const plain = (item: string): string => item.replace(/^"(.*)"$/s, '$1').replaceAll('""', '"');
  const values = items ? items.map((item) => literal(plain(item))).join(', ') : literal(value);
  return `SET ${key.split('.').map(name).join('.')} TO ${values}`;
}

const SETTINGS = `SELECT d.datname AS database, c.kept, r.rolconnlimit AS max
  FROM pg_catalog.pg_roles r
  LEFT JOIN pg_catalog.pg_db_role_setting s ON s.setrole = r.oid
  LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
  LEFT JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c (kept) ON true
  WHERE r.rolname = $1`;

interface Setting {
  readonly database: string | null;
  readonly kept: string | null;
  readonly max: number;
}

/** A login that is a member of the owner and acts as the owner: what it makes belongs to the owner, as before. */
async function create(client: pg.Client, owner: string, { username, password }: Login): Promise<void> {
  const { rows } = await client.query<Setting>(SETTINGS, [owner]);
  const [login, group] = [name(username), name(owner)];
  await client.query('BEGIN');
  await client.query("SET LOCAL lock_timeout = '3s'");
  await client.query(
    `CREATE ROLE ${login} LOGIN CONNECTION LIMIT ${rows[0]?.max ?? -1} PASSWORD ${literal(verifier(password))} IN ROLE ${group}`,
  );
  await client.query(`ALTER ROLE ${login} SET role TO ${literal(owner)}`);
  for (const { database, kept } of rows) {
    if (kept === null || kept.startsWith('role=')) continue;
    const where = database === null ? '' : ` IN DATABASE ${name(database)}`;
    await client.query(`ALTER ROLE ${login}${where} ${assignment(kept)}`);
  }
  await client.query('COMMIT');
}

/** The administrator, who must be somebody else than the user: whoever is replaced cannot log in any more. */
function requireAdmin(it: Params): Login {
  const admin = adminOf(it);
  if (!admin || admin.username === it.username || admin.username === it.owner) throw checkFailed('UNSUPPORTED');
  return admin;
}

/** Answers once somebody logged in with the new credentials; else the new role is gone again. */
export const rotate = (it: Params, host: PluginHost): Promise<Params> =>
  within(host.signal, codeOf, async (signal) => {
    const admin = requireAdmin(it);
    const reach = { addressOf: host.addressOf, signal };
    const owner = it.owner ?? it.username;
    const next = { ...it, owner, username: besides(owner), password: newPassword() };
    await session(it, admin, reach, async (client) => {
      await create(client, owner, next);
      await session(next, next, reach, ping).catch(async () => {
        await client.query(`DROP ROLE ${name(next.username)}`);
        throw checkFailed('FAILED');
      });
    });
    return next;
  });

/** The first user owns things and lends its rights to those after it, so it stays, without a login. */
export const retire = (params: Params, old: Params, host: PluginHost): Promise<void> =>
  within(host.signal, codeOf, async (signal) => {
    if (old.username === params.username) return;
    const isSamePlace = old.host === params.host && old.port === params.port;
    const it = isSamePlace ? { ...params, database: old.database } : old;
    await session(it, requireAdmin(it), { addressOf: host.addressOf, signal }, async (client) => {
      const known = await client.query('SELECT FROM pg_catalog.pg_roles WHERE rolname = $1', [old.username]);
      if (known.rowCount === 0) return;
      await client.query(`ALTER ROLE ${name(old.username)} NOLOGIN PASSWORD NULL`);
      await attempt(client, endSessions(old.username));
      if (old.owner === undefined || old.owner === old.username) return;
      const drop = `DROP ROLE ${name(old.username)}`;
      if (await attempt(client, drop)) return;
      await attempt(client, `${emptied(old.username, old.owner)}; ${drop}`);
    });
  });

const endSessions = (username: string): string =>
  `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = ${literal(username)}`;

/** Usually there is nothing, since it acted as the owner. Statements in one query are one transaction. */
const emptied = (username: string, owner: string): string =>
  `REASSIGN OWNED BY ${name(username)} TO ${name(owner)}; DROP OWNED BY ${name(username)}`;

/** What the administrator may not do, or what other databases hold against it, is left: the login is shut already. */
async function attempt(client: pg.Client, sql: string): Promise<boolean> {
  try {
    await client.query(sql);
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError) return false;
    throw error;
  }
}
