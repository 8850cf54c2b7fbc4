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
  /** The document as its set has it, whatever the store has in its place. */
  readonly inSet: <F extends Fields, B>(type: DocumentType<F, B>, key: Key) => Promise<Stored<F, B> | null>;
}

/** Documents by themselves, each as it was written. */
function createSingles({ keys, log }: Pick<PastDeps, 'keys' | 'log'>) {
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

  return { genuine, opener, stored };
}

type Singles = ReturnType<typeof createSingles>;

/** Refuses histories that are not all of what is kept. */
function createWholeness({ store, log, inSet }: PastDeps, { genuine }: Singles) {
  const lost = (kind: Kind, key: Key): AppError => {
    log.error('integrity_failure', { kind, document: key.join('/'), part: 'revisions' });
    return integrity(`the revisions of ${kind} ${key.join('/')}`);
  };

  /** The document as it is now says where its history begins. */
  async function present(kind: Kind, key: Key): Promise<Doc | null> {
    const doc = await store.get(kind, key);
    return doc && genuine(kind, key, doc);
  }

  /**
   * INTEGRITY unless a page begins where it was asked to, has no gaps, and ends no earlier than history does. `known`: the document as its
   * set had it before the page was read.
   */
  async function requireWhole<F extends Fields, B>(
    type: DocumentType<F, B>,
    key: Key,
    docs: readonly Doc[],
    { below, isFull, known }: { below: number; isFull: boolean; known: Stored<F, B> | null },
  ): Promise<void> {
    const isGapless = docs.every((doc, i) => i === 0 || doc.revision + 1 === docs[i - 1]?.revision);
    const first = docs[0]?.revision ?? 0;
    const last = docs[docs.length - 1]?.revision ?? below;
    if (!isGapless || (docs.length > 0 && first < Math.min(known?.revision ?? 0, below - 1)))
      throw lost(type.kind, key);
    const beginsAsAsked = docs.length === 0 || below === Number.POSITIVE_INFINITY || first === below - 1;
    if (beginsAsAsked && (isFull || last === docs[0]?.since)) return;
    // What was forgotten or removed since the set was read is no loss.
    const now = await present(type.kind, key);
    // Looked for once more: it may have been made meanwhile.
    const isThere = now !== null || ((await inSet(type, key)) !== null && !(await present(type.kind, key)));
    const beginsLate = !beginsAsAsked && now !== null && first < Math.min(now.revision, below - 1);
    const endsEarly = !isFull && isThere && last > (now?.since ?? 0);
    if (beginsLate || endsEarly) throw lost(type.kind, key);
  }

  return { lost, present, requireWhole };
}

/** Documents by themselves, and their history: each as it was written, and all of it that is kept. */
export function createPast(deps: PastDeps) {
  const { store, inSet } = deps;
  const singles = createSingles(deps);
  const { genuine, opener, stored } = singles;
  const { lost, present, requireWhole } = createWholeness(deps, singles);

  async function read<F extends Fields>(
    type: { readonly kind: Kind },
    key: Key,
    page: RevisionsPage,
    { work, mayRead }: Reading<F>,
  ): Promise<readonly Doc[]> {
    const docs = await store.revisions(type.kind, key, page);
    for (const doc of docs) {
      await work.spend({ documents: 1, bytes: mayRead(doc.fields as F) ? doc.body.length : HIDDEN_BYTES });
      await genuine(type.kind, key, doc);
    }
    return docs;
  }

  async function revisions<F extends Fields, B>(
    type: DocumentType<F, B>,
    key: Key,
    page: RevisionsPage,
    reading: Reading<F>,
  ): Promise<readonly Stored<F, B>[]> {
    // From the present one on: which one that is, its set knows.
    const known = page.after === undefined && page.asOf === undefined ? await inSet(type, key) : null;
    const docs = await read(type, key, page, reading);
    const below = page.after === undefined ? Number.POSITIVE_INFINITY : Number(page.after[0]);
    const isFull = page.asOf !== undefined || docs.length >= page.limit;
    await requireWhole(type, key, docs, { below, isFull, known });
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
