import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeFault } from '../graphql/engine/mask-error.ts';
import type { Job } from '../kernel/job.ts';
import type { Log } from '../kernel/log.ts';

export interface Jobs {
  /** Waits for runs under way, which are told to end. */
  close(): Promise<void>;
}

/** Runs each job until closed. One that fails is logged and comes again in its turn. */
export function startJobs(jobs: readonly Job[], log: Log): Jobs {
  const stop = new AbortController();
  const { signal } = stop;
  // Each job that waits listens, and each thing that one does: no number of them is a leak.
  setMaxListeners(0, signal);
  const loop = async ({ name, everyMs, run }: Job): Promise<void> => {
    while (!signal.aborted) {
      // Apart from each other, so that several processes do not all come at once.
      const pause = everyMs * (0.9 + 0.2 * Math.random());
      await sleep(pause, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      await run(signal).catch((error: unknown) => {
        if (!signal.aborted) log.error('A job failed', { job: name, ...describeFault(error) });
      });
    }
  };
  const running = jobs.map(loop);
  return {
    async close() {
      stop.abort();
      await Promise.all(running);
    },
  };
}
