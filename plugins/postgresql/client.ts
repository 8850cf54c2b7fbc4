import { Socket } from 'node:net';
import pg from 'pg';
import type { CheckProblem, PluginHost } from '#plugin';
import { within } from '#plugin/attempt';
import { adminOf, type Login, type Reach, tlsNames } from '#plugin/server';
import type { Params } from './params.ts';

/** By SQLSTATE: class 28 is about who logs in. pg gives the errors of its TLS request no code. */
export function codeOf(error: unknown): CheckProblem | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof pg.DatabaseError) return error.code?.startsWith('28') ? 'CREDENTIALS' : 'FAILED';
  if (/SSL connection/.test(error.message)) return 'TLS';
  return /terminated unexpectedly/.test(error.message) ? 'UNREACHABLE' : null;
}

function tlsOf({ tls, host, caCertificate }: Params): pg.ClientConfig['ssl'] {
  return tls && tlsNames(host, caCertificate);
}

/** One connection to the address that the host allows, closed again whatever happens. */
export async function session<T>(
  it: Params,
  { username: user, password }: Login,
  { addressOf, signal }: Reach,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const { port, database } = it;
  const host = await addressOf(it.host, port);
  const socket = new Socket({ signal });
  const client = new pg.Client({ host, port, user, password, database, ssl: tlsOf(it), stream: () => socket });
  // The environment of the gateway, such as PGOPTIONS, has no say; poolers refuse more than these anyway.
  const startup = { user, database, application_name: 'keyloom', client_encoding: 'UTF8' };
  Object.assign(client, { getStartupConf: () => startup });
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
    socket.destroy();
  }
}

export const ping = async (client: pg.Client): Promise<void> => void (await client.query('SELECT 1'));

/** Logs in as the user, and as the administrator if there is one. */
export const check = (it: Params, host: PluginHost): Promise<void> =>
  within(host.signal, codeOf, async (signal) => {
    const admin = adminOf(it);
    for (const login of admin ? [it, admin] : [it]) {
      await session(it, login, { addressOf: host.addressOf, signal }, ping);
    }
  });
