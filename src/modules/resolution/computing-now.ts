import type { LRUCache } from 'lru-cache';
import { layOver } from '../../domain/overlay.ts';
import type { Resolution, ResolutionInput } from '../../domain/types.ts';
import { spendNow, type Work } from '../../kernel/work.ts';
import type { View } from '../../vault/reading.ts';
import { globalDocument } from '../global-secrets/model.ts';
import { groupDocument } from '../secret-groups/model.ts';
import { type StoredWorkload, workloadFacts } from '../workloads/model.ts';
import { costOfOwn } from './charge.ts';
import { type Finished, NOTHING_DRAWN, resultOf } from './finished.ts';
import type { Environment, WorkloadAsk } from './model.ts';
import type { createSharedParts } from './shared-parts.ts';
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

/**
 * What a workload gets, where what its groups give was made for another, or for it, and nobody has to wait: the same as the usual
 * way makes, charged alike: to nobody where `work` is null. null: the usual way is to make it. What is laid over a part is not kept: that costs what it would save.
 */
export function createComputingNow({ sharedBy, finished, digestOf }: Deps) {
  return function computedNow(
    ask: WorkloadAsk,
    workload: StoredWorkload,
    view: View,
    work: Work | null = view.work,
  ): Environment | null {
    const { project, kind, id, scope } = ask;
    const groups = view.ready(groupDocument, project);
    const globals = view.ready(globalDocument);
    if ((ask.at ?? view.seq) !== view.seq || !groups || !globals || groups.damaged.size > 0) return null;
    const shared = sharedBy(ask, workload, { groups, globals }, view);
    // What addons yield has to be waited for.
    if (shared.links.length > 0) return null;
    const kept = finished?.get([view.team, project, kind, id, scope].join('\0'));
    if (kept?.from[0] === groups && kept.from[1] === workload.fields && kept.from[2] === globals) {
      return { ask, seq: view.seq, workload, version: workload.revision, ...resultOf(kept) };
    }
    const part = shared.partNow(NOTHING_DRAWN);
    if (part === null) return null;
    const facts = workloadFacts(workload);
    const { everyGroup } = shared;
    const input: ResolutionInput = {
      scope,
      workload: facts,
      groups: shared.groups,
      everyGroup,
      ...NO_ADDONS,
      globals: shared.globals,
    };
    if (work && !spendNow(work, costOfOwn(input))) return null;
    const laid = layOver(part, facts.direct());
    if (laid === null) return null;
    const digest = (): string => digestOf(ask, view, laid);
    return new LaidEnvironment(
      { ask, workload, seq: view.seq },
      input,
      withWarnings(laid, NOTHING_DRAWN.stale),
      digest,
    );
  };
}

const NO_ADDONS = { addons: NOTHING_DRAWN.addons } as const;
