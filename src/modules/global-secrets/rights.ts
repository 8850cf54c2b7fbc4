import { can, type Verb } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { Sensitivity } from '../../domain/types.ts';

/** Global secrets belong to the team: a grant for named projects does not reach them. */
export const mayOnGlobal = (session: Pick<Session, 'principal'>, verb: Verb, type: Sensitivity): boolean =>
  can(session.principal, verb, 'globalSecret', { type });
