import { createClient, ErrorReply } from 'redis';
import type { CheckProblem, PluginHost } from '#plugin';
import { within } from '#plugin/attempt';
import { adminOf, type Reach, tlsNames } from '#plugin/server';
import type { Params } from './params.ts';

/** Sends one command as it is and answers what the server answers. */
export type Ask = (...command: readonly string[]) => Promise<unknown>;

/** By the word that a refusal of Redis begins with. `called without any password` is a server that asks for none. */
export function codeOf(error: unknown): CheckProblem | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof ErrorReply) {
    return /^(WRONGPASS|NOAUTH|NOPERM)|without any password/.test(error.message) ? 'CREDENTIALS' : 'FAILED';
  }
  return error.name === 'SocketClosedUnexpectedlyError' ? 'UNREACHABLE' : null;
}

function socketOf({ tls, host: name, caCertificate: ca }: Params, host: string, port: number, signal: AbortSignal) {
  const common = { host, port, signal, reconnectStrategy: false } as const;
  if (!tls) return common;
  return { ...common, tls: true, ...tlsNames(name, ca) } as const;
}

/** One connection to the address that the host allows, closed again whatever happens. */
export async function session<T>(
  it: Params,
  { username, password }: Pick<Params, 'username' | 'password'>,
  { addressOf, signal }: Reach,
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  const port = it.tls ? (it.tlsPort ?? it.port) : it.port;
  const address = await addressOf(it.host, port);
  const client = createClient({
    socket: socketOf(it, address, port, signal),
    RESP: 2,
    ...(password === undefined ? {} : { username, password }),
    database: it.database,
    disableClientInfo: true,
    // The server must not send the client elsewhere.
    maintNotifications: 'disabled',
  });
  client.on('error', () => {});
  const end = (): void => {
    if (client.isOpen) client.destroy();
  };
  signal.addEventListener('abort', end);
  try {
    await client.connect();
    return await work((...command) => client.sendCommand([...command]));
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

/** Who may not even do this has logged in all the same. */
export async function ping(ask: Ask): Promise<void> {
  await ask('PING').catch((error: unknown) => {
    if (!(error instanceof ErrorReply && error.message.startsWith('NOPERM'))) throw error;
  });
}

/** Logs in as the user, and as the administrator if there is one. */
export const check = (it: Params, host: PluginHost): Promise<void> =>
  within(host.signal, codeOf, async (signal) => {
    const admin = adminOf(it);
    for (const login of admin ? [it, admin] : [it]) {
      await session(it, login, { addressOf: host.addressOf, signal }, ping);
    }
  });
