import { LRUCache } from 'lru-cache';
import { envelopeKeyId } from '../crypto/envelope.ts';
import { AppError, integrity } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { Work } from '../kernel/work.ts';
import type { Keys } from '../keys/keys.ts';
import { sameBytes } from '../store/chain.ts';
import { createHeads, isSameScope } from '../store/heads.ts';
import type { Commit, Doc, Fields, Head, Key, Kind, Mac, Seq, SetHead, Store } from '../store/port.ts';
import { EMPTY_STATE, EMPTY_SUM, movedState, type SetState, sumOf } from '../store/set-hash.ts';
import { damagedAmong } from './damage.ts';
import { type DocumentType, idOf, placeOf } from './document.ts';
import { type DocumentSet, type Entry, HeldSet, type Holding, moved, NOTHING_HELD } from './document-set.ts';
import { isGenuine, openBytes, storedFrom } from './seal.ts';

/** A document as it was read: whether it may come into a set is not known yet. */
interface Read extends Entry {
  /** Whether what the store says of it is what our key makes of what it returned. */
  readonly isGenuine: boolean;
}

interface Loaded {
  readonly head: SetHead;
  /** What its leaves add up to. */
  readonly state: SetState;
  readonly held: Holding;
  readonly set: DocumentSet<Fields, unknown>;
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
          sizeCalculation: ({ held }) => held.bytes,
          ttl: 60 * 60 * 1000,
        });

  /** The team's commit at which a set was last known to be current. */
  const checkedAt = new WeakMap<Loaded, Seq>();

  const verifiedHead = createHeads({ store, mac: () => keys.mac('log') });

  async function readOf<F extends Fields, B>(type: DocumentType<F, B>, doc: Doc): Promise<Read> {
    await noting(doc);
    const { team, project } = placeOf(doc.kind, doc.key);
    const keyId = keyIdOf(doc);
    const keyFor = await keys.openingKeys(team, project, keyId ? [keyId] : []);
    const incarnation = await keys.incarnationOf(team, project);
    const stored = storedFrom(type, doc, () => openBytes(keys, incarnation, keyFor, doc));
    const bytes = 500 + doc.body.length * OPENED_FACTOR;
    return { stored, leaf: doc.leaf, isGenuine: isGenuine(keys, incarnation, doc), bytes };
  }

  /** Counts what authenticating a document takes. Sets are read for everybody, and kept: nobody's budget ends that. */
  const noting = ({ body }: Doc): Promise<void> | undefined => work.spend({ documents: 1, bytes: body.length });

  async function readWhole<F extends Fields, B>(
    type: DocumentType<F, B>,
    scope: Key,
  ): Promise<ReadonlyMap<string, Read>> {
    const found = new Map<string, Read>();
    for (let after: Key | undefined; ; ) {
      const page = await store.list(type.kind, scope, after ? { after, limit: PAGE } : { limit: PAGE });
      for (const doc of page) {
        const read = await readOf(type, doc);
        if (isPlacedIn(doc, type.kind, scope)) found.set(idOf(doc.key), read);
        // A copy from elsewhere says nothing about the document whose place it took: that one is missing.
        else log.error('integrity_failure', { kind: type.kind, document: `${scope.join('/')}/?` });
      }
      if (page.length < PAGE) return found;
      after = page[page.length - 1]?.key;
    }
  }

  /** What commits touched in a set since it was known to be current, by id; null: more than it pays to follow. */
  async function touchedSince(type: { readonly kind: Kind }, scope: Key, old: Loaded) {
    // Commits up to the last look at it did not change it, however many there were.
    const known = Math.max(old.head.seq, checkedAt.get(old) ?? 0);
    const commits = await store.commitsAfter(scope[0] ?? '', known, FOLLOW);
    if (commits.length === FOLLOW) return null;
    const touched = new Map<string, Key>();
    for (const commit of commits) {
      saw(commit);
      for (const { kind, key } of [...commit.touched, ...commit.cut]) {
        if (kind === type.kind && isSameScope(key.slice(0, -1), scope)) touched.set(idOf(key), key);
      }
    }
    return touched;
  }

  /**
   * Brings an older read up to date by re-reading only what later commits touched; null when that is no use. What was read
   * before was verified then, so the sum moves by the difference, and whatever else happened to the set shows in it.
   */
  async function follow<F extends Fields, B>(
    type: DocumentType<F, B>,
    scope: Key,
    old: Loaded,
    head: SetHead,
  ): Promise<Loaded | null> {
    const touched = await touchedSince(type, scope, old);
    if (!touched) return null;
    const docs = await store.getMany(type.kind, [...touched.values()]);
    const changes = new Map<string, Entry | undefined>();
    const [removed, added]: [Uint8Array[], Uint8Array[]] = [[], []];
    for (const [i, id] of [...touched.keys()].entries()) {
      const doc = docs[i];
      const next = doc ? await readOf(type, doc) : undefined;
      if (next && !next.isGenuine) return null;
      const before = old.held.entries.get(id);
      if (before) removed.push(before.leaf);
      if (next) added.push(next.leaf);
      changes.set(id, next && entryOf(next));
    }
    const held = moved(type, old.held, changes);
    const state = movedState(keys.mac('log'), old.state, removed, added);
    return held.entries.size === head.count && sameBytes(sumOf(state), head.sum) ? loaded(head, state, held) : null;
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
    if (head && head.seq > teamSeq) {
      // A commit came in between: the team's head, which was read with this one, knows it.
      throw STALE;
    }
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
    const found = await readWhole(type, scope);
    const state = stateOf(keys.mac('log'), found);
    const isWhole = state !== null && found.size === wanted.count && sameBytes(sumOf(state), wanted.sum);
    const damaged = isWhole ? NONE_DAMAGED : await damagedIn(type.kind, scope, wanted, found);
    const entries = [...found].filter(([id]) => !damaged.has(id)).map(([id, read]) => [id, entryOf(read)] as const);
    return loaded(wanted, state ?? EMPTY_STATE, moved(type, NOTHING_HELD, new Map(entries)), damaged);
  }

  /** Says which documents are to blame for a set that does not add up, unless it has only moved on since its head was read. */
  async function damagedIn(kind: Kind, scope: Key, wanted: SetHead, found: ReadonlyMap<string, Read>) {
    const now = (await verifiedHead(scope))?.sets.get(kind) ?? EMPTY_SET;
    if (now.seq !== wanted.seq || !sameBytes(now.sum, wanted.sum)) throw STALE;
    const damaged = await damagedAmong({ store, keys, kind, scope, found });
    for (const id of damaged) log.error('integrity_failure', { kind, document: [...scope, id].join('/') });
    if (damaged.size === 0) throw integrity(`the set of ${kind} in ${scope.join('/')}`);
    return damaged;
  }

  return { verifiedHead, load };
}

const NONE_DAMAGED: ReadonlySet<string> = new Set();

const loaded = (head: SetHead, state: SetState, held: Holding, damaged = NONE_DAMAGED): Loaded => ({
  head,
  state,
  held,
  set: new HeldSet(head, held, damaged),
});

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

/** What is kept of a document. */
const entryOf = ({ stored, leaf, bytes }: Read): Entry => ({ stored, leaf, bytes });

/** What these documents add up to; null when one of them is not genuine. */
function stateOf(mac: Mac, found: ReadonlyMap<string, Read>): SetState | null {
  const leaves: Uint8Array[] = [];
  for (const { isGenuine, leaf } of found.values()) {
    if (!isGenuine) return null;
    leaves.push(leaf);
  }
  return movedState(mac, EMPTY_STATE, [], leaves);
}
