import type { ExclusionRule } from './restrict.ts';
import type { ResolutionError, ResolutionWarning, Scope, Sensitivity, Source } from './types.ts';
import type { Kind } from './warn.ts';

export type LayerRule =
  /** The workload's own value wins over every group. */
  | 'DIRECT'
  | 'HIGHEST_PRIORITY'
  /** Equal priorities: the group whose id sorts first wins, the others lose. */
  | 'TIE_BY_ID'
  | 'OVERRIDDEN_BY_DIRECT'
  | 'LOWER_PRIORITY'
  /** Within one group its own variable hides a linked addon key. */
  | 'OWN_OVER_LINK'
  /** Within one group a linked key hides one that comes later by addon kind, addon and key. */
  | 'LINK_ORDER';

/** One holder of the explained key. */
export interface ExplainedLayer {
  readonly source: Source;
  /** null: the workload's own. */
  readonly priority: number | null;
  /** Of the source alone; null: a link without a value. */
  readonly type: Sensitivity | null;
  readonly rule: LayerRule;
  /** References in what it holds. */
  readonly references: number;
  /** Why a link has no value. A winner without a value leaves the key absent. */
  readonly unavailable: string | null;
}

/** A group that does not reach the workload. */
export interface ExcludedGroup {
  readonly group: string;
  readonly rule: ExclusionRule;
  /** The rule in words. */
  readonly detail: string;
  /** Tags that the group asks for; empty when tags did not decide. */
  readonly wanted: readonly string[];
  /** Tags that the workload has; empty when tags did not decide. */
  readonly has: readonly string[];
}

/** One occurrence of a reference, in the explained text or in one that it refers to. */
export interface ExplainedReference {
  /** Key or file in whose text it stands. */
  readonly from: string;
  /** Whether it stands in the explained text itself: a file and a variable may have one name. */
  readonly root: boolean;
  /** As written. */
  readonly reference: string;
  readonly kind: 'variable' | 'global';
  /** Name of the variable, or path of the global secret. */
  readonly target: string;
  readonly status: 'RESOLVED' | 'UNRESOLVED' | 'ERROR';
  /** Why it is unresolved. */
  readonly reason: string | null;
  /** Type of what it draws in; null: nothing. */
  readonly type: Sensitivity | null;
  /** References in the target's own text. */
  readonly targetReferences: number;
}

/** Why a workload has a key, or has it not. It holds no value, and its outcome can be derived from it alone. */
export interface Explanation {
  readonly what: Kind;
  readonly name: string;
  readonly scope: Scope;
  readonly outcome: 'PRESENT' | 'ABSENT' | 'ERROR';
  /** null: absent. */
  readonly type: Sensitivity | null;
  readonly error: ResolutionError | null;
  /** Groups of the project: those that hold the key, those that lack it and the excluded ones. */
  readonly considered: number;
  /** Holders of the key: the winner and the shadowed ones. */
  readonly holders: number;
  readonly winner: ExplainedLayer | null;
  /** By rank. */
  readonly shadowed: readonly ExplainedLayer[];
  /** Groups that apply and do not hold the key, by id. */
  readonly lacking: readonly string[];
  /** By id. */
  readonly excluded: readonly ExcludedGroup[];
  /** Every reference that can be reached, in text order, nearest texts first; each text once. */
  readonly references: readonly ExplainedReference[];
  /** Other variables of the result whose names differ only in case. */
  readonly twins: readonly string[];
  readonly warnings: readonly ResolutionWarning[];
}
