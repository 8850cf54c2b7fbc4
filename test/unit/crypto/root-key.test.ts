import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  chmod,
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRootKeyFile, formatRootKey, loadRootKey, parseRootKey } from '../../../src/crypto/root-key.ts';
import { isAppError } from '../../../src/kernel/errors.ts';

// 0xfb bytes give both characters in which base64 and base64url differ.
const KEY = Buffer.alloc(32, 0xfb);
const TEXT = 'klmroot1_-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_szVxLx3LT';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyloom-root-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string, mode = 0o600): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content, { mode });
  await chmod(path, mode);
  return path;
}

/** The words of a refusal, which must hold nothing of the key. */
async function refusal(load: () => unknown): Promise<string> {
  try {
    await load();
  } catch (error) {
    if (!isAppError(error) || error.code !== 'UNAVAILABLE') throw error;
    expect(error.message).not.toContain(TEXT.slice(9, 17));
    expect(error.message).not.toContain('+/v7');
    return error.message;
  }
  return 'accepted';
}

describe('the text form', () => {
  it('is written in one way and read back', () => {
    expect(formatRootKey(KEY)).toBe(TEXT);
    expect(Buffer.compare(parseRootKey(TEXT), KEY)).toBe(0);
    expect(() => formatRootKey(Buffer.alloc(31))).toThrow(RangeError);
  });

  it('refuses every changed character', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let at = 9; at < TEXT.length; at += 1) {
      for (const digit of alphabet) {
        if (digit === TEXT.charAt(at)) continue;
        const changed = TEXT.slice(0, at) + digit + TEXT.slice(at + 1);
        expect(await refusal(() => parseRootKey(changed))).toContain('does not fit its checksum');
      }
    }
  });

  it.each([
    ['nothing', '', 'is empty'],
    ['a line feed alone', '\n', 'is empty'],
    ['two line feeds', `${TEXT}\n\n`, 'is followed by spaces or lines'],
    ['a Windows line end', `${TEXT}\r\n`, 'is followed by spaces or lines'],
    ['a space behind', `${TEXT} `, 'is followed by spaces or lines'],
    ['a space before', ` ${TEXT}`, 'does not begin with klmroot1_'],
    ['a byte order mark', `\ufeff${TEXT}`, 'does not begin with klmroot1_'],
    ['no prefix', TEXT.slice(9), 'does not begin with klmroot1_'],
    ['a later form', TEXT.replace('1_', '2_'), 'does not begin with klmroot1_'],
    ['base64', `klmroot1_${KEY.toString('base64')}`, 'is written in base64: it must be base64url'],
    ['base64 with the checksum', TEXT.replaceAll('-_v7', '+/v7'), 'is written in base64: it must be base64url'],
    ['quotes', `klmroot1_"${TEXT.slice(9)}"`, 'holds a character that is not of base64url'],
    ['the prefix alone', 'klmroot1_', 'is truncated: it has 9 of 60 characters'],
    ['a character fewer', TEXT.slice(0, -1), 'is truncated: it has 59 of 60 characters'],
    ['a character more', `${TEXT}A`, 'is too long: it has 61 characters in place of 60'],
    ['two keys', TEXT + TEXT, 'is too long: it has 120 characters in place of 60'],
  ])('case 114: refuses %s', async (_what, text, words) => {
    expect(await refusal(() => loadRootKey({ env: text }))).toContain(`The root key ${words}`);
  });
});

describe('case 114: a root key file', () => {
  it.each([
    ['plain', TEXT],
    ['with one line feed behind, as editors leave it', `${TEXT}\n`],
  ])('is read: %s', async (_what, content) => {
    expect(Buffer.compare(await loadRootKey({ file: await file('good', content) }), KEY)).toBe(0);
  });

  it('is read through a link, as orchestrators mount it', async () => {
    await symlink(await file('target', TEXT, 0o400), join(folder, 'link'));
    expect(Buffer.compare(await loadRootKey({ file: join(folder, 'link') }), KEY)).toBe(0);
  });

  it.each([
    ['of 0 bytes', '', 0o600, 'is empty'],
    ['truncated', TEXT.slice(0, 30), 0o600, 'is truncated: it has 30 of 60 characters'],
    ['in base64', `klmroot1_${KEY.toString('base64')}\n`, 0o600, 'is written in base64'],
    ['mistyped', TEXT.replace('v7', 'v8'), 0o600, 'does not fit its checksum'],
    ['followed by lines', `${TEXT}\n\n`, 0o600, 'is followed by spaces or lines'],
    ['readable by the world', TEXT, 0o644, 'is open to group or others (mode 0644)'],
    ['readable by the group', TEXT, 0o640, 'is open to group or others (mode 0640)'],
    ['writable by others', TEXT, 0o602, 'is open to group or others (mode 0602)'],
    ['far too long', TEXT.repeat(100), 0o600, 'is too long: it has 6000 bytes'],
  ])('is refused: %s', async (what, content, mode, words) => {
    const path = await file(`bad ${what}`, content, mode);
    expect(await refusal(() => loadRootKey({ file: path }))).toContain(`The root key file ${path} ${words}`);
    expect(await readFile(path, 'latin1')).toBe(content);
  });

  it('is refused when it is missing, a folder or a pipe, and nothing is made', async () => {
    await mkdir(join(folder, 'd'), { mode: 0o700 });
    execFileSync('mkfifo', ['-m', '600', join(folder, 'pipe')]);
    const before = await readdir(folder);
    expect(await refusal(() => loadRootKey({ file: join(folder, 'none') }))).toContain('does not exist');
    expect(await refusal(() => loadRootKey({ file: join(folder, 'd') }))).toContain('is not a regular file');
    expect(await refusal(() => loadRootKey({ file: join(folder, 'pipe') }))).toContain('is not a regular file');
    expect(await readdir(folder)).toEqual(before);
  });

  it('must be the only source, and there must be one', async () => {
    expect(await refusal(() => loadRootKey({}))).toBe('No root key is given');
    expect(await refusal(() => loadRootKey({ file: 'x', env: TEXT }))).toContain('Two root keys are given');
  });
});

describe('a new root key file', () => {
  it('can be read by its owner only, and is what was answered', async () => {
    const path = join(folder, 'new');
    const key = await createRootKeyFile(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(Buffer.compare(await loadRootKey({ file: path }), key)).toBe(0);
    expect(key.length).toBe(32);
  });

  it('never replaces a file', async () => {
    const path = await file('kept', 'something');
    expect(await refusal(() => createRootKeyFile(path))).toContain('exists already and is not overwritten');
    expect(await readFile(path, 'utf8')).toBe('something');
    expect(await refusal(() => createRootKeyFile(join(folder, 'no', 'such')))).toContain('does not exist');
  });

  it('is not left half made: the next try makes it', async () => {
    const path = join(folder, 'half');
    const other = await open(join(folder, 'other'), 'w');
    const handles = Object.getPrototypeOf(other) as FileHandle;
    await other.close();
    const noSpace = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const full = vi.spyOn(handles, 'sync').mockRejectedValueOnce(noSpace);
    expect(await refusal(() => createRootKeyFile(path))).toContain('cannot be written (ENOSPC)');
    full.mockRestore();
    expect(existsSync(path)).toBe(false);
    expect((await createRootKeyFile(path)).length).toBe(32);
  });
});
