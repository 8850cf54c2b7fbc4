import { envelopeKeyId } from '../crypto/envelope.ts';
import { AppError, integrity } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import { HIDDEN_BYTES } from '../kernel/work.ts';
import type { Keys } from '../keys/keys.ts';
import type { Doc, Fields, Key, Kind, RevisionsPage, Seq, Store } from '../store/port.ts';
import { type DocumentType, placeOf, type Stored } from './document.ts';
import type { Reading } from './reading.ts';
import { isGenuine, openBytes, storedFrom } from './seal.ts';

interface PastDeps {
  readonly store: Pick<Store, 'get' | 'revisions'>;
  readonly keys: Keys;
  readonly log: Log;
  /** Whether there is such a document by its set, whatever the store has in its place. */
  readonly isKept: <F extends Fields, B>(type: DocumentType<F, B>, key: Key) => Promise<boolean>;
}

/** Documents by themselves, and their history: each as it was written, and all of it that is kept. */
export function createPast({ store, keys, log, isKept }: PastDeps) {
  /** What the store answered for this place, if it was written there: its plain fields count before its body is opened. */
  async function genuine(kind: Kind, key: Key, doc: Doc): Promise<Doc> {
    const inPlace = doc.kind === kind && doc.key.length === key.length && key.every((part, i) => doc.key[i] === part);
    const { team, project } = placeOf(kind, key);
    if (inPlace && isGenuine(keys, await keys.incarnationOf(team, project), doc)) return doc;
    log.error('integrity_failure', { kind, document: key.join('/') });
    throw integrity(`a document of kind ${kind}`);
  }

  async function opener(doc: Doc): Promise<() => Uint8Array> {
    const { team, project } = placeOf(doc.kind, doc.key);
    const keyFor = await keys.openingKeys(team, project, [envelopeKeyId(doc.body)]);
    const incarnation = await keys.incarnationOf(team, project);
    return () => openBytes(keys, incarnation, keyFor, doc);
  }

  async function stored<F extends Fields, B>(type: DocumentType<F, B>, key: Key, doc: Doc): Promise<Stored<F, B>> {
    return storedFrom(type, await genuine(type.kind, key, doc), await opener(doc));
  }

  const lost = (kind: Kind, key: Key): AppError => {
    log.error('integrity_failure', { kind, document: key.join('/'), part: 'revisions' });
    return integrity(`the revisions of ${kind} ${key.join('/')}`);
  };

  /** The document as it is now says where its history begins. */
  async function present(kind: Kind, key: Key): Promise<Doc | null> {
    const doc = await store.get(kind, key);
    return doc && genuine(kind, key, doc);
  }

  /** INTEGRITY unless a page begins where it was asked to, has no gaps, and ends no earlier than history does. */
  async function requireWhole<F extends Fields, B>(
    type: DocumentType<F, B>,
    key: Key,
    docs: readonly Doc[],
    page: RevisionsPage,
  ): Promise<void> {
    const { kind } = type;
    const isGapless = docs.every((doc, i) => i === 0 || doc.revision + 1 === docs[i - 1]?.revision);
    if (!isGapless) throw lost(kind, key);
    if (page.asOf !== undefined) return;
    const below = page.after === undefined ? null : Number(page.after[0]);
    const [first, last] = [docs[0], docs[docs.length - 1]];
    const isFull = docs.length >= page.limit;
    const isAll = first !== undefined && first.since === last?.revision;
    if (below === null ? isFull || isAll : isFull && first?.revision === below - 1) return;
    const now = await present(kind, key);
    if (!now) {
      // Looked for once more: it may have been made meanwhile.
      const isLost = docs.length > 0 || ((await isKept(type, key)) && !(await present(kind, key)));
      if (isLost) throw lost(kind, key);
      return;
    }
    const from = below === null ? now.revision : Math.min(now.revision, below - 1);
    // What came or went since the page was read is no loss.
    const beginsLate = first !== undefined && below !== null && first.revision < from && first.revision !== below - 1;
    const endsEarly = !isFull && (last?.revision ?? from + 1) > now.since && from >= now.since;
    if (beginsLate || endsEarly) throw lost(kind, key);
  }

  async function revisions<F extends Fields, B>(
    type: DocumentType<F, B>,
    key: Key,
    page: RevisionsPage,
    { work, mayRead }: Reading<F>,
  ): Promise<readonly Stored<F, B>[]> {
    const docs = await store.revisions(type.kind, key, page);
    for (const doc of docs) {
      await work.spend({ documents: 1, bytes: mayRead(doc.fields as F) ? doc.body.length : HIDDEN_BYTES });
      await genuine(type.kind, key, doc);
    }
    await requireWhole(type, key, docs, page);
    return Promise.all(docs.map(async (doc) => storedFrom(type, doc, await opener(doc))));
  }

  async function asOf<F extends Fields, B>(
    type: DocumentType<F, B>,
    stored: Stored<F, B>,
    seq: Seq,
    reading: Reading<F>,
  ): Promise<Stored<F, B> | null> {
    if (stored.seq <= seq) return stored.deleted ? null : stored;
    const [next, found] = await revisions(type, stored.key, { asOf: seq, limit: 2 }, reading);
    // The one that followed proves that nothing between was left out.
    const isProven = next !== undefined && next.seq > seq && next.revision <= stored.revision;
    if (!isProven || (found !== undefined && found.seq > seq)) throw lost(type.kind, stored.key);
    if (found) return found.deleted ? null : found;
    if (next.revision === 1) return null;
    const now = next.revision <= stored.since ? stored : await present(type.kind, stored.key);
    const isForgotten = now !== null && now.seq >= stored.seq && next.revision <= now.since;
    if (!isForgotten) throw lost(type.kind, stored.key);
    throw new AppError('HISTORY_EXPIRED', 'History does not reach back that far');
  }

  return { genuine, opener, stored, revisions, asOf };
}
