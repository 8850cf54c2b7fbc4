import type { LRUCache } from 'lru-cache';
import { layOver } from '../../domain/overlay.ts';
import type { Resolution, ResolutionInput } from '../../domain/types.ts';
import { rememberLast } from '../../kernel/remember-last.ts';
import { spendNow, type Work } from '../../kernel/work.ts';
import type { View } from '../../vault/reading.ts';
import { globalDocument } from '../global-secrets/model.ts';
import { groupDocument } from '../secret-groups/model.ts';
import { type StoredWorkload, workloadFacts } from '../workloads/model.ts';
import { costOfOwn } from './charge.ts';
import { type Finished, NOTHING_DRAWN, resultOf } from './finished.ts';
import type { Environment, WorkloadAsk } from './model.ts';
import type { createSharedParts, Shared, SharedSets } from './shared-parts.ts';
import { withWarnings } from './warnings.ts';

interface Deps {
  readonly sharedBy: ReturnType<typeof createSharedParts>;
  readonly finished: Pick<LRUCache<string, Finished>, 'get'> | null;
  readonly digestOf: (ask: WorkloadAsk, view: View, resolution: Resolution) => string;
}

/** What is only put together when somebody asks for it: many look at no more than the variables. */
class LaidEnvironment implements Environment {
  readonly ask: WorkloadAsk;
  readonly workload: StoredWorkload;
  readonly seq: number;
  readonly resolution: Resolution;
  readonly input: ResolutionInput;
  readonly volatile = false;
  readonly addonVersions = NOTHING_DRAWN.versions;
  readonly version: number;
  readonly #digest: () => string;
  #told: string | null = null;

  constructor(
    { ask, workload, seq }: Pick<Environment, 'ask' | 'workload' | 'seq'>,
    input: ResolutionInput,
    resolution: Resolution,
    digest: () => string,
  ) {
    this.ask = ask;
    this.workload = workload;
    this.seq = seq;
    this.version = workload.revision;
    this.resolution = resolution;
    this.input = input;
    this.#digest = digest;
  }

  get digest(): string {
    this.#told ??= this.#digest();
    return this.#told;
  }
}

/** The sets that environments of a project are made of; undefined: they have to be read, or cannot be taken as they are. */
function setsIn(view: View, project: string): SharedSets | undefined {
  const groups = view.ready(groupDocument, project);
  const globals = view.ready(globalDocument);
  return groups && globals && groups.damaged.size === 0 ? { groups, globals } : undefined;
}

/**
 * What a workload gets, where what its groups give was made for another, or for it, and nobody has to wait: the same as the usual
 * way makes, charged alike: to nobody where `work` is null. null: the usual way is to make it. What is laid over a part is not kept: that costs what it would save.
 */
export function createComputingNow({ sharedBy, finished, digestOf }: Deps) {
  const setsForMany = rememberLast(setsIn);

  function keptOf(ask: WorkloadAsk, workload: StoredWorkload, sets: SharedSets, view: View): Environment | null {
    const { project, kind, id, scope } = ask;
    const kept = finished?.get([view.team, project, kind, id, scope].join('\0'));
    const isSame = kept?.from[0] === sets.groups && kept.from[1] === workload.fields && kept.from[2] === sets.globals;
    return isSame ? { ask, seq: view.seq, workload, version: workload.revision, ...resultOf(kept) } : null;
  }

  function laidOver(ask: WorkloadAsk, workload: StoredWorkload, shared: Shared, view: View, work: Work | null) {
    const part = shared.partNow(NOTHING_DRAWN);
    if (part === null) return null;
    const facts = workloadFacts(workload);
    const input: ResolutionInput = {
      scope: ask.scope,
      workload: facts,
      groups: shared.groups,
      everyGroup: shared.everyGroup,
      addons: NOTHING_DRAWN.addons,
      globals: shared.globals,
    };
    if (work && !spendNow(work, costOfOwn(input))) return null;
    const laid = layOver(part, facts.direct());
    if (laid === null) return null;
    const digest = (): string => digestOf(ask, view, laid);
    const resolution = withWarnings(laid, NOTHING_DRAWN.stale);
    return new LaidEnvironment({ ask, workload, seq: view.seq }, input, resolution, digest);
  }

  return function computedNow(
    ask: WorkloadAsk,
    workload: StoredWorkload,
    view: View,
    work: Work | null = view.work,
  ): Environment | null {
    if ((ask.at ?? view.seq) !== view.seq) return null;
    const sets = work === null ? setsForMany(view, ask.project) : setsIn(view, ask.project);
    if (sets === undefined) return null;
    const shared = sharedBy(ask, workload, sets, view);
    // What addons yield has to be waited for.
    if (shared.links.length > 0) return null;
    // Where nobody pays for it, laying over what is there costs less than finding out whether somebody else did.
    if (work === null) return laidOver(ask, workload, shared, view, work) ?? keptOf(ask, workload, sets, view);
    return keptOf(ask, workload, sets, view) ?? laidOver(ask, workload, shared, view, work);
  };
}
