import { describeFault } from '../graphql/engine/mask-error.ts';
import type { Log } from '../kernel/log.ts';
import { sendJson } from './exchange.ts';
import type { Route } from './graphql-route.ts';

/** Whether the store and the keys answer; false and a rejection are alike. */
export type Ready = () => Promise<boolean>;

const PATIENCE_MS = 2_000;

/** The process runs. */
export const live: Route = async (exchange) => sendJson(exchange, 200, { status: 'live' });

/** The process can serve. A clock that is behind the store does not keep it from that, but is told. */
export function createReadiness(ready: Ready, log: Log, clockIsBehind: () => boolean = () => false): Route {
  const answers = async (): Promise<boolean> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), PATIENCE_MS);
    });
    try {
      return await Promise.race([ready(), late]);
    } catch (error) {
      log.warn('Not ready', describeFault(error));
      return false;
    } finally {
      clearTimeout(timer);
    }
  };
  return async (exchange) => {
    const isReady = await answers();
    const clock = clockIsBehind() ? { clock: 'behind the newest commit' } : {};
    sendJson(exchange, isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready', ...clock });
  };
}
