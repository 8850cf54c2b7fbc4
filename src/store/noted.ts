import type { Commit, OpenedStore, TeamId } from './port.ts';

/** A store, and the last commit of each team that this process made. */
export interface Noted {
  readonly store: OpenedStore;
  readonly made: () => ReadonlyMap<TeamId, Commit>;
}

/** Remembers what was committed: who puts a store back at once is noticed all the same. */
export function notingCommits(store: OpenedStore): Noted {
  const made = new Map<TeamId, Commit>();
  const noted: OpenedStore = {
    ...store,
    async commit(request, told) {
      const commit = await store.commit(request, told);
      if (commit.seq > (made.get(commit.team)?.seq ?? 0)) made.set(commit.team, commit);
      return commit;
    },
  };
  return { store: noted, made: () => made };
}
