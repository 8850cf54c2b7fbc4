import { describeFault } from '../graphql/engine/mask-error.ts';
import type { Log } from '../kernel/log.ts';
import { sendJson } from './exchange.ts';
import type { Route } from './graphql-route.ts';

/** Whether the store and the keys answer; false and a rejection are alike. */
export type Ready = () => Promise<boolean>;

const PATIENCE_MS = 2_000;

/** The process runs. */
export const live: Route = async (exchange) => sendJson(exchange, 200, { status: 'live' });

/** What keeps the store from being written to. */
export type StoreTrouble = () => Promise<{ readonly reason: string; readonly passes: boolean } | null>;

interface Found {
  readonly isReady: boolean;
  readonly writes?: string;
}

interface Told {
  readonly clockIsBehind?: (() => boolean) | undefined;
  readonly trouble?: StoreTrouble | undefined;
}

/**
 * The process can serve. A clock that is behind the store does not keep it from that, nor does a full disk, with which it goes on
 * reading: both are told. A store that only a restart mends does.
 */
export function createReadiness(ready: Ready, log: Log, { clockIsBehind, trouble }: Told = {}): Route {
  const found = async (): Promise<Found> => {
    const writes = (await trouble?.()) ?? null;
    const isReady = await ready();
    return { isReady: isReady && writes?.passes !== false, ...(writes && { writes: writes.reason }) };
  };
  const answers = async (): Promise<Found> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Found>((resolve) => {
      timer = setTimeout(() => resolve({ isReady: false }), PATIENCE_MS);
    });
    try {
      return await Promise.race([found(), late]);
    } catch (error) {
      log.warn('Not ready', describeFault(error));
      return { isReady: false };
    } finally {
      clearTimeout(timer);
    }
  };
  return async (exchange) => {
    const { isReady, ...writes } = await answers();
    const clock = clockIsBehind?.() ? { clock: 'behind the newest commit' } : {};
    sendJson(exchange, isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready', ...clock, ...writes });
  };
}
