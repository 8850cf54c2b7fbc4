import { can, type Verb } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { Sensitivity } from '../../domain/types.ts';
import { forbidden } from '../../kernel/errors.ts';
import type { GroupState } from './model.ts';

export function mayOnGroup(session: Session, verb: Verb, project: string, type: Sensitivity): boolean {
  return can(session.principal, verb, 'secretGroup', { project, type });
}

/** Whether the names of all groups of a project may be told. */
export const mayListGroups = (session: Session, project: string): boolean =>
  mayOnGroup(session, 'list', project, 'secret') && mayOnGroup(session, 'list', project, 'config');

function require(session: Session, verb: Verb, project: string, type: Sensitivity): void {
  if (!mayOnGroup(session, verb, project, type)) throw forbidden();
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** What a change asks for is read off the difference, so that every way to make it asks for the same. */
export function requireMayChange(
  session: Session,
  project: string,
  before: GroupState | null,
  after: GroupState,
): void {
  require(session, 'write', project, after.type);
  if (!before) {
    if (after.links.length > 0) require(session, 'link', project, after.type);
    return;
  }
  require(session, 'write', project, before.type);
  if (before.type !== after.type) {
    require(session, 'changeType', project, before.type);
    require(session, 'changeType', project, after.type);
    // Whoever could not read it as a secret must not make it readable.
    if (before.type === 'secret') require(session, 'read', project, 'secret');
  }
  if (!same(before.restrictions, after.restrictions)) require(session, 'manageRestrictions', project, after.type);
  if (!same(before.links, after.links)) require(session, 'link', project, after.type);
}
