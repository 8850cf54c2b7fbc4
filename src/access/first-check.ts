import { constant } from '../kernel/casing.ts';
import { forbidden, notFound } from '../kernel/errors.ts';
import type { Principal, Resource, Verb, WorkloadAddress } from './model.ts';

/** A workload by what a request calls it. */
interface Named {
  readonly kind: unknown;
  readonly id: unknown;
}

/** Where something lies, told from the names in a request alone. */
export type Place =
  | { readonly in: 'project'; readonly project: string; readonly workload?: Named }
  | { readonly in: 'team' }
  /** The names do not tell. */
  | { readonly in: 'unknown' };

/** What is asked for: the least that it takes, and whether it is done to something that is there already. */
export interface Asked {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly place: Place;
  /** What has to be there already, as errors call it: to those who may not list it, it does not exist. */
  readonly existing: readonly (readonly [resource: Resource, noun: string, name?: string])[];
  /** Whether the workload's own token may do it without the verb. */
  readonly bySelf?: boolean;
}

/**
 * Whether anything of this kind there could be allowed. Never stricter than `can` is for the thing itself, and cheap: it
 * looks at no document and at no rule, so it can come before both.
 */
export function couldEver({ workload: own, role }: Principal, verb: Verb, resource: Resource, place: Place): boolean {
  if (own) {
    if (place.in === 'team' || (place.in === 'project' && !isOwn(own, place, resource))) return false;
    if (resource !== 'workload' && !(resource === 'project' && verb === 'list')) return false;
  }
  return role.grants.some(
    (grant) =>
      grant.resources.includes(resource) &&
      grant.verbs.includes(verb) &&
      grant.types.length > 0 &&
      (grant.projects === null ||
        place.in === 'unknown' ||
        (place.in === 'project' && grant.projects.includes(place.project))),
  );
}

const isOwn = (own: WorkloadAddress, { project, workload }: Place & { in: 'project' }, resource: Resource): boolean =>
  project === own.project &&
  (resource !== 'workload' || workload === undefined || (workload.kind === own.kind && workload.id === own.id));

/** Says which permission is missing: it depends on the caller's role alone, and tells nothing of what there is. */
const needs = (verb: Verb, resource: Resource) =>
  forbidden(`Your role does not have the permission: ${constant(verb)} on ${constant(resource)}`);

/**
 * Refuses what nobody with these rights can do, before anything of the request is judged. A project that is not there and one
 * that the caller may not see are answered alike.
 */
export function requireCouldEver(principal: Principal, { verb, resource, place, existing, bySelf }: Asked): void {
  if (place.in === 'project' && resource !== 'project' && !couldEver(principal, 'list', 'project', place)) {
    throw notFound('Project', place.project);
  }
  for (const [kind, noun, name] of existing) {
    if (!couldEver(principal, 'list', kind, place)) throw notFound(noun, name);
  }
  // Whoever is let through to here with a workload of their own means that one.
  if (bySelf && principal.workload) return;
  if (!couldEver(principal, verb, resource, place)) throw needs(verb, resource);
}

/** Refuses the id of something else, or of nothing: a slug, say, in place of an id. What is missing then is not the project. */
export function requireNamed({ place, existing: [missing] }: Asked): void {
  if (missing && place.in === 'project' && place.project === '') throw notFound(missing[1]);
}
