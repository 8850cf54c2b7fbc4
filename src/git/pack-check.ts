import { inflateSync } from 'node:zlib';
import { GitTrouble } from './port.ts';

export interface PackLimits {
  /** All objects of a pack unpacked, bytes. */
  readonly unpackedBytes: number;
  readonly objects: number;
}

const OFS_DELTA = 6;
const REF_DELTA = 7;

const bad = (): GitTrouble => new GitTrouble('BAD_ANSWER');
const tooLarge = (): GitTrouble => new GitTrouble('REPOSITORY_TOO_LARGE');

/**
 * Refuses a pack that would unpack to more than it may, before anything else reads it: kilobytes can claim to be gigabytes.
 * Throws `GitTrouble`.
 */
export function checkPack(pack: Uint8Array, { unpackedBytes, objects }: PackLimits): void {
  const bytes = Buffer.from(pack.buffer, pack.byteOffset, pack.byteLength);
  if (bytes.length < 32 || bytes.toString('latin1', 0, 4) !== 'PACK') throw bad();
  const count = bytes.readUInt32BE(8);
  if (count > objects) throw tooLarge();
  let at = 12;
  let total = 0;
  for (let i = 0; i < count; i += 1) {
    const entry = entryAt(bytes, at);
    if (entry.size > unpackedBytes) throw tooLarge();
    const { content, end } = inflated(bytes, entry.start, entry.size);
    total += entry.isDelta ? Math.max(entry.size, resultSize(content)) : entry.size;
    if (total > unpackedBytes) throw tooLarge();
    at = end;
  }
  if (at + 20 !== bytes.length) throw bad();
}

interface Entry {
  readonly isDelta: boolean;
  /** Unpacked, as it says. */
  readonly size: number;
  /** Where its compressed bytes begin. */
  readonly start: number;
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw bad();
  return byte;
}

function entryAt(bytes: Buffer, from: number): Entry {
  let at = from;
  let byte = byteAt(bytes, at);
  const type = (byte >> 4) & 7;
  let size = byte & 15;
  for (let weight = 16; byte & 0x80; weight *= 128) {
    if (weight > 2 ** 50) throw bad();
    at += 1;
    byte = byteAt(bytes, at);
    size += (byte & 0x7f) * weight;
  }
  at += 1;
  if (type === OFS_DELTA) {
    while (byteAt(bytes, at) & 0x80) at += 1;
    at += 1;
  } else if (type === REF_DELTA) at += 20;
  else if (type === 0 || type === 5) throw bad();
  return { isDelta: type >= OFS_DELTA, size, start: at };
}

function inflated(bytes: Buffer, start: number, size: number): { readonly content: Buffer; readonly end: number } {
  try {
    const options = { maxOutputLength: Math.max(size, 1), info: true };
    const { buffer, engine } = inflateSync(bytes.subarray(start), options) as unknown as {
      readonly buffer: Buffer;
      /** Of the compressed bytes: how many were used. */
      readonly engine: { readonly bytesWritten: number };
    };
    if (buffer.length !== size) throw bad();
    return { content: buffer, end: start + engine.bytesWritten };
  } catch {
    throw bad();
  }
}

/** How long a delta says that its result is: the second of two numbers at its beginning. */
function resultSize(delta: Buffer): number {
  let at = 0;
  let size = 0;
  for (let number = 0; number < 2; number += 1) {
    size = 0;
    for (let weight = 1; ; weight *= 128) {
      if (weight > 2 ** 50) throw bad();
      const byte = byteAt(delta, at);
      at += 1;
      size += (byte & 0x7f) * weight;
      if (!(byte & 0x80)) break;
    }
  }
  return size;
}
