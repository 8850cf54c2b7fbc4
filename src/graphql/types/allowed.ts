import type { Asked, Place } from '../../access/first-check.ts';
import type { Resource, Verb } from '../../access/model.ts';
import type { WorkloadKind } from '../../domain/types.ts';
import { slugOf } from '../../kernel/ids.ts';
import { groupAddress, localId } from './ids.ts';

/** An input as GraphQL coerced it: of the right types, and not judged by any rule yet. */
export type RawInput = Readonly<Record<string, unknown>>;

/** What a mutation takes at the least, told from the names in its input. */
export type Allowed = (input: RawInput) => Asked;

const TEAM: Place = { in: 'team' };
const UNKNOWN: Place = { in: 'unknown' };

/** Longer names are refused by every rule; here they are not worth a look. */
const MAX_NAME = 200;

const textOf = (value: unknown): string => (typeof value === 'string' && value.length <= MAX_NAME ? value : '');

const inProject = (project: string): Place => ({ in: 'project', project });

const ofWorkload = (project: unknown, workload: { readonly kind: unknown; readonly id: unknown }): Place => ({
  in: 'project',
  project: textOf(project),
  workload,
});

/** The longest global id that can be one. */
const MAX_ID = 2_000;

/** The key that a global id of this type holds; empty for the id of nothing. */
export function localOf(type: string, id: unknown): string {
  return typeof id === 'string' && id.length <= MAX_ID ? (localId(type, id) ?? '') : '';
}

/** Of something new in `input.project`. */
export const allowedInProject =
  (verb: Verb, resource: Resource): Allowed =>
  ({ project }) => ({ verb, resource, place: inProject(textOf(project)), existing: [] });

/** Of the workload `input.id` in `input.project`, which need not be there. */
export const allowedToRegister =
  (verb: Verb, kind: WorkloadKind): Allowed =>
  ({ project, id }) => ({ verb, resource: 'workload', place: ofWorkload(project, { kind, id }), existing: [] });

/** The same of one that is there. */
export const allowedOnWorkload =
  (verb: Verb, kind: WorkloadKind): Allowed =>
  (input) => ({ ...allowedToRegister(verb, kind)(input), existing: [['workload', kind, textOf(input.id)]] });

/** Of `input.workload`, which may do it itself. */
export const allowedToItself =
  (verb: Verb): Allowed =>
  ({ project, workload }) => {
    const named = workload as { readonly kind: string; readonly id: string };
    const existing = [['workload', named.kind, textOf(named.id)]] as const;
    return { verb, resource: 'workload', place: ofWorkload(project, named), existing, bySelf: true };
  };

/** Of something of the team; `existing`: what of it has to be there. */
export const allowedInTeam =
  (verb: Verb, resource: Resource, ...existing: Asked['existing']): Allowed =>
  () => ({ verb, resource, place: TEAM, existing });

/** Of what `input.id` names, whose project is in the id. */
export const allowedById =
  (verb: Verb, resource: Resource, type: string, noun: string): Allowed =>
  ({ id }) => ({
    verb,
    resource,
    place: inProject(groupAddress(localOf(type, id)).project),
    existing: [[resource, noun]],
  });

/** Of what may lie anywhere. */
export const allowedAnywhere =
  (verb: Verb, resource: Resource): Allowed =>
  () => ({ verb, resource, place: UNKNOWN, existing: [] });

/** Of a project that is to be. */
export const allowedNewProject: Allowed = ({ name }) => ({
  verb: 'write',
  resource: 'project',
  place: inProject(slugOf(textOf(name))),
  existing: [],
});

/** Of the project that `input.id` names. */
export const allowedOnProject =
  (verb: Verb): Allowed =>
  ({ id }) => {
    const project = localOf('Project', id);
    return { verb, resource: 'project', place: inProject(project), existing: [['project', 'Project', project]] };
  };
