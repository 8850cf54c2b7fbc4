import type { Quotas } from '../../src/store/kept.ts';
import type { Commit, Key, Store, TeamId } from '../../src/store/port.ts';

/** A fresh store and what tests do behind its back. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Erases the team's commits before `first`, and notes that, as whoever trims the log will. */
  readonly forget: (team: TeamId, first: number) => Promise<void>;
  /** Erases one commit and notes nothing. */
  readonly damageLog: (team: TeamId, seq: number) => Promise<void>;
  /** Changes one bit of the MAC of a scope's head. */
  readonly forgeHead: (scope: Key) => Promise<void>;
  readonly eraseHead: (scope: Key) => Promise<void>;
  /** Closes and cleans up. */
  readonly dispose: () => Promise<void>;
}

/** With the usual quotas unless others are given. */
export type OpenStore = (quotas?: Quotas) => Promise<StoreUnderTest>;

/** Code of what a promise rejects with; `none` when it does not. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: unknown) => String((error as { code?: unknown }).code),
  );
}

/** The next `count` items. */
export async function take(commits: AsyncIterator<Commit>, count: number): Promise<readonly Commit[]> {
  const taken: Commit[] = [];
  while (taken.length < count) {
    const { done, value } = await commits.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

/** The whole log of a team, page by page. */
export async function wholeLog(store: Store, team: TeamId): Promise<readonly Commit[]> {
  const log: Commit[] = [];
  for (;;) {
    const page = await store.commitsAfter(team, log.length, 500);
    if (page.length === 0) return log;
    log.push(...page);
  }
}
