import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { FIRST_CHAIN, verifyCommits, verifyHead } from '../../src/store/chain.ts';
import { openEmbeddedStore } from '../../src/store/embedded/open.ts';
import type { Store } from '../../src/store/port.ts';
import { EMPTY_STATE, movedState, sumOf } from '../../src/store/set-hash.ts';
import { wholeLog } from '../contract/store-under-test.ts';
import { testMac } from '../support/a-commit.ts';
import { startStoreChild } from '../support/kill-cycle.ts';

const CYCLES = Number(process.env.KEYLOOM_KILL_CYCLES ?? 200);
const root = mkdtempSync(join(tmpdir(), 'keyloom-kill-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The log is whole, and documents, heads and history are what it says. */
async function expectSound(store: Store, acknowledged: ReadonlyMap<number, string>): Promise<void> {
  const log = await wholeLog(store, 'acme');
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
  verifyCommits(testMac, FIRST_CHAIN, log);
  for (const [seq, id] of acknowledged) expect(log[seq - 1]?.id).toBe(id);
  const revisions = new Map<string, number>();
  for (const { key, revision } of log.flatMap(({ touched }) => touched)) revisions.set(key.join('/'), revision);
  const docs = await store.list('secretGroup', ['acme', 'bank'], { limit: 100 });
  expect(new Map(docs.map(({ key, revision }) => [key.join('/'), revision]))).toEqual(revisions);
  if (docs.length > 0) expect(docs.reduce((sum, { fields }) => sum + Number(fields.amount), 0)).toBe(600);
  const head = await store.head(['acme', 'bank']);
  const team = await store.head(['acme']);
  for (const one of [head, team]) if (one) verifyHead(testMac, one);
  expect(team?.chain).toEqual(log.at(-1)?.mac);
  const leaves = docs.map(({ leaf }) => leaf);
  const sum = sumOf(movedState(testMac, EMPTY_STATE, [], leaves));
  expect(head?.sets.get('secretGroup')?.sum).toEqual(docs.length > 0 ? sum : undefined);
  for (const { key, revision } of docs) {
    const kept = await store.revisions('secretGroup', key, { limit: 100_000 });
    expect(kept.map((doc) => doc.revision)).toEqual(Array.from({ length: revision }, (_, i) => revision - i));
  }
}

/** Kills one process after another over one directory, and looks at everything after each. Answers how much was acknowledged. */
async function killUnderLoad(dir: string, cycles: number): Promise<number> {
  const acknowledged = new Map<number, string>();
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    const writing = startStoreChild(dir, 'write');
    await writing.said(3);
    await setTimeout(Math.random() * 15);
    await writing.kill();
    const [opened, ...lines] = writing.lines();
    expect(opened).toBe('open');
    for (const line of lines) acknowledged.set(Number(line.split(' ')[0]), line.split(' ')[1] ?? '');
    const store = await openEmbeddedStore({ dir, mac: testMac });
    await expectSound(store, acknowledged);
    await store.close();
  }
  return acknowledged.size;
}

/** Kills over one directory before a new one: checking everything takes longer the more there is. */
const LIFE = 10;

it(`case 130: ${CYCLES} times kill -9 under load: nothing acknowledged is lost, nothing is torn`, async () => {
  let left = CYCLES;
  let acknowledged = 0;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      const cycles = Math.min(LIFE, left);
      left -= cycles;
      acknowledged += await killUnderLoad(mkdtempSync(join(root, 'dir-')), cycles);
    }
  };
  await Promise.all([lane(), lane()]);
  expect(acknowledged).toBeGreaterThan(CYCLES);
}, 600_000);
