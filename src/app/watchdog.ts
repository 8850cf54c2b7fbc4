import inspector from 'node:inspector';
import { Worker } from 'node:worker_threads';

const HERE = new URL('./', import.meta.url);
/** What runs is what was built, also where the sources are run as they are. */
const BUILT = import.meta.url.endsWith('.ts') ? new URL('../../../dist/src/app/', HERE) : HERE;
const BEAT_MS = 250;

/** What the two threads share: how often the event loop came round, and whether it is watched. */
export const BEATS = 0;
export const IS_OFF = 1;

export interface Watched {
  readonly shared: Int32Array;
  readonly blockedMs: number;
}

/**
 * Ends the process when its event loop is blocked for so long, so that a supervisor starts it anew: the driver of the store
 * runs inside the gateway, and a hostile server could keep it in a loop. 0: never. Off under an inspector, where people stop
 * the loop themselves.
 */
export function startWatchdog(blockedMs: number): void {
  if (blockedMs === 0) return;
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const workerData: Watched = { shared, blockedMs };
  const worker = new Worker(new URL('watchdog-thread.js', BUILT), { workerData, env: {}, execArgv: [], stdin: false });
  worker.unref();
  const beat = (): void => {
    Atomics.add(shared, BEATS, 1);
    if (inspector.url() !== undefined) Atomics.store(shared, IS_OFF, 1);
  };
  beat();
  setInterval(beat, BEAT_MS).unref();
}
