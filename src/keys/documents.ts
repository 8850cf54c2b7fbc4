import { randomUUID } from 'node:crypto';
import type { ZodType } from 'zod';
import { associatedData } from '../crypto/aad.ts';
import type { Clock } from '../kernel/clock.ts';
import { integrity } from '../kernel/errors.ts';
import { leafOf, numberedTag, sameBytes } from '../store/chain.ts';
import { createHeads } from '../store/heads.ts';
import type { Doc, Fields, Head, Key, Kind, Mac, Store, Write } from '../store/port.ts';
import { EMPTY_STATE, EMPTY_SUM, movedState, sumOf } from '../store/set-hash.ts';

const PAGE = 200;
const ATTEMPTS = 8;

export interface KeyDocuments {
  readonly get: (kind: Kind, key: Key) => Promise<Doc | null>;
  /** INTEGRITY unless it is ours, and the one that the root knows. */
  readonly head: (scope: Key) => Promise<Head | null>;
  /** All of them, in key order. */
  readonly list: (kind: Kind, prefix: Key) => AsyncIterable<Doc>;
  readonly commit: (team: string, actor: string, operation: string, writes: readonly Write[]) => Promise<void>;
}

export function createKeyDocuments(store: Store, clock: Clock, logMac: () => Mac): KeyDocuments {
  async function* list(kind: Kind, prefix: Key): AsyncIterable<Doc> {
    for (let after: Key | undefined; ; ) {
      const page = await store.list(kind, prefix, after ? { after, limit: PAGE } : { limit: PAGE });
      yield* page;
      after = page[page.length - 1]?.key;
      if (page.length < PAGE) return;
    }
  }
  return {
    get: (kind, key) => store.get(kind, key),
    head: createHeads({ store, mac: logMac }),
    list,
    async commit(team, actor, operation, writes) {
      await store.commit({ id: randomUUID(), team, at: clock().toISOString(), actor, operation, writes });
    },
  };
}

/** Makes writes with the tags that stand for them in their sets, and checks the tags of what comes back. */
export interface Tagging {
  readonly instance: string;
  /** Of tags. */
  readonly mac: Mac;
  /** Of heads and of the log. */
  readonly logMac: Mac;
}

/** All documents of a kind in a scope. INTEGRITY when one is missing, was added, or is older than the log says. */
export async function wholeSet(
  documents: KeyDocuments,
  { logMac }: Tagging,
  kind: Kind,
  scope: Key,
): Promise<readonly Doc[]> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const docs: Doc[] = [];
    for await (const doc of documents.list(kind, scope)) docs.push(doc);
    const head = await documents.head(scope);
    const { sum, count } = head?.sets.get(kind) ?? { sum: EMPTY_SUM, count: 0 };
    const leaves = docs.map(({ leaf }) => leaf);
    if (docs.length === count && sameBytes(sum, sumOf(movedState(logMac, EMPTY_STATE, [], leaves)))) return docs;
    // A commit may have come between the two reads.
  }
  throw integrity(`the set of ${kind} in ${scope.join('/')}`);
}

export interface Content {
  readonly kind: Kind;
  readonly key: Key;
  readonly expected: number | null;
  readonly fields: Fields;
  readonly body: Uint8Array;
}

export function putOf(tagging: Tagging, content: Content): Write {
  const facts = { ...content, revision: (content.expected ?? 0) + 1, deleted: false };
  return { op: 'put', deleted: false, ...content, tag: tagOf(tagging, facts) };
}

/** The plain fields of a document that nobody edited, or INTEGRITY. */
export function checkedFields<F>(tagging: Tagging, schema: ZodType<F>, doc: Doc): F {
  const { logMac } = tagging;
  const tag = numberedTag(logMac, tagOf(tagging, doc), doc.seq);
  if (!sameBytes(tag, doc.tag) || !sameBytes(leafOf(logMac, doc), doc.leaf)) throw edited(doc);
  return parsedFields(schema, doc);
}

/** For the one document that is read before there is a key to check its tag with. */
export function parsedFields<F>(schema: ZodType<F>, doc: Doc): F {
  const parsed = schema.safeParse(doc.fields);
  if (!parsed.success) throw edited(doc);
  return parsed.data;
}

const edited = (doc: Doc) => integrity(`${doc.kind} ${doc.key.join('/')} was edited`);

function tagOf({ instance, mac }: Tagging, doc: Omit<Doc, 'seq' | 'tag' | 'since' | 'leaf'>): Uint8Array {
  const { kind, key, revision, deleted, fields, body } = doc;
  const project = key.length >= 3 ? (key[1] ?? '') : '';
  const place = { instance, team: key[0] ?? '', project, incarnation: '', kind, key };
  const binding = associatedData({ ...place, revision, deleted, fields });
  return mac(Buffer.concat([binding, body]));
}
