import { existsSync, readdirSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { replacePrivately, replacePrivatelyNow } from '../../../src/files/private.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keyloom-private-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const CONTENT = 'x'.repeat(8_000_000);

it('is there as a whole, for its owner alone', async () => {
  const file = join(directory, 'values');
  await replacePrivately(file, CONTENT);
  expect([(await readFile(file, 'utf8')) === CONTENT, (await stat(file)).mode & 0o777]).toEqual([true, 0o600]);
  expect(readdirSync(directory)).toEqual(['values']);
});

it('leaves nothing behind when the process exits while it is written', async () => {
  const before = new Set(process.listeners('exit'));
  const writing = replacePrivately(join(directory, 'values'), CONTENT).catch(() => 'ended');
  // Each piece of it takes a turn of the event loop.
  while (readdirSync(directory).length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [temporary = ''] = readdirSync(directory);
  expect(temporary).toContain('.tmp');
  // As an exit does: what they begin and do not end is never done.
  for (const listener of process.listeners('exit')) if (!before.has(listener)) listener(0);
  expect(existsSync(join(directory, temporary))).toBe(false);
  expect(await writing).toBe('ended');
  expect(readdirSync(directory)).toEqual([]);
});

const BOTH = [
  { how: 'in its time', replace: replacePrivately },
  { how: 'at once', replace: async (file: string, content: string) => replacePrivatelyNow(file, content) },
] as const;

describe.each(BOTH)('$how', ({ replace }) => {
  it.each(['.tmp', '.new', `.${process.pid}.tmp`])(
    'FILE%s of a process that was killed is not in the way',
    async (end) => {
      const file = join(directory, 'values');
      await writeFile(`${file}${end}`, 'stale');
      await replace(file, 'old');
      await replace(file, 'new');
      expect(await readFile(file, 'utf8')).toBe('new');
      expect(readdirSync(directory).sort()).toEqual(['values', `values${end}`]);
    },
  );

  it.each(['', '.tmp', '.new', `.${process.pid}.tmp`])('a link at FILE%s is not followed', async (end) => {
    const [file, other] = [join(directory, 'values'), join(directory, 'other')];
    await writeFile(other, 'of somebody else');
    await symlink(other, `${file}${end}`);
    await replace(file, 'new');
    expect([await readFile(file, 'utf8'), await readFile(other, 'utf8')]).toEqual(['new', 'of somebody else']);
    expect((await lstat(file)).isFile()).toBe(true);
  });

  it('takes a file whose name is as long as names can be', async () => {
    const file = join(directory, 'v'.repeat(255));
    await replace(file, 'new');
    expect(await readFile(file, 'utf8')).toBe('new');
  });

  it('is for its owner alone, whoever could read what it replaces', async () => {
    const file = join(directory, 'values');
    await writeFile(file, 'open to all', { mode: 0o644 });
    await replace(file, 'new');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('what cannot be put in its place leaves nothing behind', async () => {
    const file = join(directory, 'values');
    await mkdir(file);
    await expect(replace(file, 'new')).rejects.toThrow();
    expect(readdirSync(directory)).toEqual(['values']);
  });
});
