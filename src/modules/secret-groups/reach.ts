import type { Sensitivity, WorkloadKind, WorkloadRef } from '../../domain/types.ts';
import { MEASURES, type Weight } from '../../domain/weight.ts';
import { byCodePoint } from '../../kernel/ids.ts';
import type { Fields } from '../../store/port.ts';
import { idOf, type Stored } from '../../vault/document.ts';
import type { DocumentSet } from '../../vault/document-set.ts';
import type { GroupContent, GroupFields, StoredGroup } from './model.ts';
import { amountName, EVERYBODY, listed, type Restricting, tagged, wantedTags } from './terms.ts';

/** Which groups may apply to a workload, told without a look at those that cannot. */

export type GroupSet = DocumentSet<GroupFields, GroupContent>;
type Target = WorkloadRef & { readonly tags: readonly string[] };
/** Weight of all groups of a type: of those that are restricted, or of those that are not. */
export const weightOfGroups = (set: GroupSet, type: Sensitivity, isRestricted: boolean): Weight =>
  Object.fromEntries(
    MEASURES.map((measure) => [measure, set.total(amountName(type, isRestricted, measure))]),
  ) as Weight;

/** Groups that may apply to the workload: all those that do are among them. */
export const groupsNear = (set: GroupSet, target: Target): readonly StoredGroup[] => [
  ...set.under(EVERYBODY),
  ...restrictedNear(set, target),
];

const NO_GROUPS: readonly StoredGroup[] = [];
const openSets = new WeakMap<GroupSet, boolean>();

/** Whether none of them is restricted: told once of each set. */
function isOpenToAll(set: GroupSet): boolean {
  const known = openSets.get(set) ?? set.under(EVERYBODY).length === set.liveCount;
  openSets.set(set, known);
  return known;
}

/** Of these the restricted ones. */
export function restrictedNear(set: GroupSet, { kind, id, tags }: Target): readonly StoredGroup[] {
  if (isOpenToAll(set)) return NO_GROUPS;
  const own = set.under(listed(kind, id));
  return tags.length === 0 ? own : [...new Set([...own, ...groupsWanting(set, tags)])];
}

/** Restricted groups that tags may open. */
export const groupsWanting = (set: GroupSet, tags: readonly string[]): readonly StoredGroup[] => [
  ...new Set(tags.flatMap((tag) => set.under(tagged(tag)))),
];

/** Living workloads of a kind that a group may apply to: all those that it does apply to are among them. */
export function workloadsNear<F extends Fields, B>(
  workloads: DocumentSet<F, B>,
  kind: WorkloadKind,
  { restrictions }: Restricting,
): readonly Stored<F, B>[] {
  if (!restrictions.restricted) return workloads.intact.filter(({ deleted }) => !deleted);
  const own = restrictions.workloads.filter((each) => each.kind === kind).map(({ id }) => id);
  const named = own.flatMap((id) => (workloads.damaged.has(id) ? [] : (workloads.get(id) ?? [])));
  const byTag = wantedTags(restrictions).flatMap((tag) => workloads.under(tag));
  const found = new Set([...named.filter(({ deleted }) => !deleted), ...byTag]);
  return [...found].sort((a, b) => byCodePoint(idOf(a.key), idOf(b.key)));
}
