import { can, type Verb } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { Sensitivity } from '../../domain/types.ts';
import { forbidden } from '../../kernel/errors.ts';

export const mayOnAccount = (session: Session, verb: Verb, type: Sensitivity): boolean =>
  can(session.principal, verb, 'vcsAccount', { type });

function require(session: Session, verb: Verb, type: Sensitivity): void {
  if (!mayOnAccount(session, verb, type)) throw forbidden();
}

/** What a change of an account asks for. `before` null: there was none. */
export function requireMayPut(session: Session, before: Sensitivity | null, after: Sensitivity): void {
  require(session, 'write', after);
  if (before === null || before === after) return;
  require(session, 'write', before);
  require(session, 'changeType', before);
  require(session, 'changeType', after);
  if (before === 'config') return;
  // Whoever could not read what came through it must not make that readable.
  require(session, 'read', 'secret');
  if (!can(session.principal, 'read', 'globalSecret', { type: 'secret' })) throw forbidden();
}
