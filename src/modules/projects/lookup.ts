import { can, type Principal } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { notFound } from '../../kernel/errors.ts';
import type { DocumentSet } from '../../vault/document-set.ts';
import type { View } from '../../vault/reading.ts';
import { type ProjectBody, type ProjectFields, projectDocument, type StoredProject } from './model.ts';

type ProjectSet = DocumentSet<ProjectFields, ProjectBody>;

/** Whether it is there for them; undefined: the projects have to be read to tell. */
export function isVisibleNow(slug: string, view: View, principal: Principal): boolean | undefined {
  const set = view.ready(projectDocument);
  return set === null ? undefined : isVisible(set.get(slug), slug, principal);
}

const isVisible = (stored: StoredProject | null, slug: string, principal: Principal): stored is StoredProject =>
  stored !== null && !stored.deleted && can(principal, 'list', 'project', { project: slug });

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
  if (!isVisible(stored, slug, session.principal)) throw notFound('Project', slug);
  return stored;
}
