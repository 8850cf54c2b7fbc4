import type { ChangeStream, Collection } from 'mongodb';
import type { Log } from '../../kernel/log.ts';
import type { TeamId } from '../port.ts';
import type { CommitRecord } from './records.ts';
import { pause } from './retry.ts';

interface FeedDeps {
  readonly commits: Collection<CommitRecord>;
  readonly wake: (team: TeamId) => void;
  readonly wakeAll: () => void;
  readonly log: Log;
}

/**
 * One change stream for all watches of the process. It only says that a team has something new; what that is, watches read
 * from the log by number. So a stream that was lost, even with its place in the server's history, costs nothing but a new
 * one: once that is open everyone looks at the log again.
 */
export function createFeed({ commits, wake, wakeAll, log }: FeedDeps) {
  let stream: ChangeStream<CommitRecord> | null = null;
  let running: Promise<void> | null = null;
  let closed = false;

  function announce(change: unknown): void {
    const record = (change as { fullDocument?: { team?: unknown } } | null)?.fullDocument;
    if (typeof record?.team === 'string') wake(record.team);
  }

  async function follow(): Promise<void> {
    const opened = commits.watch([{ $match: { operationType: 'insert' } }]);
    stream = opened;
    try {
      // Asks the server, so that from here on nothing is missed; what came before is in the log.
      announce(await opened.tryNext());
      wakeAll();
      while (!closed) announce(await opened.next());
    } finally {
      await opened.close().catch(() => {});
    }
  }

  async function run(): Promise<void> {
    for (let failures = 0; !closed; ) {
      const began = performance.now();
      try {
        await follow();
      } catch {
        if (closed) return;
        failures = performance.now() - began > 10_000 ? 0 : failures + 1;
        log.warn('store_feed_lost', { failures });
        await pause(failures);
      }
    }
  }

  return {
    /** Begins to follow, once. */
    start(): void {
      if (!closed) running ??= run();
    },
    async close(): Promise<void> {
      closed = true;
      await stream?.close().catch(() => {});
      await running;
    },
  };
}
