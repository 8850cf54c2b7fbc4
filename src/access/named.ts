import type { View } from '../vault/reading.ts';
import type { BoundWorkload, Grant, ProjectBinding, WorkloadAddress } from './model.ts';
import type { Session } from './session.ts';

/** Grants as they hold among the projects of a view. */
export type Effective = (grants: readonly Grant[], bindings: readonly ProjectBinding[]) => readonly Grant[];

/** Whether what a dependent's token is bound to is there. */
export type IsRegistered = (bound: BoundWorkload | null) => boolean;

/** What slugs of projects in grants stand for: said by the noun that they name. */
export interface NamedProjects {
  /** A slug grants what it was given for: nothing in another project that has it since. */
  readonly effectiveIn: (view: View) => Promise<Effective>;
  /** A slug stands for the project that has it now, or for the next one that gets it. */
  readonly bindingsFor: (grants: readonly Grant[], view: View) => Promise<readonly ProjectBinding[]>;
}

/** What tokens of workloads are good for: said by the noun that they name. */
export interface NamedWorkloads {
  /** A workload of another project than these is taken for registered: nothing was asked about it. */
  readonly registrations: (view: View, projects: Iterable<string>) => Promise<IsRegistered>;
  /** The registration that a workload has now; NOT_FOUND for one that is not there or that the caller may not see. */
  readonly boundTo: (address: WorkloadAddress, view: View, session: Session) => Promise<BoundWorkload>;
}

export type Named = NamedProjects & NamedWorkloads;
