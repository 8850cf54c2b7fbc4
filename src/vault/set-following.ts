import type { Keys } from '../keys/keys.ts';
import type { Commit, Fields, Key, Kind, Seq, SetHead, Store } from '../store/port.ts';
import { movedState } from '../store/set-hash.ts';
import { type DocumentType, idOf } from './document.ts';
import { type Entry, moved } from './document-set.ts';
import { isWhole, type Loaded, loaded } from './loaded.ts';
import { type createSetReading, entryOf, isPlacedIn } from './set-reading.ts';

/** Past this many commits a whole read is cheaper than following them. */
const FOLLOW = 200;

export interface FollowingDeps {
  readonly store: Store;
  readonly keys: Keys;
  readonly reading: Pick<ReturnType<typeof createSetReading>, 'readOf'>;
  /** Is told of commits that were read on the way. */
  readonly saw: (commit: Commit) => void;
}

/** Brings sets up to date that others wrote to, or this process before it had them. */
export function createSetFollowing({ store, keys, reading, saw }: FollowingDeps) {
  /** What commits touched in a set after one of them, by id; null: more than it pays to follow. */
  async function touchedSince({ kind }: { readonly kind: Kind }, scope: Key, known: Seq) {
    const commits = await store.commitsAfter(scope[0] ?? '', known, FOLLOW);
    if (commits.length === FOLLOW) return null;
    const touched = new Map<string, Key>();
    for (const commit of commits) {
      saw(commit);
      for (const place of [...commit.touched, ...commit.cut]) {
        if (isPlacedIn(place, kind, scope)) touched.set(idOf(place.key), place.key);
      }
    }
    return touched;
  }

  /**
   * Brings an older read up to date by re-reading only what later commits touched; null when that is no use. What was read
   * before was verified then, so the sum moves by the difference, and whatever else happened to the set shows in it.
   * `known`: the last commit at which it was current.
   */
  return async function follow<F extends Fields, B>(
    type: DocumentType<F, B>,
    scope: Key,
    old: Loaded,
    { head, known }: { readonly head: SetHead; readonly known: Seq },
  ): Promise<Loaded | null> {
    const touched = await touchedSince(type, scope, known);
    if (!touched) return null;
    const docs = await store.getMany(type.kind, [...touched.values()]);
    const changes = new Map<string, Entry | undefined>();
    const [removed, added]: [Uint8Array[], Uint8Array[]] = [[], []];
    for (const [i, id] of [...touched.keys()].entries()) {
      const doc = docs[i];
      const next = doc ? await reading.readOf(type, doc) : undefined;
      if (next && !next.isGenuine) return null;
      const before = old.held.entries.get(id);
      if (before) removed.push(before.leaf);
      if (next) added.push(next.leaf);
      changes.set(id, next && entryOf(next));
    }
    const held = moved(type, old.held, changes);
    const state = movedState(keys.mac('log'), old.state, removed, added);
    return isWhole(head, held, state) ? loaded({ type, head, state, held }) : null;
  };
}
