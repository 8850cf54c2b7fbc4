import { join } from 'node:path';
import mysql, { type RowDataPacket } from 'mysql2/promise';
import type { Issued } from '../authority.ts';
import { freePort } from '../mongodb.ts';
import { answering, ended, hasServer, placeFor, programOf } from './process.ts';

export const hasMariadb = (): boolean => hasServer('MariaDB', 'mariadbd', 'mariadb-install-db');

export const ROOT_LOGIN = { username: 'the_root', password: 'the superuser' };

export interface Mariadb {
  readonly port: number;
  /** As the superuser; rows of the last statement. */
  sql(text: string): Promise<readonly Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/** A server of its own, which also takes TLS. */
export async function startMariadb(tls: Issued): Promise<Mariadb> {
  const place = await placeFor('mysql');
  const data = join(place.directory, 'data');
  const install = ['--no-defaults', `--datadir=${data}`, '--skip-test-db', '--auth-root-authentication-method=normal'];
  await place.run(programOf('mariadb-install-db') ?? '', install);
  const port = await freePort();
  const settings = {
    datadir: data,
    socket: join(place.directory, 'socket'),
    'pid-file': join(place.directory, 'pid'),
    'bind-address': '127.0.0.1',
    port,
    'skip-name-resolve': 'OFF',
    'innodb-flush-log-at-trx-commit': 0,
    'ssl-cert': await place.file('cert.pem', tls.certificate),
    'ssl-key': await place.file('key.pem', tls.key),
    'init-file': await place.file('init.sql', INIT),
  };
  const flags = Object.entries(settings).map(([key, value]) => `--${key}=${value}`);
  const child = place.start(programOf('mariadbd') ?? '', ['--no-defaults', ...flags]);
  const sql = async (text: string) => {
    const { username: user, password } = ROOT_LOGIN;
    const connection = await mysql.createConnection({
      host: '127.0.0.1',
      port,
      user,
      password,
      multipleStatements: true,
    });
    try {
      const [rows] = await connection.query<RowDataPacket[]>(text);
      return rows;
    } finally {
      connection.destroy();
    }
  };
  const stop = async (): Promise<void> => {
    await ended(child, 'SIGKILL');
    await place.remove();
  };
  try {
    await answering(child, () => sql('SELECT 1'));
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, sql, stop };
}

const INIT = `CREATE USER '${ROOT_LOGIN.username}'@'%' IDENTIFIED BY '${ROOT_LOGIN.password}';
GRANT ALL PRIVILEGES ON *.* TO '${ROOT_LOGIN.username}'@'%' WITH GRANT OPTION;
`;
