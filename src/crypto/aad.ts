import { invalidInput } from '../kernel/errors.ts';
import { byCodePoint } from '../kernel/ids.ts';
import type { Fields, Json, Key } from '../store/port.ts';

/** Where a document stands and everything plain about it that decides access. */
export interface Binding {
  readonly instance: string;
  readonly team: string;
  /** '' for a document of the team itself. */
  readonly project: string;
  /** Random, of the team's or project's present life: nothing of an earlier one under the same name fits. */
  readonly incarnation: string;
  readonly kind: string;
  readonly key: Key;
  readonly revision: number;
  readonly deleted: boolean;
  readonly fields: Fields;
  /** A place within the document, where it holds more than one envelope. */
  readonly at?: string;
}

/** Bytes that name one place at one revision, and no other. No such bytes begin with those of another binding. */
export function associatedData(binding: Binding): Uint8Array {
  const { instance, team, project, incarnation, kind, key, revision, deleted, fields, at } = binding;
  const place = [instance, team, project, incarnation, kind, key];
  return canonicalBytes(['keyloom 2', ...place, revision, deleted, fields, at ?? null]);
}

/**
 * JSON as bytes, equal if and only if the values are: `5:hello` (length in UTF-8 bytes), `i1.5;` (as ECMAScript writes
 * the number), `t`, `f`, `n`, `[...]`, `{name value ...}` with names in code point order. Self-delimiting.
 */
export function canonicalBytes(value: Json): Uint8Array {
  const text = encode(value);
  // Half a surrogate pair has no UTF-8: two different texts would become the same bytes.
  if (!text.isWellFormed()) throw invalidInput([{ path: [], rule: 'unicode', message: 'text is not valid Unicode' }]);
  return Buffer.from(text);
}

function encode(value: Json): string {
  if (typeof value === 'string') return `${Buffer.byteLength(value)}:${value}`;
  if (typeof value === 'number') return encodeNumber(value);
  if (value === true) return 't';
  if (value === false) return 'f';
  if (value === null) return 'n';
  if (isArray(value)) return `[${value.map(encode).join('')}]`;
  if (typeof value === 'object') return encodeObject(value);
  throw new TypeError(`Not JSON: ${typeof value}`);
}

/** -0 counts as 0: stores do not keep the difference. */
function encodeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError('Not JSON: a number that is not finite');
  return `i${value === 0 ? 0 : value};`;
}

function encodeObject(value: { readonly [name: string]: Json }): string {
  let text = '{';
  for (const name of Object.keys(value).sort(byCodePoint)) text += encode(name) + encode(value[name] as Json);
  return `${text}}`;
}

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);
