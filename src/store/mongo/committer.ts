import type { ClientSession, MongoClient } from 'mongodb';
import { isAppError, unavailable } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { Quotas } from '../kept.ts';
import type { Commit, Mac, Made, NewCommit, TeamId } from '../port.ts';
import { applyBatch, type Outcome } from './batch.ts';
import { type Collections, TRANSACTION } from './collections.ts';
import { isRefusal, isUncertain, mapped } from './errors.ts';
import { type Patience, pause, retrying } from './retry.ts';

export interface CommitterDeps {
  readonly client: MongoClient;
  readonly collections: Collections;
  readonly mac: Mac;
  readonly quotas: Quotas;
  readonly log: Log;
  readonly patience: Patience;
  /** Called once a transaction that is begun. */
  readonly onAttempt: () => void;
  /** Most commits in one transaction. */
  readonly batchSize: number;
}

interface Waiting {
  readonly request: NewCommit;
  readonly settle: (outcome: Outcome) => void;
}

const BATCH_BYTES = 8 * 1024 * 1024;
/** Past this many waiting commits of one team, refusing is kinder than queueing. */
const QUEUE = 10_000;
const COMMIT_ATTEMPTS = 4;

/** The same commit again while nobody knows whether it happened: that is safe, and mostly answers. */
async function commitSurely(session: ClientSession): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await session.commitTransaction();
      return;
    } catch (error) {
      if (!isUncertain(error) || attempt === COMMIT_ATTEMPTS) throw error;
      await pause(attempt);
    }
  }
}

/**
 * One transaction. It may end without anybody knowing how, still open on the server and holding what it wrote for a minute
 * there; the next one of the same session ends it. So a team's transactions share a session.
 */
async function transact(
  { collections, mac, quotas, onAttempt }: CommitterDeps,
  session: ClientSession,
  batch: readonly NewCommit[],
): Promise<readonly Outcome[]> {
  onAttempt();
  await collections.ensure(new Set(batch.flatMap(({ writes }) => writes.map(({ kind }) => kind))));
  try {
    session.startTransaction(TRANSACTION);
    const outcomes = await applyBatch({ collections, mac, quotas, session }, batch);
    await commitSurely(session);
    return outcomes;
  } catch (error) {
    // Ends a transaction that was not yet to be committed.
    await session.abortTransaction().catch(() => {});
    throw error;
  }
}

/**
 * One outcome a commit. Whatever becomes of an attempt, the next one begins by looking the commits' ids up, so each takes
 * effect once. A batch that the server refuses is tried commit by commit: one too large must not fail the others.
 */
async function settleBatch(
  deps: CommitterDeps,
  session: ClientSession,
  batch: readonly NewCommit[],
): Promise<readonly Outcome[]> {
  try {
    return await retrying(() => transact(deps, session, batch), deps.patience);
  } catch (error) {
    if (isRefusal(error) && batch.length > 1) {
      const outcomes: Outcome[] = [];
      for (const request of batch) outcomes.push(...(await settleBatch(deps, session, [request])));
      return outcomes;
    }
    deps.log.error('store_commit_failed', { commits: batch.length });
    return batch.map(() => mapped(error));
  }
}

const sizeOf = ({ writes }: NewCommit): number =>
  writes.reduce((sum, write) => sum + (write.op === 'put' ? write.body.length : 0) + 1000, 0);

function nextBatch(queue: Waiting[], batchSize: number): readonly Waiting[] {
  let bytes = 0;
  let count = 0;
  for (const { request } of queue) {
    bytes += sizeOf(request);
    if (count === batchSize || (count > 0 && bytes > BATCH_BYTES)) break;
    count += 1;
  }
  return queue.splice(0, count);
}

/**
 * Commits of a team, one transaction at a time: those that wait while one is under way share the next, so writers of one
 * process never fight each other over the team's head.
 */
export function createCommitter(deps: CommitterDeps) {
  const queues = new Map<TeamId, Waiting[]>();
  const running = new Set<Promise<void>>();
  const sessions = new Map<TeamId, ClientSession>();

  function sessionOf(team: TeamId): ClientSession {
    const known = sessions.get(team);
    if (known) return known;
    // Each transaction reads what is there now: nothing follows from when the one before it was.
    const session = deps.client.startSession({ causalConsistency: false });
    sessions.set(team, session);
    return session;
  }

  async function drain(team: TeamId, queue: Waiting[]): Promise<void> {
    // Lets everyone who is ready in this turn of the event loop join.
    await null;
    while (queue.length > 0) {
      const batch = nextBatch(queue, deps.batchSize);
      const outcomes = await settleBatch(
        deps,
        sessionOf(team),
        batch.map(({ request }) => request),
      );
      for (const [i, { settle }] of batch.entries()) settle(outcomes[i] ?? unavailable('The commit was not answered'));
    }
    queues.delete(team);
  }

  function start(team: TeamId): Waiting[] {
    const queue: Waiting[] = [];
    queues.set(team, queue);
    const run = drain(team, queue).finally(() => running.delete(run));
    running.add(run);
    return queue;
  }

  async function commit(request: NewCommit, made?: (made: Made) => void): Promise<Commit> {
    const queue = queues.get(request.team) ?? start(request.team);
    if (queue.length >= QUEUE) throw unavailable('Too many commits are waiting; try again later');
    const outcome = await new Promise<Outcome>((settle) => queue.push({ request, settle }));
    if (isAppError(outcome)) throw outcome;
    if (!('steps' in outcome)) return outcome;
    made?.(outcome);
    return outcome.commit;
  }

  /** Resolves when no commit is under way. */
  async function idle(): Promise<void> {
    while (running.size > 0) await Promise.all(running);
  }
  return { commit, idle };
}
