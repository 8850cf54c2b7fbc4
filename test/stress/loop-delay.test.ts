import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fuzzed, startFuzzed } from '../support/fuzz/fuzzed.ts';
import {
  fanOut,
  fill,
  firstCursors,
  invalidInputs,
  type Load,
  largeBodies,
  queries,
  resumptions,
} from '../support/fuzz/loads.ts';

/** How long others wait while one token puts the worst loads on the built gateway, beside a server that does nothing. */
const MORE_MS = 250;
const RUNS = 3;
let fuzzed: Fuzzed;
let bare: ChildProcess;
let bareUrl: string;
let seq = 0;
let cursors: readonly string[] = [];

beforeAll(async () => {
  const script = fileURLToPath(new URL('../support/fuzz/bare.ts', import.meta.url));
  bare = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (bare.stdout === null) throw new Error('no output');
  [bareUrl] = (await once(createInterface(bare.stdout), 'line')) as [string];
  fuzzed = await startFuzzed();
  cursors = await firstCursors(fuzzed);
  seq = await fill(fuzzed);
}, 300_000);
afterAll(async () => {
  bare?.kill();
  await fuzzed?.close();
});

/** The longest of the answers that are asked for one after the other while `work` goes on, milliseconds. */
async function longest(url: string, isDone: () => boolean): Promise<number> {
  let most = 0;
  while (!isDone()) {
    const begun = performance.now();
    await (await fetch(url)).text();
    most = Math.max(most, performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return most;
}

async function measured(load: Load): Promise<{ readonly gateway: number; readonly bare: number }> {
  let done = false;
  const isDone = (): boolean => done;
  const both = Promise.all([longest(`${fuzzed.server.url}/healthz`, isDone), longest(bareUrl, isDone)]);
  await load(fuzzed).finally(() => {
    done = true;
  });
  const [gateway, other] = await both;
  return { gateway, bare: other };
}

const LOADS: readonly (readonly [string, () => Load])[] = [
  ['queries', () => queries(seq)],
  ['invalid inputs', () => invalidInputs],
  ['large bodies', () => largeBodies],
  ['200 subscriptions and a commit', () => fanOut],
  ['resumptions', () => resumptions(cursors)],
];

describe('everybody else is answered in time during', () => {
  it.each(LOADS)('%s', async (name, load) => {
    const runs: string[] = [];
    let slow = 0;
    for (let run = 0; run < RUNS; run += 1) {
      const { gateway, bare: other } = await measured(load());
      runs.push(`${gateway.toFixed(0)} (bare ${other.toFixed(0)})`);
      if (gateway > other + MORE_MS) slow += 1;
    }
    process.stdout.write(`longest /healthz during ${name}, ms: ${runs.join(', ')}\n`);
    expect(slow).toBeLessThan(RUNS);
    expect(await fuzzed.faults()).toEqual([]);
  });
});
