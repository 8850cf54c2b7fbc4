import type { Asked, Place } from '../../access/first-check.ts';
import type { Resource, Verb } from '../../access/model.ts';
import { groupAddress, localId } from './ids.ts';

/** An input as GraphQL coerced it: of the right types, and not judged by any rule yet. */
export type RawInput = Readonly<Record<string, unknown>>;

/** What a mutation takes at the least, told from the names in its input. */
export type Allowed = (input: RawInput) => Asked;

const TEAM: Place = { in: 'team' };
const UNKNOWN: Place = { in: 'unknown' };

/** Longer names are refused by every rule; here they are not worth a look. */
const MAX_NAME = 200;

/** A name in an input; empty for what is none. */
export const textOf = (value: unknown): string => (typeof value === 'string' && value.length <= MAX_NAME ? value : '');

export const inProject = (project: string): Place => ({ in: 'project', project });

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
