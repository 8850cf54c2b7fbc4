import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a process that is measured tells of itself. */
export interface Reading {
  /** Longest time since the last reading in which its event loop did nothing else, milliseconds. */
  readonly blocked: number;
  /** KiB that are in use after garbage was collected: of the heap, and beside it. */
  readonly used: number;
}

const EVERY_MS = 2;
const PATIENCE_MS = 20_000;

/** Looks at the clock all the time, and writes down on SIGUSR2 how it was. */
const SCRIPT = `
import { renameSync, writeFileSync } from 'node:fs';
let last = performance.now();
let blocked = 0;
setInterval(() => {
  const now = performance.now();
  blocked = Math.max(blocked, now - last - ${EVERY_MS});
  last = now;
}, ${EVERY_MS}).unref();
process.on('SIGUSR2', () => {
  const told = blocked;
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  writeFileSync(process.env.BENCH_PROBE + '.part', JSON.stringify({ blocked: told, used: (heapUsed + external) / 1024 }));
  renameSync(process.env.BENCH_PROBE + '.part', process.env.BENCH_PROBE);
  last = performance.now();
  blocked = 0;
});`;

const file = join(mkdtempSync(join(tmpdir(), 'keyloom-probe-')), 'reading.json');

/** For the start of a process that is to be read. */
export const PROBED = {
  env: { BENCH_PROBE: file },
  options: ['--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(SCRIPT)}`],
};

/** Collects its garbage, which shows in no reading. */
export async function read(child: ChildProcess): Promise<Reading> {
  rmSync(file, { force: true });
  child.kill('SIGUSR2');
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
    await new Promise((done) => setTimeout(done, 5));
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as Reading;
    } catch {
      // Not there yet.
    }
  }
  throw new Error('The measured process tells nothing');
}

/** Microseconds of processor time, all threads together. */
export function timeOf({ pid }: ChildProcess): number {
  const of = (thread: string): number =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + of(thread), 0) / 1_000;
}

/** KiB of memory that the system counts for it. */
export const residentOf = ({ pid }: ChildProcess): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
