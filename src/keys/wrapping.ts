import { associatedData } from '../crypto/aad.ts';
import { deriveKey, macWith } from '../crypto/derive.ts';
import { type DataKey, KEY_ID_LENGTH, KEY_LENGTH, type KeyFor, open, seal } from '../crypto/envelope.ts';
import type { Random } from '../crypto/random.ts';
import { integrity, unavailable } from '../kernel/errors.ts';
import type { Key, Kind } from '../store/port.ts';
import { hexOf } from './model.ts';

/** A document that holds a wrapped key. */
export interface Place {
  readonly instance: string;
  readonly kind: Kind;
  readonly key: Key;
  /** Of a data key: the team's or project's. */
  readonly incarnation?: string;
}

/** Revision and state stay out: a key may change its state without being wrapped anew. The document's tag has them. */
function bindingOf({ instance, kind, key, incarnation = '' }: Place): Uint8Array {
  const project = key.length >= 3 ? (key[1] ?? '') : '';
  const place = { instance, team: key[0] ?? '', project, incarnation, kind, key };
  return associatedData({ ...place, revision: 0, deleted: false, fields: {} });
}

export function wrap(under: DataKey, bytes: Uint8Array, place: Place): Uint8Array {
  return seal(under, bytes, bindingOf(place));
}

export function unwrap(keyFor: KeyFor, wrapped: Uint8Array, place: Place): Uint8Array {
  const bytes = open(keyFor, wrapped, bindingOf(place));
  if (bytes.length !== KEY_LENGTH) throw integrity(`${place.kind} ${place.key.join('/')} does not hold a key`);
  return bytes;
}

export function randomKey(random: Random): DataKey {
  return { id: random(KEY_ID_LENGTH), bytes: random(KEY_LENGTH) };
}

/** The root key, split by use. */
export interface Root {
  readonly key: DataKey;
  /** What the instance document keeps in order to recognise this root key. */
  readonly checkOf: (instance: string) => string;
}

export function rootFrom(rootKey: Uint8Array): Root {
  if (rootKey.length !== KEY_LENGTH) throw unavailable('The root key is not 32 bytes');
  const check = macWith(deriveKey(rootKey, 'root check'));
  return {
    key: { id: deriveKey(rootKey, 'root id').slice(0, KEY_ID_LENGTH), bytes: deriveKey(rootKey, 'root wrap') },
    checkOf: (instance) => hexOf(check(Buffer.from(instance))),
  };
}
