import { can, type Verb } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { forbidden } from '../../kernel/errors.ts';
import type { StoredEnvironment } from './model.ts';

export function requireOnApps(session: Session, verb: Verb): void {
  if (!can(session.principal, verb, 'app')) throw forbidden();
}

/** Refuses whoever may not change these environments themselves. */
export function requireProtectedApps(session: Session, environments: readonly StoredEnvironment[]): void {
  if (environments.every(({ fields }) => !fields.protected) || can(session.principal, 'writeProtected', 'app')) return;
  throw forbidden('The environment is protected');
}
