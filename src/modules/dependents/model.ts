import type { Dependence } from '../../domain/dependents.ts';
import type { StoredWorkload } from '../workloads/model.ts';

/** A workload that draws on a source, and every way in which it does. */
export interface Dependent {
  readonly project: string;
  readonly workload: StoredWorkload;
  readonly reasons: readonly Dependence[];
}
