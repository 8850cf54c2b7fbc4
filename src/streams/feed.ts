import { setTimeout as sleep } from 'node:timers/promises';
import { isAppError } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { Commit, Seq, TeamId } from '../store/port.ts';
import type { Vault } from '../vault/port.ts';

export interface FeedDeps<Prepared> {
  readonly vault: Pick<Vault, 'watch' | 'commits'>;
  readonly log: Log;
  readonly team: TeamId;
  /** The commit after which it begins. */
  readonly from: Seq;
  /** Reads what is needed to take a commit. When it fails the commit comes again. */
  readonly prepare: (commit: Commit) => Promise<Prepared>;
  /** Called with each commit in order, at the moment when `position` moves. */
  readonly take: (commit: Commit, prepared: Prepared) => void;
  /** The log cannot be followed any further: history is gone, or it has failed for long. */
  readonly lost: () => void;
}

/** A team's commits as they come, read once for all who listen in this process. */
export interface Feed {
  /** The last commit that came. */
  readonly position: () => Seq;
  /** Some of the commits between `seq` and `position`, oldest first, none only at the end; HISTORY_EXPIRED when they are gone. */
  since(seq: Seq): Promise<readonly Commit[]>;
  close(): void;
}

const KEPT = 1_000;
const PAGE = 500;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
/** Failures in a row after which listeners are better off elsewhere: about ten seconds. */
const PATIENCE = 10;

export function openFeed<Prepared>({ vault, log, team, from, prepare, take, lost }: FeedDeps<Prepared>): Feed {
  const stop = new AbortController();
  const { signal } = stop;
  let position = from;
  let recent: Commit[] = [];
  let failures = 0;

  async function follow(): Promise<void> {
    for await (const commit of vault.watch(team, position, signal)) {
      if (signal.aborted) return;
      const prepared = await prepare(commit);
      if (signal.aborted) return;
      failures = 0;
      recent.push(commit);
      if (recent.length > 2 * KEPT) recent = recent.slice(-KEPT);
      position = commit.seq;
      take(commit, prepared);
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await follow();
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        const code = isAppError(error) ? error.code : 'INTERNAL';
        log.warn('stream_feed_failed', { team, code, failures });
        if (code === 'HISTORY_EXPIRED' || failures >= PATIENCE) return lost();
      }
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
      await sleep(pause, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** Earlier ones that somebody asked for: after a break all who come again ask for the same. */
  function keep(found: readonly Commit[]): void {
    const first = recent[0]?.seq ?? position + 1;
    const earlier = found.filter((commit) => commit.seq < first);
    const reaches = earlier.at(-1)?.seq === first - 1;
    if (reaches && earlier.length + recent.length <= KEPT) recent = [...earlier, ...recent];
  }

  void run();
  return {
    position: () => position,
    async since(seq) {
      if (seq >= position) return [];
      const first = recent[0]?.seq;
      if (first !== undefined && first <= seq + 1) return recent.slice(seq + 1 - first);
      const end = position;
      const found = (await vault.commits(team, seq, PAGE)).filter((commit) => commit.seq <= end);
      keep(found);
      return found;
    },
    close: () => stop.abort(),
  };
}
