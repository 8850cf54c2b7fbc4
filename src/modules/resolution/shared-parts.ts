import { LRUCache } from 'lru-cache';
import { applicableGroups } from '../../domain/gather.ts';
import { type GroupsPart, groupsPart } from '../../domain/groups-part.ts';
import type { Limits } from '../../domain/limits.ts';
import { verdictOn } from '../../domain/restrict.ts';
import type { AddonLink, Globals, Group, ResolutionInput } from '../../domain/types.ts';
import type { Work } from '../../kernel/work.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/reading.ts';
import { type Drawn, isSameDrawn } from '../addons/drawing.ts';
import { groupFacts, groupHeader } from '../secret-groups/model.ts';
import { type GroupSet, groupsNear, restrictedNear } from '../secret-groups/reach.ts';
import { type StoredWorkload, workloadFacts } from '../workloads/model.ts';
import { chargeGroups } from './charge.ts';
import { type GlobalSet, globalsNow } from './globals.ts';
import type { WorkloadAsk } from './model.ts';

/** The groups that apply to one workload or to many, and what they give. */
export interface Shared {
  /** By rank. */
  readonly groups: readonly Group[];
  readonly everyGroup: () => readonly Group[];
  readonly links: readonly AddonLink[];
  readonly globals: Globals;
  /** What they give with what addons yield, charged to whoever asks first; null: it cannot be shared. */
  part(input: ResolutionInput, drawn: Drawn, work: Work): Promise<GroupsPart | null>;
  /** The same where it was made before; null: it was not, or cannot be shared. */
  partNow(drawn: Drawn): GroupsPart | null;
}

/** The sets that go in: the same objects as long as nothing in them changed. */
export interface SharedSets {
  readonly groups: GroupSet;
  readonly globals: GlobalSet;
}

interface Kept extends SharedSets {
  readonly shared: Shared;
  bytes: number;
}

/** What is kept for those to whom no restricted group applies. */
interface Unrestricted extends Pick<WorkloadAsk, 'project' | 'scope'> {
  readonly team: string;
  readonly kept: Kept;
}

/** Of one without a part. */
const SMALLEST_BYTES = 1_000;

/** What groups give, made once for all workloads to which the same apply, until something that goes in changes. `maxSize` 0 keeps nothing. */
export function createSharedParts(limits: Limits, maxSize: number) {
  const all = maxSize === 0 ? null : new LRUCache<string, Kept>({ maxSize, sizeCalculation: ({ bytes }) => bytes });

  /** It weighs more, or less, than when it was kept. */
  function weigh(name: string, kept: Kept, part: GroupsPart | null): void {
    const isKept = all?.peek(name) === kept;
    if (isKept) all?.delete(name);
    kept.bytes = SMALLEST_BYTES + (part?.bytes ?? 0);
    if (isKept) all?.set(name, kept);
  }

  function make(name: string, { groups, globals }: SharedSets, input: ResolutionInput): Kept {
    const applicable = applicableGroups(input);
    let made: { readonly drawn: Drawn; readonly part: GroupsPart | null } | null = null;
    const known = (drawn: Drawn) => (made && isSameDrawn(made.drawn, drawn) ? made : null);
    const shared: Shared = {
      partNow: (drawn) => (all === null ? null : (known(drawn)?.part ?? null)),
      groups: applicable,
      everyGroup: () => groups.live.map(groupFacts),
      links: applicable.flatMap((group) => group.body().links),
      globals: input.globals,
      async part(given, drawn, work) {
        if (all === null) return null;
        if (!known(drawn)) await chargeGroups(given, work);
        // Another one may have made it meanwhile.
        const now = known(drawn) ?? { drawn, part: groupsPart(given, { limits }) };
        if (now !== made) weigh(name, kept, now.part);
        made = now;
        return now.part;
      },
    };
    const kept: Kept = { groups, globals, shared, bytes: SMALLEST_BYTES };
    return kept;
  }

  function find(name: string, sets: SharedSets, input: () => ResolutionInput): Kept {
    const known = all?.get(name);
    if (known && isFrom(known, sets)) return known;
    const made = make(name, sets, input());
    all?.set(name, made);
    return made;
  }

  /** Those to whom no restricted group applies, as most of those who are told of a commit one after the other. */
  let last: Unrestricted | null = null;

  return function sharedBy(ask: WorkloadAsk, workload: StoredWorkload, sets: SharedSets, { team }: View): Shared {
    const { groups, globals } = sets;
    const { scope, kind, id, project } = ask;
    const { tags } = workload.fields;
    const target = { kind, id, tags };
    const near = restrictedNear(groups, target);
    // Those that are not restricted apply to all alike.
    const own =
      near.length === 0
        ? near
        : near.filter((group) => verdictOn(groupHeader(group), scope, workloadFacts(workload)).applies);
    const isPlain = own.length === 0;
    if (isPlain && last !== null && isOf(last, team, ask) && isFrom(last.kept, sets)) return last.kept.shared;
    const name = [team, project, scope, ...own.map(({ key }) => idOf(key)).sort()].join('\0');
    const kept = find(name, sets, () => {
      const applicable = groupsNear(groups, target).map(groupFacts);
      const facts = workloadFacts(workload);
      return { scope, workload: facts, groups: applicable, addons: new Map(), globals: globalsNow(globals) };
    });
    if (isPlain && all !== null) last = { team, project, scope, kept };
    return kept.shared;
  };
}

const isFrom = (kept: Kept, { groups, globals }: SharedSets): boolean =>
  kept.groups === groups && kept.globals === globals;

const isOf = (last: Unrestricted, team: string, { project, scope }: WorkloadAsk): boolean =>
  last.team === team && last.project === project && last.scope === scope;
