import { envelopeKeyId } from '../crypto/envelope.ts';
import { integrity } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { Work } from '../kernel/work.ts';
import type { Keys } from '../keys/keys.ts';
import { isSameScope, type ReadHead } from '../store/heads.ts';
import type { Doc, Fields, Key, Kind, Mac, SetHead, Store } from '../store/port.ts';
import { EMPTY_STATE, movedState, type SetState } from '../store/set-hash.ts';
import { damagedAmong } from './damage.ts';
import { type DocumentType, idOf, placeOf } from './document.ts';
import { type Entry, moved, NOTHING_HELD } from './document-set.ts';
import { bytesHeld, EMPTY_SET, isSameSet, isWhole, type Loaded, loaded } from './loaded.ts';
import { isGenuine, openBytes, storedFrom } from './seal.ts';
import { STALE } from './stale.ts';

/** A document as it was read: whether it may come into a set is not known yet. */
export interface Read extends Entry {
  /** Whether what the store says of it is what our key makes of what it returned. */
  readonly isGenuine: boolean;
}

export interface ReadingDeps {
  readonly store: Store;
  readonly keys: Keys;
  readonly log: Log;
  readonly work: Work;
  readonly verifiedHead: ReadHead;
}

const PAGE = 5_000;
const NONE_DAMAGED: ReadonlySet<string> = new Set();

/** Reads documents of sets, and whole ones. */
export function createSetReading({ store, keys, log, work, verifiedHead }: ReadingDeps) {
  async function readOf<F extends Fields, B>(type: DocumentType<F, B>, doc: Doc): Promise<Read> {
    await noting(doc);
    const { team, project } = placeOf(doc.kind, doc.key);
    const keyId = keyIdOf(doc);
    const keyFor = await keys.openingKeys(team, project, keyId ? [keyId] : []);
    const incarnation = await keys.incarnationOf(team, project);
    const stored = storedFrom(type, doc, () => openBytes(keys, incarnation, keyFor, doc));
    return { stored, leaf: doc.leaf, isGenuine: isGenuine(keys, incarnation, doc), bytes: bytesHeld(doc) };
  }

  /** Counts what authenticating a document takes. Sets are read for everybody, and kept: nobody's budget ends that. */
  const noting = ({ body }: Doc): Promise<void> | undefined => work.spend({ documents: 1, bytes: body.length });

  async function readAll<F extends Fields, B>(
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

  /** Says which documents are to blame for a set that does not add up, unless it has only moved on since its head was read. */
  async function damagedIn(kind: Kind, scope: Key, wanted: SetHead, found: ReadonlyMap<string, Read>) {
    const now = (await verifiedHead(scope))?.sets.get(kind) ?? EMPTY_SET;
    if (!isSameSet(now, wanted)) throw STALE;
    const damaged = await damagedAmong({ store, keys, kind, scope, found });
    for (const id of damaged) log.error('integrity_failure', { kind, document: [...scope, id].join('/') });
    if (damaged.size === 0) throw integrity(`the set of ${kind} in ${scope.join('/')}`);
    return damaged;
  }

  async function readWhole<F extends Fields, B>(
    type: DocumentType<F, B>,
    scope: Key,
    wanted: SetHead,
  ): Promise<Loaded> {
    const found = await readAll(type, scope);
    const state = stateOf(keys.mac('log'), found);
    const heldBut = (damaged: ReadonlySet<string>) => {
      const entries = [...found].filter(([id]) => !damaged.has(id)).map(([id, read]) => [id, entryOf(read)] as const);
      return moved(type, NOTHING_HELD, new Map(entries));
    };
    const held = heldBut(NONE_DAMAGED);
    if (state !== null && isWhole(wanted, held, state)) return loaded({ type, head: wanted, state, held });
    const damaged = await damagedIn(type.kind, scope, wanted, found);
    return loaded({ type, head: wanted, state: state ?? EMPTY_STATE, held: heldBut(damaged) }, damaged);
  }

  return { readOf, readWhole };
}

export const isPlacedIn = ({ kind, key }: Pick<Doc, 'kind' | 'key'>, wanted: Kind, scope: Key): boolean =>
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
export const entryOf = ({ stored, leaf, bytes }: Read): Entry => ({ stored, leaf, bytes });

/** What these documents add up to; null when one of them is not genuine. */
function stateOf(mac: Mac, found: ReadonlyMap<string, Read>): SetState | null {
  const leaves: Uint8Array[] = [];
  for (const { isGenuine: isOurs, leaf } of found.values()) {
    if (!isOurs) return null;
    leaves.push(leaf);
  }
  return movedState(mac, EMPTY_STATE, [], leaves);
}
