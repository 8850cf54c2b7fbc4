/**
 * Flips bits in the pages of a store's data file, one at a time, and opens, reads and writes each: says what came of it. Whoever
 * started it sees whether one ended the process. Arguments: a directory with a store, one to work in, how many, a seed.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openEmbeddedStore } from '../../src/store/embedded/open.ts';
import { aCommit, aPut, testMac } from './a-commit.ts';

const [from = '', to = '', count = '0', seed = '1'] = process.argv.slice(2);
const PAGE = 4096;
const whole = readFileSync(join(from, 'store.mdb'));
let state = Number(seed);
const random = (below: number): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return Math.floor((state / 0x7fff_ffff) * below) % below;
};
const pages = Array.from({ length: whole.length / PAGE }, (_, i) => i).filter(
  (i) => i > 1 && whole.subarray(i * PAGE, i * PAGE + 24).some((byte) => byte !== 0),
);

async function outcome(dir: string): Promise<string> {
  try {
    const store = await openEmbeddedStore({ dir, mac: testMac });
    try {
      await store.head(['acme']);
      const found = await store.list('secretGroup', ['acme'], { limit: 10_000 });
      for (const { key } of found) await store.revisions('secretGroup', key, { limit: 10 });
      await store.commitsAfter('acme', 0, 10_000);
      for (const name of ['a', 'm', 'z']) await store.commit(aCommit([aPut(['acme', 'p', name, 'new'])]));
      return 'served';
    } finally {
      await store.close();
    }
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error);
  }
}

for (let i = 0; i < Number(count); i += 1) {
  const page = pages[random(pages.length)] ?? 2;
  // Where pages say what they hold, three times of four.
  const place = page * PAGE + random(random(4) === 0 ? PAGE : 80);
  const bit = random(8);
  writeSync(1, `${place} ${bit} `);
  const bytes = Buffer.from(whole);
  bytes[place] = (bytes[place] ?? 0) ^ (1 << bit);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { mode: 0o700 });
  writeFileSync(join(to, 'store.mdb'), bytes);
  writeSync(1, `${await outcome(to)}\n`);
}
