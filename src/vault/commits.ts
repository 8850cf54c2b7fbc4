import { randomUUID } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import { type AppError, conflict, isAppError } from '../kernel/errors.ts';
import type { ExpiryClock } from '../kernel/expiry-clock.ts';
import type { Keys } from '../keys/keys.ts';
import type { Commit, Made, Store, TeamId, Write } from '../store/port.ts';
import type { Change, CommitRequest } from './change.ts';
import { idOf, placeOf } from './document.ts';
import { sealBytes } from './seal.ts';
import type { SealedBodies } from './set-handing.ts';

export interface CommitsDeps {
  readonly store: Pick<Store, 'commit'>;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly expiry: ExpiryClock;
  /** Is told of what was committed, with what was sealed for it. */
  readonly hand: (made: Made, sealed: SealedBodies) => void;
}

/** With one set of keys after another. */
const ATTEMPTS = 4;

/** Seals and commits, with keys that are still those to seal with when the commit is made. */
export function createCommits({
  store,
  keys,
  clock,
  expiry,
  hand,
}: CommitsDeps): (request: CommitRequest) => Promise<Commit> {
  async function writeOf(change: Change): Promise<Write> {
    if (change.op === 'raw') return change.write;
    if (change.op !== 'put') return change;
    const { kind, key, expected, fields, deleted, replaces } = change;
    const facts = { kind, key, revision: (expected ?? 0) + 1, deleted, fields };
    const sealed = await sealBytes(keys, facts, change.body);
    return { op: 'put', kind, key, expected, deleted, ...(replaces ? { replaces } : {}), ...sealed };
  }

  /** The guards come first: a key that was retired in between fails them. */
  async function sealedWrites(team: TeamId, changes: readonly Change[]) {
    const writes: Write[] = [];
    const sealed = new Map<Uint8Array, { readonly write: Write; readonly plain: Uint8Array }>();
    for (const project of sealedIn(changes)) {
      const guard = await keys.sealingGuard(team, project);
      if (guard) writes.push(guard);
    }
    for (const change of changes) {
      const write = await writeOf(change);
      writes.push(write);
      if (change.op === 'put' && write.op === 'put') sealed.set(write.body, { write, plain: change.body });
    }
    return { writes, sealed };
  }

  return async function commit({ team, actor, operation, changes }: CommitRequest): Promise<Commit> {
    for (let attempt = 1; ; attempt += 1) {
      const { writes, sealed } = await sealedWrites(team, changes).catch((error: unknown) => {
        throw attempt > 1 && isAppError(error) ? keysMoved() : error;
      });
      try {
        const at = clock();
        expiry.requireSteady(at);
        const request = { id: randomUUID(), team, at: at.toISOString(), actor, operation, writes };
        const commit = await store.commit(request, (made) => hand(made, sealed));
        expiry.saw(commit.at);
        return commit;
      } catch (error) {
        const project = movedGuard(writes, error);
        if (project === null) throw error;
        keys.forget(team, project);
        if (attempt === ATTEMPTS) throw keysMoved();
      }
    }
  };
}

/** The projects whose data keys seal what is put. */
function sealedIn(changes: readonly Change[]): ReadonlySet<string> {
  return new Set(
    changes.flatMap((change) => (change.op === 'put' ? (placeOf(change.kind, change.key).project ?? []) : [])),
  );
}

/** The project whose key to seal with was another one by the time of the commit; null: that is not why it failed. */
function movedGuard(writes: readonly Write[], error: unknown): string | null {
  const existing = isAppError(error) && error.code === 'CONFLICT' ? error.details.existing : undefined;
  if (existing?.kind !== 'dek') return null;
  const id = idOf(existing.key);
  const guard = writes.find(({ op, kind, key }) => op === 'check' && kind === 'dek' && idOf(key) === id);
  return guard?.key[1] ?? null;
}

/** Its data key was destroyed, or it is another one again and again. */
const keysMoved = (): AppError =>
  conflict('CHANGED_MEANWHILE', 'The keys that it is kept under have changed meanwhile; try again');
