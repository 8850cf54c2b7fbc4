import { readFileSync } from 'node:fs';
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

/**
 * How long others wait while one token puts the worst loads on the built gateway: what its main thread worked while an answer of
 * /healthz was due, processor milliseconds, so that a busy machine does not count.
 */
const MAX_MS = 250;
const RUNS = 3;
let fuzzed: Fuzzed;
let seq = 0;
let cursors: readonly string[] = [];

beforeAll(async () => {
  fuzzed = await startFuzzed();
  cursors = await firstCursors(fuzzed);
  seq = await fill(fuzzed);
}, 300_000);
afterAll(async () => {
  await fuzzed?.close();
});

/** What the main thread of the gateway has worked so far, processor milliseconds, as the kernel counts it. */
function worked(): number {
  const { pid } = fuzzed.server.process;
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}

/** The longest of the answers that are asked for one after the other while the load goes on. */
async function longest(load: Load): Promise<number> {
  let isDone = false;
  const done = load(fuzzed).finally(() => {
    isDone = true;
  });
  let max = 0;
  while (!isDone) {
    const before = worked();
    await (await fetch(`${fuzzed.server.url}/healthz`)).text();
    max = Math.max(max, worked() - before);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await done;
  return max;
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
    const runs: number[] = [];
    for (let run = 0; run < RUNS; run += 1) runs.push(await longest(load()));
    process.stdout.write(`longest /healthz during ${name}, processor ms: ${runs.map(Math.round).join(', ')}\n`);
    expect(Math.min(...runs)).toBeLessThan(MAX_MS);
    expect(await fuzzed.faults()).toEqual([]);
  });
});
