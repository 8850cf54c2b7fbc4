import { isIP, Socket } from 'node:net';
import mysql, { type Connection, type SslOptions } from 'mysql2/promise';
import type { CheckProblem, PluginHost } from '#plugin';
import { within } from '#plugin/attempt';
import { adminOf, type Login, type Reach } from '#plugin/server';
import type { Params } from './params.ts';

const CREDENTIALS = new Set([
  'ER_ACCESS_DENIED_ERROR',
  'ER_ACCESS_DENIED_NO_PASSWORD_ERROR',
  'ER_ACCOUNT_HAS_BEEN_LOCKED',
  'ER_MUST_CHANGE_PASSWORD_LOGIN',
  'ER_HOST_NOT_PRIVILEGED',
]);
/** MariaDB's number for an account that is locked, which mysql2 has another name for. */
const LOCKED_IN_MARIADB = 4151;

export function codeOf(error: unknown): CheckProblem | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  const code = String(error.code);
  if (CREDENTIALS.has(code) || ('errno' in error && error.errno === LOCKED_IN_MARIADB)) return 'CREDENTIALS';
  if (code.startsWith('HANDSHAKE_')) return 'TLS';
  if (code === 'PROTOCOL_CONNECTION_LOST') return 'UNREACHABLE';
  return code.startsWith('ER_') ? 'FAILED' : null;
}

/**
 * mysql2 compares a certificate with host names alone. An address therefore needs an authority of its own, all of whose
 * certificates are taken; without one there is nothing to compare, and the connection is refused.
 */
function tlsOf({ tls, host, caCertificate }: Params): { readonly ssl?: SslOptions } {
  if (!tls) return {};
  const verifyIdentity = isIP(host) === 0 || caCertificate === undefined;
  return { ssl: { verifyIdentity, ...(caCertificate === undefined ? {} : { ca: caCertificate }) } };
}

/** One connection to the address that the host allows, closed again whatever happens. */
export async function session<T>(
  it: Params,
  { username: user, password }: Login,
  { addressOf, signal }: Reach,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { host, port, database } = it;
  const address = await addressOf(host, port);
  const socket = new Socket({ signal });
  try {
    const connection = await mysql.createConnection({
      // Only TLS takes the name; the socket goes to the address.
      host,
      port,
      user,
      password,
      database,
      ...tlsOf(it),
      stream: () => socket.connect(port, address),
      // The server must not ask for files of the gateway.
      flags: ['-LOCAL_FILES'],
    });
    connection.on('error', () => {});
    const result = await work(connection);
    await connection.end().catch(() => {});
    return result;
  } finally {
    socket.destroy();
  }
}

export const ping = async (connection: Connection): Promise<void> => void (await connection.query('SELECT 1'));

/** Logs in as the user, and as the administrator if there is one. */
export const check = (it: Params, host: PluginHost): Promise<void> =>
  within(host.signal, codeOf, async (signal) => {
    const admin = adminOf(it);
    for (const login of admin ? [it, admin] : [it]) {
      await session(it, login, { addressOf: host.addressOf, signal }, ping);
    }
  });
