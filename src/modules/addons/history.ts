import type { Session } from '../../access/session.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Limits } from '../../kernel/limits.ts';
import { ownReading, type Vault } from '../../vault/vault.ts';
import { documentOf, OPERATION, type StoredAddon } from './model.ts';
import { mayOnAddon } from './rights.ts';

const DAY = 86_400_000;
/** How often old revisions are looked for: every so many revisions. */
const PRUNE_EVERY = 10;

export interface HistoryDeps {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly limits: Limits;
}

/** The revisions of an addon that are still kept. */
export function createAddonHistory({ vault, clock, limits }: HistoryDeps) {
  async function revisions({ kind, key }: StoredAddon, session: Session): Promise<readonly StoredAddon[]> {
    const mayRead = (): boolean => mayOnAddon(session, 'read', key[1] ?? '');
    const all = await vault.revisions(documentOf(kind), key, { limit: 10_000 }, { work: session.work, mayRead });
    return all.map((stored) => ({ ...stored, kind }));
  }

  /** Now and then forgets revisions beyond the number kept, but none that was the present one within the last day. */
  async function prune(addon: StoredAddon, session: Session): Promise<void> {
    if (addon.revision <= limits.revisionsKept || addon.revision % PRUNE_EVERY !== 0) return;
    const all = await vault.revisions(documentOf(addon.kind), addon.key, { limit: 10_000 }, ownReading());
    const dayAgo = new Date(clock().getTime() - DAY).toISOString();
    // A revision was the present one until the next was made.
    const firstGone = all.findIndex(
      (_each, i) => i >= limits.revisionsKept && (all[i - 1]?.fields.updatedAt ?? '') < dayAgo,
    );
    const before = all[firstGone - 1]?.revision;
    if (before === undefined) return;
    const { kind } = documentOf(addon.kind);
    await session.commit(`${OPERATION[addon.kind]}.prune`, [{ op: 'purge', kind, key: addon.key, before }]);
  }

  return { revisions, prune };
}
