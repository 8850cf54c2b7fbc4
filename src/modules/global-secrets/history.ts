import type { Session } from '../../access/session.ts';
import { createRetention, type RetentionDeps } from '../../vault/retention.ts';
import { type StoredSync, syncDocument } from '../git-sync/sync-model.ts';
import { globalDocument, type StoredGlobal } from './model.ts';

export type PruneDeps = RetentionDeps;

/** Now and then forgets old revisions of a global secret, and of how it follows its git file. */
export function createPrune(deps: PruneDeps) {
  const retention = createRetention(deps);

  async function prune({ key, revision }: StoredGlobal, session: Session): Promise<void> {
    const madeAt = ({ fields }: StoredGlobal): string => fields.updatedAt;
    const before = await retention.cut({ type: globalDocument, key, revision, madeAt });
    if (before !== null)
      await session.commit('globalSecret.prune', [{ op: 'purge', kind: 'globalSecret', key, before }]);
  }

  async function pruneSync({ key, revision }: StoredSync, session: Session): Promise<void> {
    const madeAt = (stored: StoredSync): string => stored.body().status.at;
    const before = await retention.cut({ type: syncDocument, key, revision, madeAt });
    if (before !== null) await session.commit('globalSecret.prune', [{ op: 'purge', kind: 'gitSync', key, before }]);
  }

  return { prune, pruneSync };
}
