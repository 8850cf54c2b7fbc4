import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { notFound } from '../../kernel/errors.ts';
import type { View } from '../../vault/reading.ts';
import { projectDocument, type StoredProject } from './model.ts';

/** The project if it lives and the caller may see it; what one may not see does not exist. */
export async function visibleProject(slug: string, view: View, session: Session): Promise<StoredProject> {
  const stored = (await view.set(projectDocument)).get(slug);
  if (!stored || stored.deleted || !can(session.principal, 'list', 'project', { project: slug })) {
    throw notFound('Project', slug);
  }
  return stored;
}
