import { LRUCache } from 'lru-cache';
import { envelopeKeyId } from '../crypto/envelope.ts';
import { AppError, integrity } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { Work } from '../kernel/work.ts';
import type { Keys } from '../keys/keys.ts';
import { addTag, EMPTY_SUM, sameBytes, verifyHead } from '../store/chain.ts';
import type { Commit, Doc, Fields, Head, Key, Kind, Seq, SetHead, Store } from '../store/port.ts';
import { damagedAmong } from './damage.ts';
import { type DocumentType, idOf, placeOf, type Stored } from './document.ts';
import { expectedTag, openBytes, storedFrom } from './seal.ts';

/** All documents of one kind in one scope, authenticated as a set: none missing, none added, none older. */
export interface DocumentSet<F extends Fields, B> {
  /** The last commit that changed the set. */
  readonly seq: Seq;
  /** By id, deleted ones included. INTEGRITY when the stored document does not pass. */
  get(id: string): Stored<F, B> | null;
  /** Sorted by id, damaged ones left out. */
  readonly all: readonly Stored<F, B>[];
  /** Sorted by id, deleted and damaged ones left out. */
  readonly live: readonly Stored<F, B>[];
  /** Ids of documents that were edited, swapped, rolled back or erased behind the gateway's back. */
  readonly damaged: ReadonlySet<string>;
}

interface Entry {
  readonly stored: Stored<Fields, unknown>;
  /** Computed under our key from what the store returned. */
  readonly tag: Uint8Array;
  /** What the store says it is. */
  readonly claimedTag: Uint8Array;
  readonly bytes: number;
}

interface Loaded {
  readonly head: SetHead;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly set: DocumentSet<Fields, unknown>;
  readonly bytes: number;
}

/** The state moved on between two reads; the caller starts again from a newer view. */
const STALE = new AppError('UNAVAILABLE', 'The data changed while it was read; try again');

/** Runs a read again when the data moved under it. */
export async function retryingStale<T>(read: () => Promise<T>, times = 8): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      if (error !== STALE || attempt === times) throw error;
    }
  }
}

const EMPTY_SET: SetHead = { sum: EMPTY_SUM, count: 0, seq: 0 };
const PAGE = 5_000;
/** Opened bodies and their JSON take about this many times their envelope. */
const OPENED_FACTOR = 3;
/** Past this many commits a whole read is cheaper than following them. */
const FOLLOW = 200;

export interface SetsDeps {
  readonly store: Store;
  readonly keys: Keys;
  readonly log: Log;
  /** Bytes of opened documents kept between requests; 0 keeps none. */
  readonly cacheBytes: number;
  readonly work: Work;
  /** Is told of commits that were read on the way. */
  readonly saw: (commit: Commit) => void;
}

/** Reads sets, and keeps those read as long as the head says that they did not change. */
export function createSets({ store, keys, log, cacheBytes, work, saw }: SetsDeps) {
  const cache =
    cacheBytes === 0
      ? null
      : new LRUCache<string, Loaded>({
          maxSize: cacheBytes,
          sizeCalculation: (loaded) => loaded.bytes,
          ttl: 60 * 60 * 1000,
        });

  /** The team's commit at which a set was last known to be current. */
  const checkedAt = new WeakMap<Loaded, Seq>();

  /** Heads that passed last time. One that is the same in every part need not be computed again. */
  const passed = new LRUCache<string, Head>({ max: 10_000 });

  /** The same, as the very objects that the store hands out again. */
  const known = new WeakSet<Head>();

  async function verifiedHead(scope: Key): Promise<Head | null> {
    const head = await store.head(scope);
    if (!head) return null;
    if (known.has(head) && isSameScope(head.scope, scope)) return head;
    const name = scope.join('\0');
    const before = passed.get(name);
    if (before && isSameHead(before, head)) {
      known.add(head);
      return before;
    }
    verifyHead(keys.mac('log'), head);
    if (!isSameScope(head.scope, scope)) throw integrity(`the head of ${scope.join('/')}`);
    passed.set(name, head);
    known.add(head);
    return head;
  }

  async function entryOf<F extends Fields, B>(type: DocumentType<F, B>, doc: Doc): Promise<Entry> {
    const { team, project } = placeOf(doc.kind, doc.key);
    const keyId = keyIdOf(doc);
    const keyFor = await keys.openingKeys(team, project, keyId ? [keyId] : []);
    const stored = storedFrom(type, doc, () => openBytes(keys, keyFor, doc));
    return { stored, tag: expectedTag(keys, doc), claimedTag: doc.tag, bytes: 500 + doc.body.length * OPENED_FACTOR };
  }

  /** Counts what authenticating a document takes. Sets are read for everybody, and kept: nobody's budget ends that. */
  const noting = ({ body }: Doc): Promise<void> | undefined => work.spend({ documents: 1, bytes: body.length });

  async function readWhole<F extends Fields, B>(type: DocumentType<F, B>, scope: Key, head: SetHead): Promise<Loaded> {
    const docs: Doc[] = [];
    for (let after: Key | undefined; ; ) {
      const page = await store.list(type.kind, scope, after ? { after, limit: PAGE } : { limit: PAGE });
      docs.push(...page);
      if (page.length < PAGE) break;
      after = page[page.length - 1]?.key;
    }
    const entries = new Map<string, Entry>();
    for (const doc of docs) {
      await noting(doc);
      if (isPlacedIn(doc, type.kind, scope)) entries.set(idOf(doc.key), await entryOf(type, doc));
      // A copy from elsewhere says nothing about the document whose place it took: that one is missing.
      else log.error('integrity_failure', { kind: type.kind, document: `${scope.join('/')}/?` });
    }
    return loaded(head, entries);
  }

  /** Brings an older read up to date by re-reading only what later commits touched; null when that is no use. */
  async function follow<F extends Fields, B>(
    type: DocumentType<F, B>,
    scope: Key,
    old: Loaded,
    head: SetHead,
  ): Promise<Loaded | null> {
    // Commits up to the last look at it did not change it, however many there were.
    const known = Math.max(old.head.seq, checkedAt.get(old) ?? 0);
    const commits = await store.commitsAfter(scope[0] ?? '', known, FOLLOW);
    if (commits.length === FOLLOW) return null;
    const touched = new Map<string, Key>();
    for (const commit of commits) {
      saw(commit);
      for (const { kind, key } of commit.touched) {
        if (kind === type.kind && key.length === scope.length + 1 && scope.every((part, i) => key[i] === part)) {
          touched.set(idOf(key), key);
        }
      }
    }
    const docs = await store.getMany(type.kind, [...touched.values()]);
    const entries = new Map(old.entries);
    for (const [i, id] of [...touched.keys()].entries()) {
      const doc = docs[i];
      if (doc) await noting(doc);
      if (doc) entries.set(id, await entryOf(type, doc));
      else entries.delete(id);
    }
    const next = loaded(head, entries);
    return matches(next) ? next : null;
  }

  /** The set as of `teamSeq`, or STALE when it has moved since. `headOf` is asked only if the team has moved since the last time. */
  async function load<F extends Fields, B>(
    type: DocumentType<F, B>,
    scope: Key,
    teamSeq: Seq,
    headOf: () => Promise<Head | null>,
  ): Promise<DocumentSet<F, B>> {
    const name = `${type.kind}\0${scope.join('\0')}`;
    const cached = cache?.get(name);
    if (cached && checkedAt.get(cached) === teamSeq) return cached.set as DocumentSet<F, B>;
    const head = await headOf();
    if (head && head.seq > teamSeq) throw STALE;
    const wanted = head?.sets.get(type.kind) ?? EMPTY_SET;
    const result = await refresh(type, scope, cached, wanted);
    if (result.set.damaged.size === 0) {
      checkedAt.set(result, teamSeq);
      cache?.set(name, result);
    }
    return result.set as DocumentSet<F, B>;
  }

  async function refresh<F extends Fields, B>(
    type: DocumentType<F, B>,
    scope: Key,
    cached: Loaded | undefined,
    wanted: SetHead,
  ): Promise<Loaded> {
    if (cached && cached.head.seq === wanted.seq && sameBytes(cached.head.sum, wanted.sum)) return cached;
    const followed = cached ? await follow(type, scope, cached, wanted) : null;
    if (followed) return followed;
    const read = await readWhole(type, scope, wanted);
    return matches(read) ? read : afterMismatch(type.kind, scope, read);
  }

  async function afterMismatch(kind: Kind, scope: Key, read: Loaded): Promise<Loaded> {
    const now = (await verifiedHead(scope))?.sets.get(kind) ?? EMPTY_SET;
    if (now.seq !== read.head.seq || !sameBytes(now.sum, read.head.sum)) throw STALE;
    const damaged = await damagedAmong({ store, keys, kind, scope, found: read.entries });
    for (const id of damaged) log.error('integrity_failure', { kind, document: [...scope, id].join('/') });
    if (damaged.size === 0) throw integrity(`the set of ${kind} in ${scope.join('/')}`);
    return loaded(read.head, read.entries, damaged);
  }

  return { verifiedHead, load };
}

function loaded(head: SetHead, entries: ReadonlyMap<string, Entry>, damaged: ReadonlySet<string> = new Set()): Loaded {
  let bytes = 1000;
  for (const entry of entries.values()) bytes += entry.bytes;
  // The store lists in order, but entries that were followed come last.
  const all = [...entries]
    .filter(([id]) => !damaged.has(id))
    .map(([, { stored }]) => stored)
    .sort((a, b) => (idOf(a.key) < idOf(b.key) ? -1 : 1));
  const live = all.filter((stored) => !stored.deleted);
  const get = (id: string) => {
    if (damaged.has(id)) throw integrity(`document ${id}`);
    return entries.get(id)?.stored ?? null;
  };
  return { head, entries, bytes, set: { seq: head.seq, get, all, live, damaged } };
}

const isSameScope = (a: Key, b: Key): boolean => a.length === b.length && a.every((part, i) => part === b[i]);

/** Whether two heads agree in everything that their MAC covers, and in the MAC. */
function isSameHead(a: Head, b: Head): boolean {
  if (a === b) return true;
  if (a.seq !== b.seq || a.sets.size !== b.sets.size || !sameBytes(a.mac, b.mac)) return false;
  if (!sameBytes(a.chain, b.chain) || !isSameScope(a.scope, b.scope)) return false;
  for (const [kind, set] of a.sets) {
    const other = b.sets.get(kind);
    if (!other || other.seq !== set.seq || other.count !== set.count || !sameBytes(other.sum, set.sum)) return false;
  }
  return true;
}

const isPlacedIn = ({ kind, key }: Doc, wanted: Kind, scope: Key): boolean =>
  kind === wanted && isSameScope(key.slice(0, -1), scope);

/** The key that a body is sealed under; null when the body is no envelope, which opening it will say. */
function keyIdOf({ body }: Doc): Uint8Array | null {
  try {
    return envelopeKeyId(body);
  } catch {
    return null;
  }
}

function matches({ head, entries }: Loaded): boolean {
  if (entries.size !== head.count) return false;
  let sum = EMPTY_SUM;
  for (const { tag, claimedTag } of entries.values()) {
    // The next write of this document would take what the store claims out of the sum.
    if (!sameBytes(tag, claimedTag)) return false;
    sum = addTag(sum, tag);
  }
  return sameBytes(sum, head.sum);
}
