import type { Session } from '../../access/session.ts';
import { subjectOf, Value } from '../../audit/reveal.ts';
import { valueDocument } from './model.ts';
import { mayOnSecrets } from './rights.ts';
import { type Slot, valueKey } from './slots.ts';
import type { ValueRevision } from './values.ts';

/** What one viewer gets to see of the values of app secrets. */

/** Unset ones hide nothing. */
export function textOf(slot: Slot, session: Session): Value {
  const { value } = slot;
  const masked = value !== null && (value.fields.hidden || !mayOnSecrets(session, 'read'));
  return new Value(subjectOf(valueDocument.kind, valueKey(slot)), !masked, () => value?.body().text ?? null);
}

export function pastTextOf({ past, hidden }: ValueRevision, session: Session): Value {
  const masked = !past.deleted && (hidden || !mayOnSecrets(session, 'read'));
  return new Value(subjectOf(valueDocument.kind, past.key), !masked, () => (past.deleted ? null : past.body().text));
}
