import type { Head, OpenedStore, Seq } from '../store/port.ts';

/** The last commit of a team, by its number and its MAC, to which all before it are chained. */
export interface Position {
  readonly seq: Seq;
  readonly mac: string;
}
export type Positions = Readonly<Record<string, Position>>;

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export const positionsOf = (heads: readonly Head[]): Positions =>
  Object.fromEntries(heads.map(({ scope, seq, chain }) => [scope[0] ?? '', { seq, mac: hexOf(chain) }]));

/** A store, and how far its teams had come by the commits that this process made. */
export interface Noted {
  readonly store: OpenedStore;
  readonly made: () => Positions;
}

/** Remembers what was committed: who puts a store back at once is noticed all the same. */
export function notingCommits(store: OpenedStore): Noted {
  const made = new Map<string, { readonly seq: Seq; readonly mac: Uint8Array }>();
  const noted: OpenedStore = {
    ...store,
    async commit(request) {
      const commit = await store.commit(request);
      if (commit.seq > (made.get(commit.team)?.seq ?? 0)) made.set(commit.team, commit);
      return commit;
    },
  };
  return {
    store: noted,
    made: () => Object.fromEntries([...made].map(([team, { seq, mac }]) => [team, { seq, mac: hexOf(mac) }])),
  };
}
