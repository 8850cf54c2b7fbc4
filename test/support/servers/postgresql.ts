import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Issued } from '../authority.ts';
import { freePort } from '../mongodb.ts';
import { answering, ended, hasServer, placeFor, programOf } from './process.ts';

export const hasPostgresql = (): boolean => hasServer('PostgreSQL', 'initdb', 'postgres');

export interface Postgresql {
  readonly port: number;
  /** As the superuser; rows of the last statement. */
  sql(text: string, database?: string): Promise<readonly Record<string, unknown>[]>;
  /** What it logged so far. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

export const ROOT_LOGIN = { username: 'root', password: 'the superuser' };

/** A server of its own: every login needs a password, by TLS too. */
export async function startPostgresql(tls: Issued): Promise<Postgresql> {
  const place = await placeFor('postgres');
  const data = join(place.directory, 'data');
  const password = await place.file('password', ROOT_LOGIN.password);
  const init = [
    '-D',
    data,
    '-U',
    ROOT_LOGIN.username,
    '-A',
    'scram-sha-256',
    `--pwfile=${password}`,
    '--no-sync',
    '-E',
    'UTF8',
    '--locale=C',
  ];
  await place.run(programOf('initdb') ?? '', init);
  await place.file('data/server.crt', tls.certificate);
  await place.file('data/server.key', tls.key);
  const port = await freePort();
  await place.file('data/postgresql.auto.conf', 'ssl = on\n');
  const settings = {
    logging_collector: 'on',
    log_filename: 'log',
    log_directory: 'log',
    fsync: 'off',
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port,
  };
  const flags = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const child = place.start(programOf('postgres') ?? '', ['-D', data, ...flags]);
  const connected = async (database: string): Promise<pg.Client> => {
    const { username: user } = ROOT_LOGIN;
    const client = new pg.Client({ host: '127.0.0.1', port, user, password: ROOT_LOGIN.password, database });
    client.on('error', () => {});
    await client.connect();
    return client;
  };
  const rowsOf = async (client: pg.Client, text: string) => [await client.query(text)].flat().at(-1)?.rows ?? [];
  /** A login costs the server more than most statements. */
  let kept: pg.Client | null = null;
  const sql = async (text: string, database?: string) => {
    if (database === undefined) {
      kept ??= await connected('postgres');
      return rowsOf(kept, text);
    }
    const client = await connected(database);
    try {
      return await rowsOf(client, text);
    } finally {
      await client.end();
    }
  };
  const stop = async (): Promise<void> => {
    await kept?.end();
    await ended(child, 'SIGQUIT');
    await place.remove();
  };
  try {
    await answering(child, () => sql('SELECT 1'));
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, sql, stop, log: () => readFile(join(data, 'log/log'), 'utf8') };
}
