import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type AppError, integrity } from '../../kernel/errors.ts';

/** Where LMDB keeps what, from the beginning of each of its two meta pages. */
const META_BYTES = 160;
const MAGIC_AT = 24;
const MAGIC = 0xbeef_c0de;
const PAGE_SIZE_AT = 48;
const ROOTS_AT = [88, 136] as const;
const WRITE_AT = 152;
const NO_ROOT = 0xffff_ffff_ffff_ffffn;

const damaged = (): AppError => integrity('the data file is not whole, or no data file of Keyloom');

function openOrNull(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * INTEGRITY for a file that the engine, which trusts its file, would end the process over: of another sort, or cut before
 * the pages that its newest write begins at. A file that is absent or empty is a new one.
 */
export function checkDataFile(path: string): void {
  const file = openOrNull(path);
  if (file === null) return;
  try {
    const { size } = fstatSync(file);
    if (size > 0) checkMetas(file, size);
  } finally {
    closeSync(file);
  }
}

function checkMetas(file: number, size: number): void {
  const first = readMeta(file, 0);
  const pageSize = first.readUInt32LE(PAGE_SIZE_AT);
  const isPageSize = pageSize >= 4096 && pageSize <= 65_536 && (pageSize & (pageSize - 1)) === 0;
  if (!isPageSize) throw damaged();
  const second = readMeta(file, pageSize);
  const newest = first.readBigUInt64LE(WRITE_AT) > second.readBigUInt64LE(WRITE_AT) ? first : second;
  for (const at of ROOTS_AT) {
    const root = newest.readBigUInt64LE(at);
    if (root !== NO_ROOT && (root + 1n) * BigInt(pageSize) > BigInt(size)) throw damaged();
  }
}

function readMeta(file: number, at: number): Buffer {
  const meta = Buffer.alloc(META_BYTES);
  const read = readSync(file, meta, 0, META_BYTES, at);
  if (read < META_BYTES || meta.readUInt32LE(MAGIC_AT) !== MAGIC) throw damaged();
  return meta;
}
