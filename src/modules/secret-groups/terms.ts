import type { GroupHeader, Sensitivity, WorkloadKind } from '../../domain/types.ts';
import { MEASURES, type Measure, type Weight } from '../../domain/weight.ts';

/** What groups are found under, and what of them is added up. */

export type Restricting = Pick<GroupHeader, 'restrictions'>;

export const EVERYBODY = 'everybody';
export const listed = (kind: WorkloadKind, id: string): string => `${kind} ${id}`;
export const tagged = (tag: string): string => `tag ${tag}`;

/** Whom all its tags have to be on has the first of them, too. */
export const wantedTags = ({ tags, tagMatchCondition }: GroupHeader['restrictions']): readonly string[] =>
  tagMatchCondition === 'and' ? tags.slice(0, 1) : tags;

/** What a group is found under. */
export function termsOfGroup({ restrictions }: Restricting): readonly string[] {
  if (!restrictions.restricted) return [EVERYBODY];
  return [
    ...restrictions.workloads.map(({ kind, id }) => listed(kind, id)),
    ...wantedTags(restrictions).map((tag) => tagged(tag)),
  ];
}

export const amountName = (type: Sensitivity, isRestricted: boolean, measure: Measure): string =>
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
