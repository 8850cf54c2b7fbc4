import { integrity, isAppError } from '../kernel/errors.ts';
import type { Keys } from '../keys/keys.ts';
import { FIRST_CHAIN, sameBytes, verifyCommits, WHOLE_LOG } from '../store/chain.ts';
import type { ReadHead } from '../store/heads.ts';
import type { Commit, Seq, Store, TeamId } from '../store/port.ts';

export interface LogDeps {
  readonly store: Pick<Store, 'commitsAfter'>;
  readonly keys: Keys;
  readonly headOf: ReadHead;
}

/** A busy team moves on between two reads. */
const ATTEMPTS = 8;

/** Pages of a team's log: each commit is chained to the one before it, and no page ends before the log does. */
export function createLog({ store, keys, headOf }: LogDeps) {
  async function read(team: TeamId, seq: Seq, limit: number) {
    // The one before carries the MAC that the first of these is chained to.
    const asked = seq > 0 ? limit + 1 : limit;
    const found = await store.commitsAfter(team, Math.max(0, seq - 1), asked);
    const [before] = seq > 0 ? found : [];
    const commits = before ? found.slice(1) : found;
    verifyCommits(keys.mac('log'), before?.mac ?? FIRST_CHAIN, commits);
    return { commits, isShort: found.length < asked, last: found[found.length - 1] ?? null };
  }

  /** What the store calls forgotten was forgotten only if the team's head, which is ours, says so. */
  async function readKept(team: TeamId, seq: Seq, limit: number) {
    try {
      return await read(team, seq, limit);
    } catch (error) {
      if (!isAppError(error) || error.code !== 'HISTORY_EXPIRED') throw error;
      const { start } = (await headOf([team])) ?? { start: WHOLE_LOG };
      if (start.seq > seq) throw error;
      if (start.seq < seq) throw integrity(`the beginning of the log of ${team}`);
      const commits = await store.commitsAfter(team, seq, limit);
      verifyCommits(keys.mac('log'), start.mac, commits);
      return { commits, isShort: commits.length < limit, last: commits[commits.length - 1] ?? null };
    }
  }

  /** Whether the team's head ends where the log does; `last`: of what was asked for from `seq` on. */
  async function isEnd(team: TeamId, seq: Seq, last: Commit | null): Promise<boolean> {
    const head = await headOf([team]);
    if (!last) return (head?.seq ?? 0) < Math.max(1, seq);
    return head !== null && head.seq === last.seq && sameBytes(head.chain, last.mac);
  }

  return async function commitsAfter(team: TeamId, seq: Seq, limit: number): Promise<readonly Commit[]> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const { commits, isShort, last } = await readKept(team, seq, limit);
      if (!isShort || (await isEnd(team, seq, last))) return commits;
    }
    throw integrity(`the end of the log of ${team}`);
  };
}
