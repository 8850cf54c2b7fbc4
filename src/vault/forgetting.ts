import type { Clock } from '../kernel/clock.ts';
import { isAppError } from '../kernel/errors.ts';
import type { Job } from '../kernel/job.ts';
import type { Limits } from '../kernel/limits.ts';
import type { Key, TeamId } from '../store/port.ts';
import type { Change } from './change.ts';
import { rememberedDocument } from './once.ts';
import type { Vault } from './port.ts';
import { ownAuthor, planOf } from './writer.ts';

export interface ForgettingDeps {
  readonly vault: Pick<Vault, 'page' | 'view' | 'writer'>;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'idempotencyMs'>;
  readonly teams: () => Promise<readonly TeamId[]>;
}

const EVERY_MS = 3_600_000;
/** Records that are read at once, and that one commit removes. */
const BATCH = 100;

/** Removes what creates with an idempotency key were remembered by, once it is old, a batch at a time. */
export function createForgetting({ vault, clock, limits, teams }: ForgettingDeps): Job {
  async function remove(team: TeamId, changes: readonly Change[]): Promise<void> {
    const author = ownAuthor(vault, team, 'system:idempotency');
    await vault.writer.commit(author, planOf(author, 'idempotency.forget', changes));
  }

  async function forget(team: TeamId, signal: AbortSignal): Promise<void> {
    const until = clock().getTime() - limits.idempotencyMs;
    let due: Change[] = [];
    for (let after: Key | undefined; !signal.aborted; ) {
      const page = await vault.page(rememberedDocument, team, after ? { after, limit: BATCH } : { limit: BATCH });
      for (const { key, revision, fields } of page) {
        if (Date.parse(fields.at) > until) continue;
        due.push({ op: 'remove', kind: rememberedDocument.kind, key, expected: revision });
        if (due.length < BATCH) continue;
        await remove(team, due);
        due = [];
      }
      after = page[page.length - 1]?.key;
      if (page.length < BATCH) break;
    }
    if (due.length > 0 && !signal.aborted) await remove(team, due);
  }

  return {
    name: 'forget idempotency keys',
    everyMs: EVERY_MS,
    async run(signal) {
      const failures: unknown[] = [];
      for (const team of await teams()) {
        if (signal.aborted) break;
        await forget(team, signal).catch((error: unknown) => {
          // Another process is at the same records; what it leaves comes in the next turn.
          if (!isAppError(error) || error.code !== 'CONFLICT') failures.push(error);
        });
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
