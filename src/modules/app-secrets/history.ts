import type { Keeping } from '../../vault/order.ts';
import { createRetention } from '../../vault/retention.ts';
import type { AppSecretsDeps } from './deps.ts';
import { valueDocument } from './model.ts';

/** Now and then old revisions of a value are forgotten. */
export const createKeeping = (deps: Pick<AppSecretsDeps, 'vault' | 'clock' | 'limits'>): Keeping =>
  createRetention(deps).keeping(valueDocument, 'appSecretValue.prune', ({ fields }) => fields.updatedAt);
