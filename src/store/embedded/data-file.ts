import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type AppError, integrity } from '../../kernel/errors.ts';

/** Where LMDB keeps what, from the beginning of each of its two meta pages. */
const META_BYTES = 160;
const MAGIC_AT = 24;
const MAGIC = 0xbeef_c0de;
const PAGE_SIZE_AT = 48;
const ROOTS_AT = [88, 136] as const;
/** In front of the root: counts of entries, of pages of large values, of leaves and of pages above them, and the depth. */
const DEPTH_BEFORE_ROOT = -34;
const LAST_PAGE_AT = 144;
const WRITE_AT = 152;
const NO_ROOT = 0xffff_ffff_ffff_ffffn;

export const damagedFile = (): AppError => integrity('the data file is not whole, or no data file of Keyloom');

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

/** One of the two trees of the file: of what is free, and of what is stored. */
export interface Tree {
  /** null: it holds nothing. */
  readonly root: number | null;
  readonly depth: number;
  /** Without those of large values. */
  readonly pages: number;
}

export interface Metas {
  readonly pageBytes: number;
  readonly lastPage: number;
  /** Number of the newest write. */
  readonly txn: bigint;
  readonly trees: readonly Tree[];
}

function checkMetas(file: number, size: number): void {
  const { pageBytes, trees } = readMetas(file) ?? { pageBytes: 0, trees: [] };
  for (const { root } of trees) if (root !== null && (root + 1) * pageBytes > size) throw damagedFile();
}

/** What the newest write left; null for a file that is empty. */
export function readMetas(file: number): Metas | null {
  if (fstatSync(file).size === 0) return null;
  const first = readMeta(file, 0);
  const pageBytes = first.readUInt32LE(PAGE_SIZE_AT);
  const isPageSize = pageBytes >= 4096 && pageBytes <= 65_536 && (pageBytes & (pageBytes - 1)) === 0;
  if (!isPageSize) throw damagedFile();
  const second = readMeta(file, pageBytes);
  const newest = first.readBigUInt64LE(WRITE_AT) > second.readBigUInt64LE(WRITE_AT) ? first : second;
  const trees = ROOTS_AT.map((at): Tree => {
    const root = newest.readBigUInt64LE(at);
    const depth = newest.readUInt16LE(at + DEPTH_BEFORE_ROOT);
    const pages = [at - 32, at - 24].reduce((sum, count) => sum + Number(newest.readBigUInt64LE(count)), 0);
    return { root: root === NO_ROOT ? null : Number(root), depth, pages };
  });
  const lastPage = Number(newest.readBigUInt64LE(LAST_PAGE_AT));
  return { pageBytes, lastPage, txn: newest.readBigUInt64LE(WRITE_AT), trees };
}

function readMeta(file: number, at: number): Buffer {
  const meta = Buffer.alloc(META_BYTES);
  const read = readSync(file, meta, 0, META_BYTES, at);
  if (read < META_BYTES || meta.readUInt32LE(MAGIC_AT) !== MAGIC) throw damagedFile();
  return meta;
}
