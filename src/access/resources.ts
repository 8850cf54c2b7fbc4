import type { Sensitivity } from '../domain/types.ts';
import { type Grant, type Resource, type Role, SENSITIVITIES, VERBS, type Verb } from './model.ts';

/**
 * What the built-in roles may do with a kind of resource, by what it is: part of the `catalog` that everybody needs to find
 * their way, something that holds `values`, a `login` elsewhere, or `administration` of rights.
 */
export type ResourceClass = 'catalog' | 'values' | 'login' | 'administration';

/** A kind of resource as roles and their readers know it. */
export interface ResourceFacts {
  readonly name: Resource;
  readonly words: string;
  readonly class: ResourceClass;
  /** Whether a workload's own token gets at it, as far as it is the workload's. */
  readonly forDependents?: boolean;
}

/** By slug: roles that are there from the start and cannot be changed. */
export type BuiltInRoles = ReadonlyMap<string, Role>;

const EDITING: readonly Verb[] = [
  'list',
  'listKeys',
  'read',
  'write',
  'delete',
  'manageRestrictions',
  'changeType',
  'link',
  'resolve',
  'restart',
];
const EDITING_UNSEEN: readonly Verb[] = [
  'list',
  'listKeys',
  'write',
  'delete',
  'manageRestrictions',
  'link',
  'restart',
];

const grant = (
  resources: readonly Resource[],
  verbs: readonly Verb[],
  types: readonly Sensitivity[] = SENSITIVITIES,
): Grant => ({ resources, verbs, types, projects: null });

const builtIn = (slug: string, name: string, grants: readonly Grant[]): Role => ({
  slug,
  name,
  builtIn: true,
  revision: null,
  grants: grants.filter(({ resources }) => resources.length > 0),
});

/** The roles of spec 8, for these resources. */
export function builtInRoles(resources: readonly ResourceFacts[]): BuiltInRoles {
  const all = resources.map(({ name }) => name);
  const of = (wanted: ResourceClass) => resources.filter((each) => each.class === wanted).map(({ name }) => name);
  const [catalog, values, logins] = [of('catalog'), of('values'), of('login')];
  const dependents = resources.filter(({ forDependents }) => forDependents).map(({ name }) => name);
  const roles = [
    builtIn('owner', 'Owner', [grant(all, VERBS)]),
    builtIn('operator', 'Operator', [
      grant(values, EDITING, ['config']),
      grant(values, EDITING_UNSEEN, ['secret']),
      grant(catalog, ['list', 'write', 'delete']),
      grant(logins, ['list', 'link']),
    ]),
    builtIn('developer', 'Developer', [
      grant(values, EDITING, ['config']),
      grant(values, ['list', 'listKeys'], ['secret']),
      grant(catalog, ['list']),
    ]),
    builtIn('reader', 'Reader', [grant([...catalog, ...values], ['list', 'listKeys', 'read', 'resolve'])]),
    builtIn('auditor', 'Auditor', [grant(all, ['list', 'listKeys', 'audit'])]),
    builtIn('dependent', 'Dependent', [grant(dependents, ['list', 'listKeys', 'resolve'])]),
    builtIn('gateway', 'Gateway', []),
  ];
  return new Map(roles.map((role) => [role.slug, role]));
}
