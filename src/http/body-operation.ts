import { turn } from '../kernel/turn.ts';

/** The part of a body that says what is to be done. */
export interface NamedOperation {
  readonly query: string;
  readonly operationName: string | null;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
/** Bytes between two turns: a few milliseconds. */
const TURN = 1_048_576;
/** A character of a text takes at most so many bytes of JSON. */
const MAX_ESCAPE = 6;
const MAX_NAME = 256;

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

/** The place behind a value that begins at `from`. */
async function behindValue(bytes: Uint8Array, from: number): Promise<number> {
  let at = from;
  let depth = 0;
  let isString = false;
  for (let pause = from + TURN; at < bytes.length; at += 1) {
    if (at >= pause) {
      await turn();
      pause = at + TURN;
    }
    const byte = bytes[at];
    if (isString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) {
        isString = false;
        if (depth === 0) return at + 1;
      }
    } else if (byte === QUOTE) isString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth += 1;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (depth <= 1) return depth === 0 ? at : at + 1;
      depth -= 1;
    } else if (byte === COMMA && depth === 0) return at;
  }
  return bytes.length;
}

/** The text of a JSON string in the bytes; null: it is none, or longer than anybody needs. */
function textIn(bytes: Uint8Array, maxLength: number): string | null {
  if (bytes[0] !== QUOTE || bytes.length > maxLength * MAX_ESCAPE + 2) return null;
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) as string;
  } catch {
    return null;
  }
}

/**
 * What a large body asks for, without a look at the variables in it: nothing is decoded but `query` and `operationName`. null
 * for what is no body of an operation. Whether all of it is as it should be is said by whoever parses it.
 */
export async function operationIn(bytes: Uint8Array, maxLength: number): Promise<NamedOperation | null> {
  let at = skipSpace(bytes, 0);
  if (bytes[at] !== OPEN_OBJECT) return null;
  const found = new Map<string, string | null>();
  do {
    const start = skipSpace(bytes, at + 1);
    const keyEnd = await behindValue(bytes, start);
    const key = textIn(bytes.subarray(start, keyEnd), MAX_NAME);
    const colon = skipSpace(bytes, keyEnd);
    if (key === null || bytes[colon] !== COLON) return null;
    const valueStart = skipSpace(bytes, colon + 1);
    const valueEnd = await behindValue(bytes, valueStart);
    if (key === 'query' || key === 'operationName') {
      found.set(key, textIn(bytes.subarray(valueStart, valueEnd), key === 'query' ? maxLength : MAX_NAME));
    }
    at = skipSpace(bytes, valueEnd);
  } while (bytes[at] === COMMA);
  const query = found.get('query') ?? null;
  return query === null ? null : { query, operationName: found.get('operationName') ?? null };
}
