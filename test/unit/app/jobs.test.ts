import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startJobs } from '../../../src/app/jobs.ts';
import type { Job } from '../../../src/kernel/job.ts';
import { silentLog } from '../../../src/kernel/log.ts';

const warnings: string[] = [];
const warned = ({ name }: Error): number => warnings.push(name);
beforeEach(() => {
  warnings.length = 0;
  process.on('warning', warned);
});
afterEach(() => {
  process.off('warning', warned);
});

const jobOf = (name: string, everyMs: number, run: Job['run'] = async () => {}): Job => ({ name, everyMs, run });

it('any number of jobs may wait, and each have much that listens for the end', async () => {
  let listening = 0;
  const busy = jobOf('busy', 1, async (signal) => {
    for (let i = 0; i < 20; i += 1) {
      listening += 1;
      signal.addEventListener('abort', () => (listening -= 1), { once: true });
    }
    await new Promise((ended) => signal.addEventListener('abort', ended, { once: true }));
  });
  const jobs = startJobs([busy, ...Array.from({ length: 20 }, (_, i) => jobOf(`job ${i}`, 3_600_000))], silentLog);
  while (listening === 0) await turn();
  await turn();
  await jobs.close();
  // Others of the same process may be warned of other things.
  expect([warnings.filter((name) => name === 'MaxListenersExceededWarning'), listening]).toEqual([[], 0]);
});
