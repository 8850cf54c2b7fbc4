import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { WorkloadKind } from '../../domain/types.ts';
import { notFound } from '../../kernel/errors.ts';
import type { View } from '../../vault/reading.ts';
import { visibleProject } from '../projects/lookup.ts';
import { documentOf, type StoredWorkload } from './model.ts';

/** The workload if it lives and the caller may see it. */
export async function visibleWorkload(
  project: string,
  kind: WorkloadKind,
  id: string,
  view: View,
  session: Session,
): Promise<StoredWorkload> {
  await visibleProject(project, view, session);
  const stored = (await view.set(documentOf(kind), project)).get(id);
  if (!stored || stored.deleted || !can(session.principal, 'list', 'workload', { project, workload: { kind, id } })) {
    throw notFound(kind, id);
  }
  return { ...stored, kind };
}

/** As the viewer may see it; NOT_FOUND otherwise. */
export const byId = (project: string, kind: WorkloadKind, id: string, session: Session): Promise<StoredWorkload> =>
  session.read((view) => visibleWorkload(project, kind, id, view, session));
