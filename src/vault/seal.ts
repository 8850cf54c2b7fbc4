import { associatedData } from '../crypto/aad.ts';
import { type KeyFor, open, seal } from '../crypto/envelope.ts';
import { integrity } from '../kernel/errors.ts';
import type { Keys } from '../keys/keys.ts';
import { leafOf, numberedTag, sameBytes } from '../store/chain.ts';
import type { Doc, Fields, Json, Key, Kind } from '../store/port.ts';
import { type DocumentType, placeOf, type Stored } from './document.ts';

const utf8 = new TextEncoder();
const text = new TextDecoder('utf-8', { fatal: true });

type Facts = Pick<Doc, 'kind' | 'key' | 'revision' | 'deleted' | 'fields'>;

/** Everything about a document but its body, and which life of its team or project it is of: what the envelope is bound to. */
function bindingOf(
  { instance }: Keys,
  incarnation: string,
  { kind, key, revision, deleted, fields }: Facts,
): Uint8Array {
  const { team, project } = placeOf(kind, key);
  const facts = { kind, key, revision, deleted, fields };
  return associatedData({ instance, team, project: project ?? '', incarnation, ...facts });
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
  const binding = bindingOf(keys, await keys.incarnationOf(team, project), facts);
  const body = seal(await keys.sealingKey(team, project), bytes, binding);
  return { fields: facts.fields, body, tag: tagOf(keys, binding, body) };
}

export function encodeBody<F extends Fields, B>(type: DocumentType<F, B>, body: B): Uint8Array {
  return utf8.encode(JSON.stringify(type.encode(body)));
}

/** Whether a stored document is as it was written: its tags are keyed, so nobody without the keys can make one, or give it another number. */
export function isGenuine(keys: Keys, incarnation: string, doc: Doc): boolean {
  const mac = keys.mac('log');
  const tag = numberedTag(mac, tagOf(keys, bindingOf(keys, incarnation, doc), doc.body), doc.seq);
  return sameBytes(tag, doc.tag) && sameBytes(leafOf(mac, doc), doc.leaf);
}

/** The sealed bytes of a document, authenticated together with its plain fields. */
export function openBytes(keys: Keys, incarnation: string, keyFor: KeyFor, doc: Doc): Uint8Array {
  return open(keyFor, doc.body, bindingOf(keys, incarnation, doc));
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
    since: doc.since,
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
