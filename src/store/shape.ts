import { DIGEST_BYTES } from './chain.ts';
import { isKey } from './keys.ts';
import { type Fields, isKind, type Key, type Kind } from './port.ts';

/** Readers of what a store returned: nothing of it is believed to have its type. Each throws on anything else. */

const wrong = (): Error => new TypeError('not of the expected shape');

type Members = { readonly [name: string]: unknown };

export function asMembers(value: unknown): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong();
  return value as Members;
}

export function asFields(value: unknown): Fields {
  return asMembers(value) as Fields;
}

export function asText(value: unknown): string {
  if (typeof value !== 'string') throw wrong();
  return value;
}

export function asFlag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw wrong();
  return value;
}

export function asCount(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw wrong();
  return value;
}

export function asList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong();
  return value;
}

export function asKey(value: unknown): Key {
  const key = asList(value).map(asText);
  if (!isKey(key)) throw wrong();
  return key;
}

export function asKind(value: unknown): Kind {
  if (!isKind(value)) throw wrong();
  return value;
}

/** Bytes of a sum, a tag or a MAC. */
export function asDigest(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== DIGEST_BYTES) throw wrong();
  return value;
}

export function asBytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrong();
  return value;
}
