import type { Log } from '../kernel/log.ts';
import type { Work } from '../kernel/work.ts';
import type { Keys } from '../keys/keys.ts';
import { createHeads } from '../store/heads.ts';
import type { Commit, Fields, Head, Key, Kind, Made, Seq, SetHead, Store } from '../store/port.ts';
import type { DocumentType } from './document.ts';
import type { DocumentSet } from './document-set.ts';
import { createKeptSets } from './kept-sets.ts';
import { EMPTY_SET, isSameSet, type Loaded } from './loaded.ts';
import { createSetFollowing } from './set-following.ts';
import { handedOn, type SealedBodies } from './set-handing.ts';
import { createSetReading } from './set-reading.ts';
import { STALE } from './stale.ts';

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

interface UnderWay {
  readonly wanted: SetHead;
  readonly result: Promise<Loaded>;
}

const nameOf = (kind: Kind, scope: Key): string => `${kind}\0${scope.join('\0')}`;

/** Reads sets, and keeps those read as long as the head says that they did not change. */
export function createSets({ store, keys, log, cacheBytes, work, saw }: SetsDeps) {
  const kept = createKeptSets(cacheBytes);
  /** Those who want the same at once wait for one of them. */
  const underWay = new Map<string, UnderWay>();

  const verifiedHead = createHeads({ store, mac: () => keys.mac('log') });
  const reading = createSetReading({ store, keys, log, work, verifiedHead });
  const follow = createSetFollowing({ store, keys, reading, saw });

  /** The set as of `teamSeq`, or STALE when it has moved since. `headOf` is asked only if the team has moved since the last time. */
  async function load<F extends Fields, B>(
    type: DocumentType<F, B>,
    scope: Key,
    teamSeq: Seq,
    headOf: () => Promise<Head | null>,
  ): Promise<DocumentSet<F, B>> {
    const name = nameOf(type.kind, scope);
    const cached = kept.get(name);
    if (cached && kept.isChecked(cached, teamSeq)) return cached.set as DocumentSet<F, B>;
    const head = await headOf();
    if (head && head.seq > teamSeq) {
      // A commit came in between: the team's head, which was read with this one, knows it.
      throw STALE;
    }
    const wanted = head?.sets.get(type.kind) ?? EMPTY_SET;
    const result = await refresh(name, type, scope, wanted);
    kept.keep(name, result, teamSeq);
    return result.set as DocumentSet<F, B>;
  }

  /** The same where nothing has to be read for it; null: `load` has to. */
  function ready<F extends Fields, B>(type: DocumentType<F, B>, scope: Key, teamSeq: Seq): DocumentSet<F, B> | null {
    const cached = kept.get(nameOf(type.kind, scope));
    return cached && kept.isChecked(cached, teamSeq) ? (cached.set as DocumentSet<F, B>) : null;
  }

  async function refresh<F extends Fields, B>(name: string, type: DocumentType<F, B>, scope: Key, wanted: SetHead) {
    const cached = kept.get(name);
    if (cached && isSameSet(cached.head, wanted)) return cached;
    // It was followed, or handed on, past the commit that is asked about.
    if (cached && cached.head.seq > wanted.seq) throw STALE;
    const other = underWay.get(name);
    if (other && isSameSet(other.wanted, wanted)) return other.result;
    const result = anew(type, scope, cached, wanted);
    const mine = { wanted, result };
    underWay.set(name, mine);
    try {
      return await result;
    } finally {
      if (underWay.get(name) === mine) underWay.delete(name);
    }
  }

  async function anew<F extends Fields, B>(
    type: DocumentType<F, B>,
    scope: Key,
    cached: Loaded | undefined,
    head: SetHead,
  ): Promise<Loaded> {
    const followed = cached ? await follow(type, scope, cached, { head, known: kept.currentAt(cached) }) : null;
    return followed ?? reading.readWhole(type, scope, head);
  }

  /** Moves on the sets that are kept by what was just committed; those that this cannot be told of are followed when they are asked for. */
  function hand(made: Made, sealed: SealedBodies): void {
    for (const written of made.states) {
      const name = nameOf(written.kind, written.scope);
      const old = kept.get(name);
      const next = old && handedOn({ mac: keys.mac('log'), made, sealed }, written, old);
      if (next) kept.keep(name, next, made.commit.seq);
    }
  }

  return { verifiedHead, load, ready, hand };
}
