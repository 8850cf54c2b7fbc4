import type { Resolution, ResolutionInput, Scope, WorkloadKind } from '../../domain/types.ts';
import type { StoredWorkload } from '../workloads/model.ts';

export interface WorkloadAsk {
  readonly project: string;
  readonly kind: WorkloadKind;
  readonly id: string;
  readonly scope: Scope;
  /** An earlier commit of the team, still within history; null: now. */
  readonly at: number | null;
}

/** What a workload gets, and as of when. */
export interface Environment {
  readonly ask: WorkloadAsk;
  readonly workload: StoredWorkload;
  readonly seq: number;
  readonly digest: string;
  readonly resolution: Resolution;
  readonly input: ResolutionInput;
  /** Whether it may be another one later, without any commit. */
  readonly volatile: boolean;
  /** Revisions that set the parameters of addons that it draws on, and of the workload itself. */
  readonly addonVersions: ReadonlyMap<string, number>;
  readonly version: number;
}
