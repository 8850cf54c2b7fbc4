import { createServer, type Server, type Socket } from 'node:net';
import { createReach } from '../../src/net/reach.ts';
import type { Running } from '../../src/plugin/contract.ts';
import { startInProcess } from './in-process-plugins.ts';

export interface StartedPlugin extends Required<Omit<Running<unknown>, 'close'>> {
  /** What people write, with the defaults filled in. */
  params(given: object): Readonly<Record<string, unknown>>;
  /** As when the gateway stops. */
  stop(): Promise<void>;
  /** Of the keys that a service would get. */
  valuesOf(params: unknown): Promise<ReadonlyMap<string, string | null>>;
}

const missing = (what: string) => async (): Promise<never> => {
  throw new Error(`the plugin has no ${what}`);
};

/** A shipped plugin behind the operator's list of hosts; loopback unless given. */
export async function startPlugin(
  id: string,
  allowed: readonly string[] = ['127.0.0.1:*', 'localhost:*'],
): Promise<StartedPlugin> {
  const { provider, running, close } = await startInProcess(id, createReach(allowed), 4_500);
  return {
    values: running.values,
    stop: close,
    check: running.check ?? missing('check'),
    rotate: running.rotate ?? missing('rotate'),
    retire: running.retire ?? missing('retire'),
    params: (given) => provider.params.parse(given) as Readonly<Record<string, unknown>>,
    valuesOf: (params) => running.values({ id: 'it', params: provider.params.parse(params) }),
  };
}

/** The code that something fails with; a message or a cause that could repeat a value is an error of its own. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw new Error('it failed without a code', { cause: error });
    if (error.cause !== undefined || error.message !== `The instance cannot be used: ${error.code}`) {
      throw new Error('it says more than its code', { cause: error });
    }
    return String(error.code);
  }
}

export interface BlackHole {
  readonly port: number;
  /** How many connections there ever were, and how many are open. */
  readonly met: () => number;
  readonly open: () => number;
  close(): Promise<void>;
}

/** Takes connections and never says a word; `greeting` is all it ever says. */
export async function aBlackHole(greeting?: Uint8Array): Promise<BlackHole> {
  const sockets = new Set<Socket>();
  let met = 0;
  const server: Server = createServer((socket) => {
    met += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
    if (greeting) socket.write(greeting);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    met: () => met,
    open: () => sockets.size,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
