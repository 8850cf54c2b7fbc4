import type { Commit, Seq } from '../store/port.ts';

/** A commit that waits, with all that it stands for: from `from` on. */
export interface Waiting {
  readonly from: Seq;
  readonly commit: Commit;
  readonly operations: ReadonlySet<string>;
}

/** More commits than this are a storm. */
export const STORM = 32;

const alone = new WeakMap<Commit, Waiting>();

/** One alone: the same for all channels. */
export function waitingOf(commit: Commit): Waiting {
  const known = alone.get(commit);
  if (known) return known;
  const made = { from: commit.seq, commit, operations: new Set([commit.operation]) };
  alone.set(commit, made);
  return made;
}

/** Coalesces all waiting commits into the newest. */
export function merged(all: readonly Waiting[]): Waiting {
  const [oldest] = all;
  const newest = all.at(-1);
  if (!oldest || !newest) throw new Error('Nothing waits');
  return { ...newest, from: oldest.from, operations: new Set(all.flatMap(({ operations }) => [...operations])) };
}
