import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPack } from '../../../src/git/pack-check.ts';
import { git } from '../../support/git-host.ts';

let dir: string;
let real: Buffer;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'keyloom-pack-'));
  git(dir, ['init', '--quiet', '--initial-branch=main']);
  // Long and nearly the same, so that git makes deltas of them.
  const text = Array.from({ length: 400 }, (_each, i) => `line ${i} ${i * 7919}`).join('\n');
  for (let i = 0; i < 5; i += 1) {
    writeFileSync(join(dir, 'a.txt'), `${text}\n${i}`);
    git(dir, ['add', '.']);
    git(dir, ['commit', '--quiet', '--message', `${i}`]);
  }
  real = execFileSync('git', ['pack-objects', '--stdout', '--all', '--delta-base-offset', '-q'], {
    cwd: dir,
    input: '',
  });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const ROOM = { unpackedBytes: 1_000_000, objects: 1_000 };
const reasonOf = (pack: Uint8Array, limits = ROOM): string => {
  try {
    checkPack(pack, limits);
    return 'passes';
  } catch (error) {
    return String((error as { reason?: unknown }).reason);
  }
};

const BLOB = 3;
const REF_DELTA = 7;

/** The head of an entry: type, and size in groups of seven bits after the first four. */
function head(type: number, size: number): Buffer {
  const bytes = [(type << 4) | (size & 15)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest & 0x7f);
  }
  return Buffer.from(bytes);
}
function varint(number: number): Buffer {
  const bytes = [number & 0x7f];
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest & 0x7f);
  }
  return Buffer.from(bytes);
}
function packOf(entries: readonly Buffer[], count = entries.length): Buffer {
  const start = Buffer.alloc(12);
  start.write('PACK');
  start.writeUInt32BE(2, 4);
  start.writeUInt32BE(count, 8);
  return Buffer.concat([start, ...entries, Buffer.alloc(20)]);
}
const blob = (content: Buffer, says = content.length): Buffer =>
  Buffer.concat([head(BLOB, says), deflateSync(content)]);
const delta = (content: Buffer): Buffer =>
  Buffer.concat([head(REF_DELTA, content.length), Buffer.alloc(20), deflateSync(content)]);

describe('checkPack', () => {
  it('passes what git makes, deltas among it', () => {
    expect(git(dir, ['--version'])).toMatch(/^git version/);
    expect(reasonOf(real)).toBe('passes');
    expect(reasonOf(real, { ...ROOM, objects: 15 })).toBe('passes');
    expect(reasonOf(real, { ...ROOM, objects: 14 })).toBe('REPOSITORY_TOO_LARGE');
    expect(reasonOf(real, { ...ROOM, unpackedBytes: 5_000 })).toBe('REPOSITORY_TOO_LARGE');
  });

  it('passes what is made by hand', () => {
    expect(reasonOf(packOf([blob(Buffer.from('a')), blob(Buffer.alloc(0)), blob(Buffer.alloc(5_000))]))).toBe('passes');
  });

  it.each<[string, () => Buffer, string]>([
    ['zeros that unpack to much', () => packOf([blob(Buffer.alloc(1_000_001))]), 'REPOSITORY_TOO_LARGE'],
    ['much in all', () => packOf([blob(Buffer.alloc(600_000)), blob(Buffer.alloc(600_000))]), 'REPOSITORY_TOO_LARGE'],
    ['more than it says', () => packOf([blob(Buffer.alloc(900_000), 10)]), 'BAD_ANSWER'],
    ['less than it says', () => packOf([blob(Buffer.alloc(10), 11)]), 'BAD_ANSWER'],
    [
      'a small delta for something huge',
      () => packOf([delta(Buffer.concat([varint(1), varint(2 ** 33), Buffer.from([0])]))]),
      'REPOSITORY_TOO_LARGE',
    ],
    ['a delta without a size', () => packOf([delta(Buffer.from([0x80]))]), 'BAD_ANSWER'],
    ['fewer objects than it says', () => packOf([blob(Buffer.from('a'))], 2), 'BAD_ANSWER'],
    ['more objects than it says', () => packOf([blob(Buffer.from('a')), blob(Buffer.from('b'))], 1), 'BAD_ANSWER'],
    ['no pack', () => Buffer.alloc(100), 'BAD_ANSWER'],
    ['a size without an end', () => packOf([Buffer.alloc(30, 0xff)], 1), 'BAD_ANSWER'],
    ['a type that is none', () => packOf([Buffer.concat([head(5, 1), deflateSync(Buffer.from('a'))])]), 'BAD_ANSWER'],
  ])('refuses %s', (_what, pack, reason) => {
    expect(reasonOf(pack())).toBe(reason);
  });

  it('never passes a pack that was cut off, and ends with each', () => {
    for (let length = 0; length < real.length; length += 17)
      expect(reasonOf(real.subarray(0, length))).not.toBe('passes');
  });
});
