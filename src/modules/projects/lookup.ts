import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { notFound } from '../../kernel/errors.ts';
import type { DocumentSet } from '../../vault/document-set.ts';
import type { View } from '../../vault/reading.ts';
import { type ProjectBody, type ProjectFields, projectDocument, type StoredProject } from './model.ts';

type ProjectSet = DocumentSet<ProjectFields, ProjectBody>;

/** The project if it lives and the caller may see it; what one may not see does not exist. */
export async function visibleProject(slug: string, view: View, session: Session): Promise<StoredProject> {
  return visibleIn(await view.set(projectDocument), slug, session);
}

/** The same where nothing has to be read for it; null: something has. */
export function visibleProjectNow(slug: string, session: Session): StoredProject | null {
  const set = session.present?.ready(projectDocument);
  return set ? visibleIn(set, slug, session) : null;
}

function visibleIn(set: ProjectSet, slug: string, session: Session): StoredProject {
  const stored = set.get(slug);
  if (!stored || stored.deleted || !can(session.principal, 'list', 'project', { project: slug })) {
    throw notFound('Project', slug);
  }
  return stored;
}
