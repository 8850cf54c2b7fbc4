import { LRUCache } from 'lru-cache';
import type { Log } from '../kernel/log.ts';
import type { Work } from '../kernel/work.ts';
import type { Keys } from '../keys/keys.ts';
import { createHeads } from '../store/heads.ts';
import type { Commit, Fields, Head, Key, Kind, Made, Seq, SetHead, Store } from '../store/port.ts';
import type { DocumentType } from './document.ts';
import type { DocumentSet } from './document-set.ts';
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

const HOUR_MS = 60 * 60 * 1000;
const nameOf = (kind: Kind, scope: Key): string => `${kind}\0${scope.join('\0')}`;

/** Reads sets, and keeps those read as long as the head says that they did not change. */
export function createSets({ store, keys, log, cacheBytes, work, saw }: SetsDeps) {
  const cache =
    cacheBytes === 0
      ? null
      : new LRUCache<string, Loaded>({
          maxSize: cacheBytes,
          sizeCalculation: ({ held }) => held.bytes,
          ttl: HOUR_MS,
        });

  /** The team's commit at which a set was last known to be current. */
  const checkedAt = new WeakMap<Loaded, Seq>();
  /** Those who want the same at once wait for one of them. */
  const underWay = new Map<string, UnderWay>();

  const verifiedHead = createHeads({ store, mac: () => keys.mac('log') });
  const reading = createSetReading({ store, keys, log, work, verifiedHead });
  const follow = createSetFollowing({ store, keys, reading, saw });

  /** What is older takes no place of what is newer. */
  function keep(name: string, result: Loaded, at: Seq): void {
    if (result.set.damaged.size > 0) return;
    checkedAt.set(result, Math.max(at, checkedAt.get(result) ?? 0));
    const now = cache?.peek(name);
    if (!now || now.head.seq <= result.head.seq) cache?.set(name, result);
  }

  /** The set as of `teamSeq`, or STALE when it has moved since. `headOf` is asked only if the team has moved since the last time. */
  async function load<F extends Fields, B>(
    type: DocumentType<F, B>,
    scope: Key,
    teamSeq: Seq,
    headOf: () => Promise<Head | null>,
  ): Promise<DocumentSet<F, B>> {
    const name = nameOf(type.kind, scope);
    const cached = cache?.get(name);
    if (cached && checkedAt.get(cached) === teamSeq) return cached.set as DocumentSet<F, B>;
    const head = await headOf();
    if (head && head.seq > teamSeq) {
      // A commit came in between: the team's head, which was read with this one, knows it.
      throw STALE;
    }
    const wanted = head?.sets.get(type.kind) ?? EMPTY_SET;
    const result = await refresh(name, type, scope, wanted);
    keep(name, result, teamSeq);
    return result.set as DocumentSet<F, B>;
  }

  async function refresh<F extends Fields, B>(name: string, type: DocumentType<F, B>, scope: Key, wanted: SetHead) {
    const cached = cache?.get(name);
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
    // Commits up to the last look at it did not change it, however many there were.
    const known = cached ? Math.max(cached.head.seq, checkedAt.get(cached) ?? 0) : 0;
    const followed = cached ? await follow(type, scope, cached, { head, known }) : null;
    return followed ?? reading.readWhole(type, scope, head);
  }

  /** Moves on the sets that are kept by what was just committed; those that this cannot be told of are followed when they are asked for. */
  function hand(made: Made, sealed: SealedBodies): void {
    for (const written of made.states) {
      const name = nameOf(written.kind, written.scope);
      const old = cache?.peek(name);
      const next = old && handedOn({ mac: keys.mac('log'), made, sealed }, written, old);
      if (next) keep(name, next, made.commit.seq);
    }
  }

  return { verifiedHead, load, hand };
}
