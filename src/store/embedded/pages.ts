import { closeSync, openSync, readSync } from 'node:fs';
import { damagedFile, readMetas, type Tree } from './data-file.ts';

/** Of every page: its number, the write that made it, flags, and, counted from behind all these, where its nodes begin and end. */
const HEADER = 24;
const TXN_AT = 8;
const FLAGS_AT = 18;
const LOWER_AT = 20;
const UPPER_AT = 22;
/** Of a page of large values: how many pages follow one another. */
const COUNT_AT = 20;
const [BRANCH, LEAF, OVERFLOW] = [1, 2, 4];
const KIND = 7;
/** Of a node: its size, flags and the size of its key. */
const NODE = 8;
const IS_LARGE = 1;
/** Number, write and count of the pages of a large value. */
const LARGE_VALUE = 24;

interface File {
  readonly page: (number: number) => Buffer;
  readonly pageBytes: number;
  readonly lastPage: number;
  readonly txn: bigint;
}

/**
 * INTEGRITY for pages that the engine, which trusts them, would end the process over: all that are in use, or in a tree of more than
 * `most` pages those above its leaves. Called while nobody writes, or a reader keeps the pages of its moment.
 */
export function checkPages(path: string, max = Number.POSITIVE_INFINITY): void {
  const file = openSync(path, 'r');
  try {
    const metas = readMetas(file);
    if (metas === null) return;
    const { pageBytes, lastPage, txn, trees } = metas;
    const page = (number: number): Buffer => {
      const bytes = Buffer.allocUnsafe(pageBytes);
      if (readSync(file, bytes, 0, pageBytes, number * pageBytes) < pageBytes) throw damagedFile();
      return bytes;
    };
    for (const tree of trees) checkTree({ page, pageBytes, lastPage, txn }, tree, max);
  } finally {
    closeSync(file);
  }
}

function checkTree(file: File, { root, depth, pages }: Tree, max: number): void {
  if (root === null) return;
  const levels = pages > max ? depth - 1 : depth;
  // A page that two others name would be walked again and again.
  let left = pages;
  const walk = (number: number, level: number): void => {
    left -= 1;
    if (left < 0) throw damagedFile();
    const bytes = checkedPage(file, number, level === depth ? LEAF : BRANCH);
    for (const below of nodesOf(file, bytes, level === depth)) if (level < levels) walk(below, level + 1);
  };
  if (levels > 0) walk(root, 1);
}

function checkedPage({ page, lastPage, txn }: File, number: number, kind: number): Buffer {
  if (number > lastPage) throw damagedFile();
  const bytes = page(number);
  const isGenuine =
    bytes.readBigUInt64LE(0) === BigInt(number) &&
    bytes.readBigUInt64LE(TXN_AT) <= txn &&
    (bytes.readUInt16LE(FLAGS_AT) & KIND) === kind;
  if (!isGenuine) throw damagedFile();
  return bytes;
}

/** Checks every node of a page; answers the pages below it. */
function nodesOf(file: File, bytes: Buffer, isLeaf: boolean): readonly number[] {
  const [lower, upper] = [HEADER + bytes.readUInt16LE(LOWER_AT), HEADER + bytes.readUInt16LE(UPPER_AT)];
  if (lower > upper || upper > file.pageBytes || lower % 2 !== 0) throw damagedFile();
  const below: number[] = [];
  for (let at = HEADER; at < lower; at += 2) {
    const node = HEADER + bytes.readUInt16LE(at);
    if (node < upper || node % 2 !== 0 || node + NODE > file.pageBytes) throw damagedFile();
    const [low, flags, keyBytes] = [
      bytes.readUInt32LE(node),
      bytes.readUInt16LE(node + 4),
      bytes.readUInt16LE(node + 6),
    ];
    const data = node + NODE + keyBytes;
    if (data > file.pageBytes) throw damagedFile();
    if (!isLeaf) below.push(low + flags * 2 ** 32);
    else if ((flags & ~IS_LARGE) !== 0) throw damagedFile();
    else if (flags === IS_LARGE) checkLarge(file, bytes, data, low);
    else if (data + low > file.pageBytes) throw damagedFile();
  }
  // A page above leaves names two at least, or the engine would have taken it out.
  if (!isLeaf && below.length < 2) throw damagedFile();
  return below;
}

function checkLarge(file: File, bytes: Buffer, at: number, valueBytes: number): void {
  if (at + LARGE_VALUE > file.pageBytes) throw damagedFile();
  const [first, count] = [Number(bytes.readBigUInt64LE(at)), Number(bytes.readBigUInt64LE(at + 16))];
  if (first + count - 1 > file.lastPage || HEADER + valueBytes > count * file.pageBytes) throw damagedFile();
  const head = checkedPage(file, first, OVERFLOW);
  if (head.readUInt32LE(COUNT_AT) !== count) throw damagedFile();
}
