import { createRetention, type RetentionDeps } from '../../vault/retention.ts';
import { syncDocument } from '../git-sync/sync-model.ts';
import { globalDocument } from './model.ts';

/** Now and then old revisions of a global secret are forgotten, and of how it follows its git file. */
export function createKeeping(deps: RetentionDeps) {
  const retention = createRetention(deps);
  return {
    keeping: retention.keeping(globalDocument, 'globalSecret.prune', ({ fields }) => fields.updatedAt),
    syncKeeping: retention.keeping(syncDocument, 'globalSecret.prune', (stored) => stored.body().status.at),
  };
}
