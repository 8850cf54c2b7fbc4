import type { Session } from '../../access/session.ts';
import type { Sensitivity } from '../../domain/types.ts';
import { mayOnGlobal } from '../global-secrets/rights.ts';
import { pendingStatus, type StoredSync, type SyncStatus } from './sync-model.ts';

/** How it stands with a git file, as one viewer sees it. A name in a secret file is the name of a key. */
export function statusFor(type: Sensitivity, sync: StoredSync | null, session: Session): SyncStatus {
  const status = sync?.body().status ?? pendingStatus(new Date(0).toISOString());
  return mayOnGlobal(session, 'listKeys', type) ? status : { ...status, member: null };
}
