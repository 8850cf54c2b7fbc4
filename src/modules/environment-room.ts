import { can, SENSITIVITIES } from '../access/model.ts';
import type { Session } from '../access/session.ts';
import { verdictOn } from '../domain/restrict.ts';
import type { GroupHeader, Sensitivity, WorkloadRef } from '../domain/types.ts';
import { differenceOf, hiddenWeight, MEASURES, type Measure, NO_WEIGHT, sumOf, type Weight } from '../domain/weight.ts';
import { limitExceeded } from '../kernel/errors.ts';
import type { LimitName, Limits } from '../kernel/limits.ts';
import { idOf } from '../vault/document.ts';
import type { View } from '../vault/reading.ts';
import { groupDocument, groupHeader, type StoredGroup } from './secret-groups/model.ts';
import { type GroupSet, restrictedNear, weightOfGroups, workloadsNear } from './secret-groups/reach.ts';
import { mayOnGroup } from './secret-groups/rights.ts';
import { jobDocument, type StoredWorkload, serviceDocument } from './workloads/model.ts';

/** How large an environment may become. What a writer may not read counts at a constant, so that no refusal measures it. */

const LIMIT_OF: Readonly<Record<Measure, LimitName>> = {
  variables: 'environmentVariables',
  bytes: 'environmentBytes',
  files: 'environmentFiles',
  fileBytes: 'environmentFileBytes',
  references: 'environmentReferences',
};
const WORDS: Readonly<Record<Measure, string>> = {
  variables: 'variables',
  bytes: 'bytes of variables',
  files: 'files',
  fileBytes: 'bytes of files',
  references: 'references',
};

export interface RoomAsk {
  readonly project: string;
  readonly view: View;
  readonly session: Session;
  readonly limits: Limits;
}

/** A group as it goes into environments. */
interface Part {
  readonly header: GroupHeader;
  readonly weight: Weight;
}

/** As much as a writer may know of what groups of a type weigh, one or many: all of it, that of their names, or nothing. */
function knownWeight(type: Sensitivity, weight: Weight, { project, session, limits }: RoomAsk): Weight {
  const may = (verb: 'listKeys' | 'read') => mayOnGroup(session, verb, project, type);
  return may('read') ? weight : may('listKeys') ? hiddenWeight(weight, limits.fileBytes) : NO_WEIGHT;
}

const partOf = (group: StoredGroup, ask: RoomAsk): Part => ({
  header: groupHeader(group),
  weight: knownWeight(group.fields.type, group.fields.weight, ask),
});

/** Of all groups that are restricted, or of all others. */
const weightOfAll = (set: GroupSet, isRestricted: boolean, ask: RoomAsk): Weight =>
  sumOf(SENSITIVITIES.map((type) => knownWeight(type, weightOfGroups(set, type, isRestricted), ask)));

/** Groups of the project but for one, as they weigh in environments. */
interface Others {
  /** Those of all workloads. */
  readonly open: Weight;
  readonly restricted: Weight;
  /** The restricted ones that a workload gets, and how many were looked at. */
  readonly restrictedOf: (workload: Target) => { readonly weight: Weight; readonly judged: number };
}

async function othersOf(ask: RoomAsk, without: string | null): Promise<Others> {
  const set = await ask.view.set(groupDocument, ask.project);
  const own = without === null || set.damaged.has(without) ? null : set.get(without);
  const left = own && !own.deleted ? partOf(own, ask) : null;
  const but = (isRestricted: boolean): Weight => {
    const weight = weightOfAll(set, isRestricted, ask);
    return left?.header.restrictions.restricted === isRestricted ? differenceOf(weight, left.weight) : weight;
  };
  return {
    open: but(false),
    restricted: but(true),
    restrictedOf(workload) {
      const near = restrictedNear(set, workload).filter((group) => group !== own);
      const parts = near.map((group) => partOf(group, ask)).filter((part) => reaches(part, workload));
      return { weight: sumOf(parts.map(({ weight }) => weight)), judged: near.length };
    },
  };
}

type Target = WorkloadRef & { readonly tags: readonly string[] };

const reaches = ({ header }: Part, workload: Target): boolean =>
  (['RUNTIME', 'BUILD'] as const).some((scope) => verdictOn(header, scope, { ...workload, direct: noValues }).applies);

const noValues = () => ({ variables: new Map(), buildArguments: new Map(), files: new Map(), buildFiles: new Map() });

/** The first measure of which there is too much, and more than there was. */
const excess = (after: Weight, before: Weight, limits: Limits): Measure | undefined =>
  MEASURES.find((measure) => after[measure] > limits[LIMIT_OF[measure]] && after[measure] > before[measure]);

/** A workload's own values take no more than half: so groups that take no more than the other half need no look at workloads. */
const half = (limits: Limits, weight: Weight): boolean =>
  MEASURES.every((measure) => weight[measure] * 2 <= limits[LIMIT_OF[measure]]);

/** Refuses a group, written or restored, with which an environment would be larger than it may be and than it was. */
export async function requireRoomForGroup(ask: RoomAsk, before: StoredGroup | null, after: Part): Promise<void> {
  const { view, project, session, limits } = ask;
  const others = await othersOf(ask, after.header.id);
  if (half(limits, sumOf([others.open, others.restricted, after.weight]))) return;
  const was = before && !before.deleted ? { header: groupHeader(before), weight: before.fields.weight } : null;
  let found: { readonly measure: Measure; readonly actual: number } | null = null;
  const named: string[] = [];
  for (const document of [serviceDocument, jobDocument]) {
    const kind = document === serviceDocument ? 'service' : 'job';
    // The environment of any other workload becomes no larger.
    for (const stored of workloadsNear(await view.set(document, project), kind, after.header)) {
      const workload = { id: idOf(stored.key), kind, tags: stored.fields.tags } as const;
      const restricted = others.restrictedOf(workload);
      await session.work.spend({ templateSteps: restricted.judged + 1 });
      const direct = directWeight({ ...stored, kind }, ask);
      const sum = (part: Part | null): Weight =>
        sumOf([direct, others.open, restricted.weight, part && reaches(part, workload) ? part.weight : NO_WEIGHT]);
      const total = sum(after);
      const measure = excess(total, sum(was), limits);
      if (measure === undefined) continue;
      found ??= { measure, actual: total[measure] };
      const isListed = can(session.principal, 'list', 'workload', { project, workload: { kind, id: workload.id } });
      if (isListed) named.push(`${kind} ${workload.id}`);
    }
  }
  if (found) throw tooMuch(found, named, limits);
}

/** A workload as somebody may know it who may read its own values, or their names, or neither. */
function directWeight({ key, kind, fields }: StoredWorkload, { project, session, limits }: RoomAsk): Weight {
  const target = { project, workload: { kind, id: idOf(key) } };
  if (can(session.principal, 'read', 'workload', { ...target, type: 'secret' })) return fields.weight;
  return can(session.principal, 'listKeys', 'workload', target)
    ? hiddenWeight(fields.weight, limits.fileBytes)
    : NO_WEIGHT;
}

/** Refuses a workload, registered or restored, whose environment would be larger than it may be and than it was. */
export async function requireRoomForWorkload(
  ask: RoomAsk,
  before: StoredWorkload | null,
  after: Target & { readonly weight: Weight },
): Promise<void> {
  const { limits } = ask;
  const own = before && !before.deleted ? before.fields.weight : NO_WEIGHT;
  const large = MEASURES.find(
    (measure) => after.weight[measure] * 2 > limits[LIMIT_OF[measure]] && after.weight[measure] > own[measure],
  );
  if (large) {
    const max = Math.floor(limits[LIMIT_OF[large]] / 2);
    throw limitExceeded(`${WORDS[large]} of the workload's own`, max, after.weight[large], LIMIT_OF[large]);
  }
  const groups = await othersOf(ask, null);
  const restricted = groups.restrictedOf(after);
  const former = before && !before.deleted ? groups.restrictedOf({ ...after, tags: before.fields.tags }) : null;
  await ask.session.work.spend({ templateSteps: restricted.judged + (former?.judged ?? 0) });
  const total = sumOf([after.weight, groups.open, restricted.weight]);
  const measure = excess(total, former ? sumOf([own, groups.open, former.weight]) : NO_WEIGHT, limits);
  if (measure) throw tooMuch({ measure, actual: total[measure] }, [`${after.kind} ${after.id}`], limits);
}

const MAX_NAMED = 10;

/** Names those workloads that the caller may list; of others there is no word, and no number either. */
function tooMuch(
  { measure, actual }: { readonly measure: Measure; readonly actual: number },
  named: readonly string[],
  limits: Limits,
): Error {
  const more = named.length > MAX_NAMED ? ' and others' : '';
  const whose = named.length === 0 ? 'a workload' : `${named.slice(0, MAX_NAMED).join(', ')}${more}`;
  const name = LIMIT_OF[measure];
  return limitExceeded(`${WORDS[measure]} in the environment of ${whose}`, limits[name], actual, name);
}
