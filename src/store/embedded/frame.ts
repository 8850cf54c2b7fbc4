import { crc32 } from 'node:zlib';
import { integrity } from '../../kernel/errors.ts';
import type { Json } from '../port.ts';

/** A stored value: plain facts as JSON and, apart from them, bytes. */
export interface Frame {
  readonly facts: Json;
  readonly parts: readonly Uint8Array[];
}

const VERSION = 1;
const HEADER = 1 + 4;

const lengthOf = (bytes: Uint8Array): Uint8Array => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return length;
};

/**
 * `version 1 | crc 4 | (length 4 | bytes)...`, the facts first. The checksum covers the key too: a value that was damaged, or
 * that stands under another key, is not read. It is against accidents; forgery is what tags and heads are for.
 */
export function encodeFrame(key: Uint8Array, { facts, parts }: Frame): Uint8Array {
  const pieces = [Buffer.from(JSON.stringify(facts), 'utf8'), ...parts].flatMap((piece) => [lengthOf(piece), piece]);
  const content = Buffer.concat(pieces);
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(VERSION, 0);
  header.writeUInt32BE(crc32(content, crc32(key, VERSION)), 1);
  return Buffer.concat([header, content]);
}

/** The frame stored under `key`; INTEGRITY when the bytes are not exactly what `encodeFrame` makes. */
export function decodeFrame(key: Uint8Array, value: Uint8Array): Frame {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (bytes.length < HEADER || bytes.readUInt8(0) !== VERSION) throw damaged();
  const content = bytes.subarray(HEADER);
  if (bytes.readUInt32BE(1) !== crc32(content, crc32(key, VERSION))) throw damaged();
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; ) {
    if (at + 4 > content.length) throw damaged();
    const end = at + 4 + content.readUInt32BE(at);
    if (end > content.length) throw damaged();
    pieces.push(content.subarray(at + 4, end));
    at = end;
  }
  const [text, ...parts] = pieces;
  if (!text) throw damaged();
  try {
    return { facts: JSON.parse(text.toString('utf8')) as Json, parts: parts.map((part) => new Uint8Array(part)) };
  } catch (cause) {
    throw damaged(cause);
  }
}

/** Says nothing of what was stored. */
export const damaged = (cause?: unknown) => integrity('a record of the data file is damaged', cause);
