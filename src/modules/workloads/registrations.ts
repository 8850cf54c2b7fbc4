import { can } from '../../access/model.ts';
import type { NamedWorkloads } from '../../access/named.ts';
import { notFound } from '../../kernel/errors.ts';
import type { View } from '../../vault/reading.ts';
import { projectDocument } from '../projects/model.ts';
import { documentOf } from './model.ts';

/**
 * A dependent's token is good for the one registration that it was made for: not while its workload is deleted, again when
 * that is restored, and never for another that is registered under the same id.
 */
const registrations: NamedWorkloads['registrations'] = async (view, projects) => {
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
};

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

const boundTo: NamedWorkloads['boundTo'] = async ({ project, kind, id }, view, session) => {
  const { principal } = session;
  const parent = (await view.set(projectDocument)).get(project);
  if (!parent || parent.deleted || !can(principal, 'list', 'project', { project })) throw notFound('Project', project);
  const stored = (await view.set(documentOf(kind), project)).get(id);
  const isSeen = can(principal, 'list', 'workload', { project, workload: { kind, id } });
  if (!stored || stored.deleted || !isSeen) throw notFound(kind, id);
  return { project, kind, id, registration: stored.fields.registration };
};

/** What tokens of workloads are good for. */
export const namedWorkloads: NamedWorkloads = { registrations, boundTo };
