import type { Session } from '../../access/session.ts';
import { createRetention } from '../../vault/retention.ts';
import type { AppSecretsDeps } from './deps.ts';
import { type StoredValue, valueDocument } from './model.ts';

/** Now and then forgets old revisions of a value. */
export function createPrune(deps: Pick<AppSecretsDeps, 'vault' | 'clock' | 'limits'>) {
  const retention = createRetention(deps);
  return async function prune({ key, revision }: StoredValue, session: Session): Promise<void> {
    const madeAt = ({ fields }: StoredValue): string => fields.updatedAt;
    const before = await retention.cut({ type: valueDocument, key, revision, madeAt });
    if (before !== null)
      await session.commit('appSecretValue.prune', [{ op: 'purge', kind: 'appSecretValue', key, before }]);
  };
}
