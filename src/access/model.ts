import type { Sensitivity, WorkloadKind } from '../domain/types.ts';
import type { TeamId } from '../store/port.ts';
import { plainDocument } from '../vault/document.ts';

export const VERBS = [
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
  'audit',
  'admin',
  'writeProtected',
] as const;
export type Verb = (typeof VERBS)[number];

/** Kinds of what is protected. Each slice adds its own to this interface, in its `slice.ts`. */
export interface Resources {
  readonly team: true;
  readonly role: true;
  readonly token: true;
}
export type Resource = keyof Resources;

export const SENSITIVITIES = ['secret', 'config'] as const satisfies readonly Sensitivity[];

/** Verbs on kinds of resource, for some sensitivities, in some projects. */
export type Grant = {
  readonly resources: readonly Resource[];
  readonly verbs: readonly Verb[];
  readonly types: readonly Sensitivity[];
  /** Slugs; null: all projects, and whatever belongs to the team itself. */
  readonly projects: readonly string[] | null;
};

export interface Role {
  readonly slug: string;
  readonly name: string;
  readonly builtIn: boolean;
  /** null: built in. */
  readonly revision: number | null;
  readonly grants: readonly Grant[];
}

export type RoleFields = {
  readonly name: string;
  readonly grants: readonly Grant[];
  /** What the slugs in its grants stood for when they were given. */
  readonly bindings: readonly ProjectBinding[];
  readonly createdAt: string;
};
export type ProjectBinding = { readonly project: string; readonly to: string };
export const roleDocument = plainDocument<RoleFields>('role');

export const TOKEN_KINDS = ['user', 'machine', 'dependent', 'gateway'] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** The workload that a dependent's token stands for. */
export type WorkloadAddress = { readonly project: string; readonly kind: WorkloadKind; readonly id: string };
/** The same, and which of its registrations: registered anew it is another workload. */
export type BoundWorkload = WorkloadAddress & { readonly registration: string };

export type TokenFields = {
  readonly name: string;
  readonly kind: TokenKind;
  readonly role: string;
  readonly workload: BoundWorkload | null;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly expiresAt: string | null;
  /** Of a gateway: where its requests come from, addresses and networks. Absent: from anywhere. */
  readonly networks?: readonly string[];
  /** Of a gateway: whether it signs what it sends. */
  readonly signed?: true;
};
export const tokenDocument = plainDocument<TokenFields>('token');
export type TokenIndexFields = { readonly token: string };
export const tokenIndexDocument = plainDocument<TokenIndexFields>('tokenIndex');
export type TeamFields = { readonly name: string; readonly createdAt: string };
export const teamDocument = plainDocument<TeamFields>('team');

/** Milliseconds; infinite: it never ends. */
export const endOf = (expiresAt: string | null): number =>
  expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);

/** Who acts. Always in one team. */
export interface Principal {
  readonly id: string;
  readonly name: string;
  readonly kind: TokenKind;
  readonly team: TeamId;
  readonly role: Role;
  readonly workload: BoundWorkload | null;
  readonly expiresAt: string | null;
  /** The same in milliseconds, infinite without an end: it is looked at for each request and each event. */
  readonly endsAt: number;
  /** Of the token's document; null: the gateway itself, which has none. */
  readonly revision: number | null;
  /** Of a federation gateway. */
  readonly networks?: readonly string[];
  readonly signed?: true;
  /** The federation gateway that forwards what they ask: what they may do ends with it. */
  readonly via?: Principal;
}

/** What something is about to be done to. `type` omitted: the resource has none, or any will do. */
export interface Target {
  readonly project?: string;
  readonly type?: Sensitivity;
  readonly workload?: { readonly kind: WorkloadKind; readonly id: string };
}

/** The one place that decides. */
export function can(principal: Principal, verb: Verb, resource: Resource, target: Target = {}): boolean {
  if (principal.workload && !isOwn(principal.workload, verb, resource, target)) return false;
  return principal.role.grants.some(
    (grant) =>
      grant.resources.includes(resource) &&
      grant.verbs.includes(verb) &&
      // A grant for no type allows nothing, also of what has none.
      (target.type === undefined ? grant.types.length > 0 : grant.types.includes(target.type)) &&
      (grant.projects === null || (target.project !== undefined && grant.projects.includes(target.project))),
  );
}

/** A dependent reaches its own workload, and sees the project on the way there. */
function isOwn(own: WorkloadAddress, verb: Verb, resource: Resource, target: Target): boolean {
  if (target.project !== own.project) return false;
  if (resource === 'project') return verb === 'list';
  return resource === 'workload' && target.workload?.kind === own.kind && target.workload.id === own.id;
}

/** Whether the caller is the workload itself, by its own token. */
export const isSelf = ({ workload: own }: Principal, { project, workload }: Target): boolean =>
  own !== null && own.project === project && own.kind === workload?.kind && own.id === workload.id;

/**
 * Whether everything that `inner` allows is allowed by `outer`: nobody hands out more than they have. A grant with an empty
 * list allows nothing, and so asks for nothing.
 */
export function covers(outer: readonly Grant[], inner: readonly Grant[]): boolean {
  return inner.every((grant) =>
    grant.resources.every((resource) =>
      grant.verbs.every((verb) => grant.types.every((type) => coversOne(outer, resource, verb, type, grant.projects))),
    ),
  );
}

function coversOne(
  outer: readonly Grant[],
  resource: Resource,
  verb: Verb,
  type: Sensitivity,
  projects: readonly string[] | null,
): boolean {
  const fitting = outer.filter(
    (grant) => grant.resources.includes(resource) && grant.verbs.includes(verb) && grant.types.includes(type),
  );
  if (fitting.some((grant) => grant.projects === null)) return true;
  return projects?.every((project) => fitting.some((grant) => grant.projects?.includes(project))) ?? false;
}
