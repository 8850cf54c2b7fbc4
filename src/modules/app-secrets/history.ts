import type { Session } from '../../access/session.ts';
import { ownReading } from '../../vault/vault.ts';
import type { AppSecretsDeps } from './deps.ts';
import { type StoredValue, valueDocument } from './model.ts';

const DAY = 86_400_000;
/** How often old revisions are looked for: every so many revisions. */
const PRUNE_EVERY = 10;

/** Forgets revisions of a value beyond the number kept, but none that was the present one within the last day. */
export function createPrune({ vault, clock, limits }: Pick<AppSecretsDeps, 'vault' | 'clock' | 'limits'>) {
  return async function prune({ key, revision }: StoredValue, session: Session): Promise<void> {
    if (revision <= limits.revisionsKept || revision % PRUNE_EVERY !== 0) return;
    const all = await vault.revisions(valueDocument, key, { limit: 10_000 }, ownReading());
    const dayAgo = new Date(clock().getTime() - DAY).toISOString();
    // A revision was the present one until the next was made.
    const firstGone = all.findIndex(
      (_each, i) => i >= limits.revisionsKept && (all[i - 1]?.fields.updatedAt ?? '') < dayAgo,
    );
    const before = all[firstGone - 1]?.revision;
    if (before === undefined) return;
    await session.commit('appSecretValue.prune', [{ op: 'purge', kind: 'appSecretValue', key, before }]);
  };
}
