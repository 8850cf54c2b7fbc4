import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEmbeddedStore } from '../../../src/store/embedded/open.ts';
import { checkPages } from '../../../src/store/embedded/pages.ts';
import { aCommit, aPut, testMac } from '../../support/a-commit.ts';

const FLIPS = join(import.meta.dirname, '../../support/page-flips.ts');
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'keyloom-pages-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A store whose tree has three levels, large values and free pages. */
async function grown(): Promise<string> {
  const dir = join(root, 'grown');
  const store = await openEmbeddedStore({ dir, mac: testMac });
  for (let i = 0; i < 25; i += 1) {
    const puts = Array.from({ length: 12 }, (_, j) =>
      aPut(['acme', 'p', `d${i}x${j}`], null, { fields: { text: 'x'.repeat(j % 4 === 0 ? 6_000 : 200) } }),
    );
    await store.commit(aCommit(puts));
  }
  for (let i = 0; i < 10; i += 1) await store.commit(aCommit([aPut(['acme', 'p', `d${i}x0`], 1)]));
  await store.close();
  return dir;
}

it('case 136: no flipped bit of any page ends the process: it is told, or does no harm', async () => {
  const args = ['--import', 'tsx', FLIPS, await grown(), join(root, 'flipped'), '100', '5'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code, signal] = await once(child, 'close');
  const outcomes = text
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[2]);
  // The last line names the place and the bit.
  expect([code, signal], text.split('\n').at(-1)).toEqual([0, null]);
  expect(outcomes).toHaveLength(100);
  expect(new Set(outcomes)).toEqual(new Set(['INTEGRITY', 'served']));
});

it('looks at the pages of a tree once each, and not at the leaves of a large one', async () => {
  const path = join(await grown(), 'store.mdb');
  checkPages(path);
  const whole = readFileSync(path);
  const LEAF = 2;
  const isUsed = (at: number): boolean => whole.readBigUInt64LE(at) === BigInt(at / 4_096);
  let refused = 0;
  for (let at = 8_192; at < whole.length; at += 4_096) {
    if (!isUsed(at) || whole.readUInt16LE(at + 18) !== LEAF) continue;
    const bytes = Buffer.from(whole);
    bytes.writeUInt16LE(0xffff, at + 22);
    writeFileSync(path, bytes);
    checkPages(path, 0);
    try {
      checkPages(path);
    } catch (error) {
      expect(error).toMatchObject({ code: 'INTEGRITY' });
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(20);
});
