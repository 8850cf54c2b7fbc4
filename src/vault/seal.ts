import { associatedData } from '../crypto/aad.ts';
import type { DataKey } from '../crypto/envelope.ts';
import { open, seal } from '../crypto/envelope.ts';
import { integrity } from '../kernel/errors.ts';
import type { Keys } from '../keys/keys.ts';
import { numberedTag } from '../store/chain.ts';
import type { Doc, Fields, Json, Key, Kind } from '../store/port.ts';
import { type DocumentType, placeOf, type Stored } from './document.ts';

const utf8 = new TextEncoder();
const text = new TextDecoder('utf-8', { fatal: true });

type Facts = Pick<Doc, 'kind' | 'key' | 'revision' | 'deleted' | 'fields'>;

/** Everything about a document but its body: what the envelope is bound to. */
function bindingOf(instance: string, facts: Facts): Uint8Array {
  const { team, project } = placeOf(facts.kind, facts.key);
  return associatedData({ instance, team, project: project ?? '', ...facts });
}

function tagOf(keys: Keys, binding: Uint8Array, body: Uint8Array): Uint8Array {
  return keys.mac('set')(Buffer.concat([binding, body]));
}

export interface Sealed {
  readonly fields: Fields;
  readonly body: Uint8Array;
  readonly tag: Uint8Array;
}

/** Seals bytes as the body of revision `facts.revision`. */
export async function sealBytes(keys: Keys, facts: Facts, bytes: Uint8Array): Promise<Sealed> {
  const { team, project } = placeOf(facts.kind, facts.key);
  const binding = bindingOf(keys.instance, facts);
  const body = seal(await keys.sealingKey(team, project), bytes, binding);
  return { fields: facts.fields, body, tag: tagOf(keys, binding, body) };
}

export function encodeBody<F extends Fields, B>(type: DocumentType<F, B>, body: B): Uint8Array {
  return utf8.encode(JSON.stringify(type.encode(body)));
}

/** The tag that a stored document ought to have: keyed, so that nobody without the keys can make one, or give it another number. */
export function expectedTag(keys: Keys, doc: Doc): Uint8Array {
  return numberedTag(keys.mac('log'), tagOf(keys, bindingOf(keys.instance, doc), doc.body), doc.seq);
}

/** The sealed bytes of a document, authenticated together with its plain fields. */
export function openBytes(keys: Keys, keyFor: (id: Uint8Array) => DataKey | null, doc: Doc): Uint8Array {
  return open(keyFor, doc.body, bindingOf(keys.instance, doc));
}

/** A view of a stored document that opens its body once, when asked. */
export function storedFrom<F extends Fields, B>(
  type: DocumentType<F, B>,
  doc: Doc,
  opened: () => Uint8Array,
): Stored<F, B> {
  let body: { readonly value: B } | undefined;
  return {
    key: doc.key,
    revision: doc.revision,
    seq: doc.seq,
    deleted: doc.deleted,
    tag: doc.tag,
    fields: doc.fields as F,
    size: doc.body.length,
    isOpen: () => body !== undefined,
    body: () => {
      body ??= { value: type.decode(parseBody(doc.kind, doc.key, opened())) };
      return body.value;
    },
  };
}

function parseBody(kind: Kind, key: Key, bytes: Uint8Array): Json {
  try {
    return JSON.parse(text.decode(bytes)) as Json;
  } catch (cause) {
    throw integrity(`${kind} ${key.join('/')} does not hold what it should`, cause);
  }
}
