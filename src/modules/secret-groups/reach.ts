import type { GroupHeader, Sensitivity, WorkloadKind, WorkloadRef } from '../../domain/types.ts';
import { MEASURES, type Measure, type Weight } from '../../domain/weight.ts';
import { byCodePoint } from '../../kernel/ids.ts';
import type { Fields } from '../../store/port.ts';
import { idOf, type Stored } from '../../vault/document.ts';
import type { DocumentSet } from '../../vault/document-set.ts';
import type { GroupContent, GroupFields, StoredGroup } from './model.ts';

/** Which groups may apply to a workload, told without a look at those that cannot. */

export type GroupSet = DocumentSet<GroupFields, GroupContent>;
type Target = WorkloadRef & { readonly tags: readonly string[] };
type Restricting = Pick<GroupHeader, 'restrictions'>;

const EVERYBODY = 'everybody';
const listed = (kind: WorkloadKind, id: string): string => `${kind} ${id}`;
const tagged = (tag: string): string => `tag ${tag}`;

/** Whom all its tags have to be on has the first of them, too. */
const wantedTags = ({ tags, tagMatchCondition }: GroupHeader['restrictions']): readonly string[] =>
  tagMatchCondition === 'and' ? tags.slice(0, 1) : tags;

/** What a group is found under. */
export function termsOfGroup({ restrictions }: Restricting): readonly string[] {
  if (!restrictions.restricted) return [EVERYBODY];
  return [
    ...restrictions.workloads.map(({ kind, id }) => listed(kind, id)),
    ...wantedTags(restrictions).map((tag) => tagged(tag)),
  ];
}

const amountName = (type: Sensitivity, isRestricted: boolean, measure: Measure): string =>
  `${type} ${isRestricted} ${measure}`;

/** What is added up over groups: how much they put into environments. */
export const amountsOfGroup = ({
  type,
  restrictions: { restricted },
  weight,
}: Restricting & {
  readonly type: Sensitivity;
  readonly weight: Weight;
}): readonly (readonly [string, number])[] =>
  MEASURES.map((measure) => [amountName(type, restricted, measure), weight[measure]] as const);

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

/** Of these the restricted ones. */
export const restrictedNear = (set: GroupSet, { kind, id, tags }: Target): readonly StoredGroup[] => [
  ...new Set([...set.under(listed(kind, id)), ...groupsWanting(set, tags)]),
];

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
