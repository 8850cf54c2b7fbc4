import type { Session } from '../../access/session.ts';
import { conflict, notFound } from '../../kernel/errors.ts';
import type { View } from '../../vault/reading.ts';
import { visibleProject } from '../projects/lookup.ts';
import { groupDocument, type StoredGroup } from './model.ts';
import { mayOnGroup } from './rights.ts';

/** A group by address. */
export interface GroupRef {
  readonly project: string;
  readonly slug: string;
}
/** An update: which group, and the revision that the caller saw. */
export interface GroupUpdate extends GroupRef {
  /** Whether names are meant that change what a workload runs. */
  readonly allowDangerousNames?: boolean | null | undefined;
  readonly expectedRevision?: number | null | undefined;
}

/** How a use case looks its group up. */
export type FindGroup = (ref: GroupRef, view: View, session: Session) => Promise<StoredGroup>;

/** The group, deleted or not, if the caller may see it. */
const storedGroup: FindGroup = async ({ project, slug }, view, session) => {
  await visibleProject(project, view, session);
  const stored = (await view.set(groupDocument, project)).get(slug);
  if (!stored || !mayOnGroup(session, 'list', project, stored.fields.type)) throw notFound('Secret group', slug);
  return stored;
};

export const visibleGroup: FindGroup = async (ref, view, session) => {
  const stored = await storedGroup(ref, view, session);
  if (stored.deleted) throw notFound('Secret group', ref.slug);
  return stored;
};

export const deletedGroup: FindGroup = async (ref, view, session) => {
  const stored = await storedGroup(ref, view, session);
  if (!stored.deleted) throw conflict('NOT_DELETED', 'The secret group is not deleted');
  return stored;
};
