import { can, type WorkloadAddress } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { DirectValues, WorkloadKind } from '../../domain/types.ts';
import { notFound } from '../../kernel/errors.ts';
import type { DocumentSet } from '../../vault/document-set.ts';
import type { View } from '../../vault/reading.ts';
import { visibleProject, visibleProjectNow } from '../projects/lookup.ts';
import { documentOf, type StoredWorkload, type WorkloadFields } from './model.ts';

type WorkloadSet = DocumentSet<WorkloadFields, DirectValues>;

/** The workload if it lives and the caller may see it. */
export async function visibleWorkload(
  project: string,
  kind: WorkloadKind,
  id: string,
  view: View,
  session: Session,
): Promise<StoredWorkload> {
  await visibleProject(project, view, session);
  return visibleIn(await view.set(documentOf(kind), project), { project, kind, id }, session);
}

/** The same where nothing has to be read for it; null: something has. */
export function visibleWorkloadNow(address: WorkloadAddress, session: Session): StoredWorkload | null {
  const set =
    visibleProjectNow(address.project, session) && session.present?.ready(documentOf(address.kind), address.project);
  return set ? visibleIn(set, address, session) : null;
}

function visibleIn(set: WorkloadSet, { project, kind, id }: WorkloadAddress, session: Session): StoredWorkload {
  const stored = set.get(id);
  if (!stored || stored.deleted || !can(session.principal, 'list', 'workload', { project, workload: { kind, id } })) {
    throw notFound(kind, id);
  }
  return { ...stored, kind };
}

/** As the viewer may see it; NOT_FOUND otherwise. */
export const byId = (project: string, kind: WorkloadKind, id: string, session: Session): Promise<StoredWorkload> =>
  session.read((view) => visibleWorkload(project, kind, id, view, session));
