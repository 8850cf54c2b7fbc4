import { notFound } from '../kernel/errors.ts';
import { projectDocument } from '../modules/projects/model.ts';
import { documentOf } from '../modules/workloads/model.ts';
import type { View } from '../vault/reading.ts';
import { type BoundWorkload, can, type WorkloadAddress } from './model.ts';
import type { Session } from './session.ts';

/**
 * A dependent's token is good for the one registration that it was made for: not while its workload is deleted, again when
 * that is restored, and never for another that is registered under the same id.
 */
export async function isRegistered(bound: BoundWorkload | null, view: View): Promise<boolean> {
  return bound === null || (await registrations(view, [bound.project]))(bound);
}

/** The same for many tokens. A workload of another project than these is taken for registered: nothing was asked about it. */
export async function registrations(
  view: View,
  projects: Iterable<string>,
): Promise<(bound: BoundWorkload | null) => boolean> {
  const found = new Map<string, Readonly<Record<'service' | 'job', (id: string) => string | null>>>();
  for (const project of projects) {
    const [service, job] = [
      await registrationsIn(view, project, 'service'),
      await registrationsIn(view, project, 'job'),
    ];
    found.set(project, { service, job });
  }
  return (bound) => {
    const of = bound && found.get(bound.project);
    return !of || of[bound.kind](bound.id) === bound.registration;
  };
}

async function registrationsIn(view: View, project: string, kind: 'service' | 'job') {
  const projects = await view.set(projectDocument);
  const parent = projects.damaged.has(project) ? null : projects.get(project);
  if (!parent || parent.deleted) return () => null;
  const set = await view.set(documentOf(kind), project);
  return (id: string): string | null => {
    const stored = set.damaged.has(id) ? null : set.get(id);
    return stored && !stored.deleted ? stored.fields.registration : null;
  };
}

/** The registration that a workload has now; NOT_FOUND for one that is not there or that the caller may not see. */
export async function boundTo(
  { project, kind, id }: WorkloadAddress,
  view: View,
  session: Session,
): Promise<BoundWorkload> {
  const { principal } = session;
  const parent = (await view.set(projectDocument)).get(project);
  if (!parent || parent.deleted || !can(principal, 'list', 'project', { project })) throw notFound('Project', project);
  const stored = (await view.set(documentOf(kind), project)).get(id);
  const isSeen = can(principal, 'list', 'workload', { project, workload: { kind, id } });
  if (!stored || stored.deleted || !isSeen) throw notFound(kind, id);
  return { project, kind, id, registration: stored.fields.registration };
}
