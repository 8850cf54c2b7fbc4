import { can, type Target, type Verb } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { verdictOn } from '../../domain/restrict.ts';
import type { Restrictions, WorkloadKind } from '../../domain/types.ts';
import { forbidden } from '../../kernel/errors.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/reading.ts';
import { groupDocument, groupHeader } from '../secret-groups/model.ts';
import { groupsWanting } from '../secret-groups/reach.ts';
import { NONE, type StoredWorkload } from './model.ts';

/** What decides who may register a workload. */
export interface Held {
  readonly project: string;
  readonly id: string;
  readonly tags: readonly string[];
  readonly variables: ReadonlyMap<string, string>;
  readonly buildArguments: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, unknown>;
  readonly buildFiles: ReadonlyMap<string, unknown>;
}

/** Whether the caller may see the workload's own values. */
export function maySeeDirect(project: string, { kind, key }: StoredWorkload, session: Session): boolean {
  return can(session.principal, 'read', 'workload', { project, type: 'secret', workload: { kind, id: idOf(key) } });
}

export const maySeeKeys = (project: string, { kind, key }: StoredWorkload, session: Session): boolean =>
  can(session.principal, 'listKeys', 'workload', { project, workload: { kind, id: idOf(key) } });

/** Registering takes more where it enters a restricted group by a tag, and where values are held. */
export async function requireMayPut(
  kind: WorkloadKind,
  input: Held,
  before: StoredWorkload | null,
  view: View,
  session: Session,
): Promise<void> {
  const { project, id } = input;
  const target = { project, workload: { kind, id } };
  requireVerb(session, 'write', { ...target, type: 'config' });
  const old = before && !before.deleted ? before : null;
  // A workload's own values count as secret (spec 3.7).
  const given = [input.variables, input.buildArguments, input.files, input.buildFiles];
  const held = old ? Object.values(old.body()) : [];
  if ([...given, ...held].some((map) => map.size > 0)) requireVerb(session, 'write', { ...target, type: 'secret' });
  const groups = await view.set(groupDocument, project);
  // Nobody can tell what a group that was tampered with would ask for.
  if (input.tags.length > 0) for (const damaged of groups.damaged) groups.get(damaged);
  for (const group of groupsWanting(groups, input.tags)) {
    const { type, restrictions } = groupHeader(group);
    if (!restrictions.restricted || (old && admits(restrictions, old.fields.tags))) continue;
    if (!admits(restrictions, input.tags)) continue;
    if (!can(session.principal, 'manageRestrictions', 'secretGroup', { project, type })) {
      throw forbidden('These tags would let the workload into a restricted group');
    }
  }
}

export function requireVerb(session: Session, verb: Verb, target: Target): void {
  if (!can(session.principal, verb, 'workload', target)) throw forbidden();
}

/** Whether tags alone open a restriction. */
function admits(restrictions: Restrictions, tags: readonly string[]): boolean {
  const group = { id: '', type: 'secret', priority: 0, secretType: 'environment' } as const;
  const direct = () => NONE;
  const workload = { id: '', kind: 'service', tags, direct } as const;
  return verdictOn({ ...group, restrictions: { ...restrictions, workloads: [] } }, 'RUNTIME', workload).applies;
}
