import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writePrivately } from '../../../src/cli/client/contexts.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keyloom-private-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const CONTENT = 'x'.repeat(8_000_000);

it('is there as a whole, for its owner alone', async () => {
  const file = join(directory, 'values');
  await writePrivately(file, CONTENT);
  expect([(await readFile(file, 'utf8')) === CONTENT, (await stat(file)).mode & 0o777]).toEqual([true, 0o600]);
  expect(readdirSync(directory)).toEqual(['values']);
});

it('leaves nothing behind when the process exits while it is written', async () => {
  const before = new Set(process.listeners('exit'));
  const writing = writePrivately(join(directory, 'values'), CONTENT).catch(() => 'ended');
  await expect.poll(() => readdirSync(directory).length, { interval: 1 }).toBe(1);
  const [temporary = ''] = readdirSync(directory);
  expect(temporary).toContain('.tmp');
  // As an exit does: what they begin and do not end is never done.
  for (const listener of process.listeners('exit')) if (!before.has(listener)) listener(0);
  expect(existsSync(join(directory, temporary))).toBe(false);
  expect(await writing).toBe('ended');
  expect(readdirSync(directory)).toEqual([]);
});
