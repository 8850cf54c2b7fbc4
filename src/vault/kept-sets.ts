import { LRUCache } from 'lru-cache';
import type { Seq } from '../store/port.ts';
import type { Loaded } from './loaded.ts';

const HOUR_MS = 60 * 60 * 1000;

/** Sets that were read, by name, as many as fit; none where `bytes` is 0. */
export function createKeptSets(bytes: number) {
  const cache =
    bytes === 0
      ? null
      : new LRUCache<string, Loaded>({ maxSize: bytes, sizeCalculation: ({ held }) => held.bytes, ttl: HOUR_MS });
  const checkedAt = new WeakMap<Loaded, Seq>();

  /** The team's last commit at which it was known to be current: none up to there changed it since it was read. */
  const currentAt = (set: Loaded): Seq => Math.max(set.head.seq, checkedAt.get(set) ?? 0);

  return {
    get: (name: string) => cache?.get(name),
    currentAt,
    /** Whether nothing was committed since it was looked at. */
    isChecked: (set: Loaded, at: Seq) => checkedAt.get(set) === at,
    /** What is older takes no place of what is newer. */
    keep(name: string, set: Loaded, at: Seq): void {
      if (set.set.damaged.size > 0) return;
      checkedAt.set(set, Math.max(at, checkedAt.get(set) ?? 0));
      const now = cache?.peek(name);
      if (!now || now.head.seq <= set.head.seq) cache?.set(name, set);
    },
  };
}
