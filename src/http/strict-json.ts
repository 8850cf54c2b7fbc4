import { isUtf8 } from 'node:buffer';
import { AppError } from '../kernel/errors.ts';
import { scanJson, withoutBom } from '../kernel/json-scan.ts';
import type { Limits } from '../kernel/limits.ts';

/** Text of bytes that must be UTF-8 as written: nothing is replaced. A byte order mark at its beginning is left out. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new AppError('BAD_REQUEST', 'The body is not valid UTF-8');
  return withoutBom(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
}

/**
 * `JSON.parse`, minus what programs disagree about: a key given twice in one object, strings with half a surrogate pair,
 * and documents deeper or larger than the limits. BAD_REQUEST with a position, never with content.
 */
export function parseStrictJson(text: string, limits: Pick<Limits, 'jsonDepth' | 'jsonItems'>): unknown {
  const trouble = scanJson(text, limits.jsonDepth, limits.jsonItems);
  if (trouble !== null) {
    throw new AppError('BAD_REQUEST', `Invalid JSON: ${trouble.reason} at position ${trouble.position}`);
  }
  return parseScanned(text);
}

function parseScanned(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Its message quotes the text.
    throw new AppError('BAD_REQUEST', 'Invalid JSON');
  }
}
