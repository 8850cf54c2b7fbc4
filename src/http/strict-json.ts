import { isUtf8 } from 'node:buffer';
import { AppError } from '../kernel/errors.ts';
import { type JsonTrouble, scanJson, scanJsonInTurns, withoutBom } from '../kernel/json-scan.ts';
import type { Limits } from '../kernel/limits.ts';
import { turn } from '../kernel/turn.ts';

/** Text of bytes that must be UTF-8 as written: nothing is replaced. A byte order mark at its beginning is left out. */
export const decodeUtf8 = (bytes: Uint8Array): string => withoutBom(textOf(bytes));

function textOf(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new AppError('BAD_REQUEST', 'The body is not valid UTF-8');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/**
 * `JSON.parse`, minus what programs disagree about: a key given twice in one object, strings with half a surrogate pair,
 * and documents deeper or larger than the limits. BAD_REQUEST with a position, never with content.
 */
export function parseStrictJson(text: string, limits: Pick<Limits, 'jsonDepth' | 'jsonItems'>): unknown {
  refuse(scanJson(text, limits.jsonDepth, limits.jsonItems));
  return parseScanned(text);
}

function refuse(trouble: JsonTrouble | null): void {
  if (trouble !== null) {
    throw new AppError('BAD_REQUEST', `Invalid JSON: ${trouble.reason} at position ${trouble.position}`);
  }
}

/** Both of a long body, a piece at a time: everybody else has a turn in between. */
export async function parseLongJson(
  bytes: Uint8Array,
  limits: Pick<Limits, 'jsonDepth' | 'jsonItems'>,
): Promise<unknown> {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = characterEnd(bytes, at + PIECE);
    const piece = bytes.subarray(at, end);
    pieces.push(at === 0 ? decodeUtf8(piece) : textOf(piece));
    at = end;
    await turn();
  }
  const text = pieces.join('');
  refuse(await scanJsonInTurns(text, limits.jsonDepth, limits.jsonItems, turn));
  return parseScanned(text);
}

/** Bytes decoded at a time. */
const PIECE = 524_288;

/** The end of a piece that does not break a character in two. */
function characterEnd(bytes: Uint8Array, wanted: number): number {
  let end = Math.min(wanted, bytes.length);
  while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end += 1;
  return end;
}

function parseScanned(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its message quotes the text.
    throw new AppError('BAD_REQUEST', 'Invalid JSON');
  }
}
