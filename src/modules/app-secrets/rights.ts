import { can, type Verb } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { forbidden } from '../../kernel/errors.ts';
import type { StoredEnvironment } from '../apps/model.ts';
import type { StoredValue } from './model.ts';

/** App secrets belong to the team, and all of them are secrets. */
export const mayOnSecrets = (session: Session, verb: Verb): boolean =>
  can(session.principal, verb, 'appSecret', { type: 'secret' });

export function requireOnSecrets(session: Session, verb: Verb): void {
  if (!mayOnSecrets(session, verb)) throw forbidden();
}

/** Which values are set where is for those who may see keys. */
export function requireKeys(session: Session): void {
  if (!mayOnSecrets(session, 'listKeys')) throw forbidden('You do not have permission to see which values are set');
}

/** Refuses whoever may not change values in one of these environments. */
export function requireProtected(session: Session, environments: readonly StoredEnvironment[]): void {
  if (environments.every(({ fields }) => !fields.protected) || mayOnSecrets(session, 'writeProtected')) return;
  throw forbidden('The environment is protected');
}

/**
 * Whether the caller may know that two values are equal: whoever could only write one of them would learn the other by
 * guessing. So it takes the right to get both texts, which hidden ones give to rendering alone.
 */
export function mayCompare(session: Session, a: StoredValue, b: StoredValue): boolean {
  const mayRender = mayOnSecrets(session, 'resolve');
  return mayRender || (!a.fields.hidden && !b.fields.hidden && mayOnSecrets(session, 'read'));
}
