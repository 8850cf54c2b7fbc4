import type { Session } from '../../access/session.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Limits } from '../../kernel/limits.ts';
import { ownReading, type Vault } from '../../vault/vault.ts';
import { type StoredSync, syncDocument } from '../git-sync/sync-model.ts';
import { globalDocument, type StoredGlobal } from './model.ts';

const DAY = 86_400_000;
/** How often old revisions are looked for: every so many revisions. */
const PRUNE_EVERY = 10;

export interface PruneDeps {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** Forgets revisions beyond the number kept, but none that was the present one within the last day. */
export function createPrune({ vault, clock, limits }: PruneDeps) {
  const isOften = (revision: number): boolean => revision > limits.revisionsKept && revision % PRUNE_EVERY === 0;

  /** `ages`: when each revision was made, the present one first. The oldest that is kept; undefined: all are. */
  function oldestKept(ages: readonly { readonly revision: number; readonly at: string }[]): number | undefined {
    const dayAgo = new Date(clock().getTime() - DAY).toISOString();
    // A revision was the present one until the next was made.
    const firstGone = ages.findIndex((_each, i) => i >= limits.revisionsKept && (ages[i - 1]?.at ?? '') < dayAgo);
    return ages[firstGone - 1]?.revision;
  }

  async function purge(kind: 'globalSecret' | 'gitSync', key: readonly string[], before: number, session: Session) {
    await session.commit('globalSecret.prune', [{ op: 'purge', kind, key, before }]);
  }

  async function prune({ key, revision }: StoredGlobal, session: Session): Promise<void> {
    if (!isOften(revision)) return;
    const all = await vault.revisions(globalDocument, key, { limit: 10_000 }, ownReading());
    const before = oldestKept(all.map((each) => ({ revision: each.revision, at: each.fields.updatedAt })));
    if (before !== undefined) await purge('globalSecret', key, before, session);
  }

  async function pruneSync({ key, revision }: StoredSync, session: Session): Promise<void> {
    if (!isOften(revision)) return;
    const all = await vault.revisions(syncDocument, key, { limit: 10_000 }, ownReading());
    const before = oldestKept(all.map((each) => ({ revision: each.revision, at: each.body().status.at })));
    if (before !== undefined) await purge('gitSync', key, before, session);
  }

  return { prune, pruneSync };
}
