import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { globalsIn, type Writing } from '../../domain/global-reference.ts';
import { type AppError, conflict } from '../../kernel/errors.ts';
import { inParallel } from '../../kernel/parallel.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/reading.ts';
import { projectDocument } from '../projects/model.ts';
import { groupDocument, groupWriting } from '../secret-groups/model.ts';
import { mayOnGroup } from '../secret-groups/rights.ts';
import { documentOf, workloadWriting } from '../workloads/model.ts';

const MAX_NAMES = 20;

/** What refers to a global secret. */
interface User {
  /** What the caller may know of it; null: nothing. */
  readonly name: string | null;
  readonly existing: { readonly kind: string; readonly key: readonly string[] };
}

/** The groups and workloads of a project whose own text refers to a global secret. */
async function usersIn(project: string, slug: string, view: View, session: Session): Promise<readonly User[]> {
  const refers = (writing: Writing): boolean => [...globalsIn(writing).values()].includes(slug);
  const isSeen = can(session.principal, 'list', 'project', { project });
  const users: User[] = [];
  const groups = await view.set(groupDocument, project);
  // What was tampered with may refer to it.
  for (const damaged of groups.damaged) groups.get(damaged);
  for (const group of groups.live) {
    if (!refers(groupWriting(group.body()))) continue;
    const mayList = isSeen && mayOnGroup(session, 'list', project, group.fields.type);
    const name = mayList ? `secret group ${project}/${idOf(group.key)}` : null;
    users.push({ name, existing: { kind: 'secretGroup', key: group.key } });
  }
  for (const kind of ['service', 'job'] as const) {
    const workloads = await view.set(documentOf(kind), project);
    for (const damaged of workloads.damaged) workloads.get(damaged);
    for (const workload of workloads.live) {
      if (!refers(workloadWriting(workload.body()))) continue;
      const id = idOf(workload.key);
      const mayList = isSeen && can(session.principal, 'list', 'workload', { project, workload: { kind, id } });
      users.push({ name: mayList ? `${kind} ${project}/${id}` : null, existing: { kind, key: workload.key } });
    }
  }
  return users;
}

/** Of all projects of the team, some at a time: one after the other, a slow answer of the store would count for each. */
async function usersOf(slug: string, view: View, session: Session): Promise<readonly User[]> {
  const projects = (await view.set(projectDocument)).live.map(({ key }) => idOf(key));
  return (await inParallel(projects, (project) => usersIn(project, slug, view, session))).flat();
}

/** CONFLICT while anything refers to it; names what the caller may list, and of the rest not even how much it is. */
export async function requireUnused(slug: string, view: View, session: Session): Promise<void> {
  const users = await usersOf(slug, view, session);
  if (users.length > 0) throw isUsed(users.filter(({ name }) => name !== null));
}

function isUsed(known: readonly User[]): AppError {
  const names = known.map(({ name }) => name);
  const shown = [...names.slice(0, MAX_NAMES), ...(names.length > MAX_NAMES ? ['and more'] : [])].join(', ');
  const what = shown === '' ? 'Something refers to it' : `These refer to it: ${shown}`;
  const group = known.find(({ existing }) => existing.kind === 'secretGroup');
  return conflict(
    'IN_USE',
    `${what}; \`force: true\` deletes it all the same`,
    group ? { existing: group.existing } : {},
  );
}
