import type { Key } from './port.ts';

/** Longest encoded key, bytes: what the embedded engine takes, less room for the kind and a revision. */
const KEY_BYTES = 1800;
const PART_LENGTH = 200;
const PARTS = 8;

const isPart = (part: unknown): part is string =>
  typeof part === 'string' &&
  part.length >= 1 &&
  part.length <= PART_LENGTH &&
  !part.includes('\0') &&
  part.isWellFormed();

/** Whether both stores can hold a document under this key. */
export function isKey(key: Key): boolean {
  if (!Array.isArray(key) || key.length < 1 || key.length > PARTS || !key.every(isPart)) return false;
  return Buffer.byteLength(keyText(key)) <= KEY_BYTES;
}

/**
 * Parts, each ended by NUL: a prefix of parts is a prefix of text, and the order of UTF-8 bytes is that of code points
 * with shorter keys first.
 */
export function keyText(key: Key): string {
  return key.map((part) => `${part}\0`).join('');
}

/** The inverse of `keyText`; null when the text is none of its results. */
export function keyOfText(text: string): Key | null {
  if (!text.endsWith('\0')) return null;
  const parts = text.slice(0, -1).split('\0');
  return isKey(parts) ? parts : null;
}

/** The least text after every text that begins with `prefix`, a text that ends with NUL. */
export function afterPrefix(prefix: string): string {
  return `${prefix.slice(0, -1)}\u0001`;
}

const DIGITS = 16;
/** A number as text in whose order numbers stand. */
export const ordinal = (number: number): string => String(number).padStart(DIGITS, '0');

/** The scope whose head counts a document: see `Head`. Documents of the instance count into the team that commits them. */
export function scopeOf(team: string, key: Key): Key {
  const [first, second] = key;
  if (first !== team || second === undefined || key.length < 3) return [team];
  return [team, second];
}
