import { notFound } from '../../kernel/errors.ts';
import type { View } from '../../vault/vault.ts';
import type { Session } from '../access/session.ts';
import { visibleProject } from '../projects/service.ts';
import { groupDocument, type StoredGroup } from './model.ts';
import { mayOnGroup } from './rights.ts';

/** A group by address. */
export interface GroupRef {
  readonly project: string;
  readonly slug: string;
}

/** The group, deleted or not, if the caller may see it. */
export async function storedGroup({ project, slug }: GroupRef, view: View, session: Session): Promise<StoredGroup> {
  await visibleProject(project, view, session);
  const stored = (await view.set(groupDocument, project)).get(slug);
  if (!stored || !mayOnGroup(session, 'list', project, stored.fields.type)) throw notFound(`Secret group ${slug}`);
  return stored;
}

export async function visibleGroup(ref: GroupRef, view: View, session: Session): Promise<StoredGroup> {
  const stored = await storedGroup(ref, view, session);
  if (stored.deleted) throw notFound(`Secret group ${ref.slug}`);
  return stored;
}
