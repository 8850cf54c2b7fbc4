import { LRUCache } from 'lru-cache';
import { applicableGroups } from '../../domain/gather.ts';
import type { LIMITS } from '../../domain/limits.ts';
import { layOver } from '../../domain/overlay.ts';
import { missingRequired, resolve } from '../../domain/resolve.ts';
import type { AddonLink, Globals, Group, Resolution, ResolutionInput } from '../../domain/types.ts';
import type { Services } from '../../graphql/types/services.ts';
import { AppError, invalidInput } from '../../kernel/errors.ts';
import type { Work } from '../../kernel/work.ts';
import type { Keys } from '../../keys/keys.ts';
import type { Vault } from '../../vault/port.ts';
import { evenReading, type View } from '../../vault/reading.ts';
import { type Drawn, isSameDrawn } from '../addons/drawing.ts';
import { globalDocument } from '../global-secrets/model.ts';
import { groupDocument } from '../secret-groups/model.ts';
import { documentOf, type StoredWorkload, workloadFacts } from '../workloads/model.ts';
import { charge, chargeGroups, chargeOwn } from './charge.ts';
import { createComputingNow } from './computing-now.ts';
import { type Finished, NOTHING_DRAWN, resultOf } from './finished.ts';
import type { Environment, WorkloadAsk } from './model.ts';
import { createPasts } from './past.ts';
import { createSharedParts, type Shared } from './shared-parts.ts';
import { withWarnings } from './warnings.ts';

interface ComputingDeps {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly addons: Services['addons'];
  readonly bounds: typeof LIMITS;
  /** Bytes of finished resolutions kept between requests; 0 keeps none. */
  readonly cacheBytes: number;
}

type Parts = Pick<Finished, 'links' | 'drawn' | 'from' | 'input' | 'resolution'>;

/** Of one kept, beside its texts and entries. */
const KEPT_BYTES = 2_000;
/** Of an entry with its place in maps and graph, and of one that stands in the graph that others share. */
const ENTRY_BYTES = 500;
const SHARED_ENTRY_BYTES = 200;

function bytesOf(resolution: Resolution, canonical: string): number {
  const { laid } = resolution;
  const { variables, files, mounts } = laid?.over ?? resolution;
  const entries = variables.size + files.size + mounts.size;
  if (laid === undefined) return KEPT_BYTES + entries * ENTRY_BYTES + 4 * canonical.length;
  const own = laid.variables.size + laid.files.size;
  const texts = [...laid.variables.values()].reduce((sum, { value }) => sum + 2 * (value?.length ?? 0), 0);
  return KEPT_BYTES + entries * SHARED_ENTRY_BYTES + own * ENTRY_BYTES + texts;
}

/** Makes what is kept of an outcome, once it is there. */
function createFinishing({ keys }: Pick<ComputingDeps, 'keys'>) {
  const placeOf = ({ project, kind, id }: WorkloadAsk, view: View): string =>
    `${view.team}\0${project}\0${kind}\0${id}\0`;
  const digestOf = (ask: WorkloadAsk, view: View, canonical: string): string =>
    keys.mac('digest').asText(placeOf(ask, view) + canonical);

  function finish(ask: WorkloadAsk, view: View, { input, resolution: pure, links, drawn, from }: Parts): Finished {
    requireRequiredLinks(input, pure);
    const resolution = withWarnings(pure, drawn.stale);
    const canonical = pure.canonical();
    const digest = digestOf(ask, view, canonical);
    return { from, links, drawn, resolution, input, digest, bytes: bytesOf(pure, canonical) };
  }

  return { finish, digestOf };
}

export const notThere = (kind: WorkloadAsk['kind'], seq: number): AppError =>
  new AppError('NOT_FOUND', `The ${kind} was not there at commit ${seq}`);

/** Environments as of an earlier commit. */
function createPastComputing({
  vault,
  addons,
  bounds,
  finish,
}: Pick<ComputingDeps, 'vault' | 'addons' | 'bounds'> & {
  readonly finish: ReturnType<typeof createFinishing>['finish'];
}) {
  const pastOf = createPasts(vault);
  const resolved = new WeakMap<View, Map<string, ReturnType<typeof asOf>>>();

  /** Resolved once for all who ask for it in one view, as aliases of a query do. */
  function once(ask: WorkloadAsk, now: StoredWorkload, seq: number, view: View): ReturnType<typeof asOf> {
    const known = resolved.get(view) ?? new Map<string, ReturnType<typeof asOf>>();
    resolved.set(view, known);
    const name = [ask.project, ask.kind, ask.id, ask.scope, seq].join('\0');
    const made = known.get(name) ?? asOf(ask, now, seq, view);
    known.set(name, made);
    return made;
  }

  async function asOf(ask: WorkloadAsk, now: StoredWorkload, seq: number, view: View) {
    const { project, kind } = ask;
    const then = await vault.asOf(documentOf(kind), now, seq, evenReading(view.work));
    if (!then) throw notThere(kind, seq);
    const { groups, globals } = await pastOf(project, seq, view);
    const workload = { ...then, kind };
    const base = inputOf(ask, workload, groups, globals);
    const links = linksOf(base);
    const drawn =
      links.length === 0 ? NOTHING_DRAWN : await addons.drawn(links, { project, view, at: seq, isPatient: true });
    await charge(base, view.work);
    const input = { ...base, addons: drawn.addons };
    const resolution = resolve(input, { limits: bounds });
    const parts = { input, resolution, links, drawn, from: [] };
    return { workload, version: then.revision, ...resultOf(finish(ask, view, parts)) };
  }

  return once;
}

/** What workloads get, made anew only when something that went in has changed. */
export function createComputing(deps: ComputingDeps) {
  const { addons, bounds } = deps;
  // What is shared serves many.
  const partBytes = Math.floor(deps.cacheBytes / 4);
  const cacheBytes = deps.cacheBytes - partBytes;
  const sharedBy = createSharedParts(bounds, partBytes);
  const { finish, digestOf } = createFinishing(deps);
  const once = createPastComputing({ ...deps, finish });
  const finished =
    cacheBytes === 0
      ? null
      : new LRUCache<string, Finished>({ maxSize: cacheBytes, sizeCalculation: ({ bytes }) => bytes });

  /** From what its groups give to others as well, or as a whole where that is not enough. */
  async function present(ask: WorkloadAsk, now: StoredWorkload, shared: Shared, drawn: Drawn, work: Work) {
    const { groups, everyGroup, globals } = shared;
    const input = { ...inputOf(ask, now, groups, globals), everyGroup, addons: drawn.addons };
    const part = await shared.part(input, drawn, work);
    if (part === null) await chargeGroups(input, work);
    await chargeOwn(input, work);
    const laid = part && layOver(part, input.workload.direct());
    if (laid) return { input, resolution: laid };
    if (part) await chargeGroups(input, work);
    return { input, resolution: resolve(input, { limits: bounds }) };
  }

  async function computed(ask: WorkloadAsk, now: StoredWorkload, view: View): Promise<Environment> {
    const { project, kind, id } = ask;
    const seq = atOf(ask, view);
    if (seq !== view.seq) return { ask, seq, ...(await once(ask, now, seq, view)) };
    const groups = await view.set(groupDocument, project);
    // Nobody can tell what a group that was tampered with would have given: fail, rather than leave something out.
    for (const damaged of groups.damaged) groups.get(damaged);
    const name = [view.team, project, kind, id, ask.scope].join('\0');
    const globals = await view.set(globalDocument);
    const from = [groups, now.fields, globals];
    const kept = finished?.get(name);
    const known = kept?.from.every((set, i) => set === from[i]) ? kept : undefined;
    // Whoever asks for a commit is to see what it told of.
    const isPatient = ask.at !== null;
    const answered = (made: Finished) => ({ ask, seq, workload: now, version: now.revision, ...resultOf(made) });
    const shared = known ? null : sharedBy(ask, now, { groups, globals }, view);
    const links = (known ?? shared)?.links ?? [];
    const drawn =
      links.length === 0 ? NOTHING_DRAWN : await addons.drawn(links, { project, view, at: null, isPatient });
    if (known && isSameDrawn(known.drawn, drawn)) return answered(known);
    const made = await present(ask, now, shared ?? sharedBy(ask, now, { groups, globals }, view), drawn, view.work);
    const fresh = finish(ask, view, { ...made, links, drawn, from });
    finished?.set(name, fresh);
    return answered(fresh);
  }

  const computedNow = createComputingNow({
    sharedBy,
    finished,
    digestOf: (ask, view, resolution) => digestOf(ask, view, resolution.canonical()),
  });
  return { computed, computedNow };
}

/** What goes in but for what addons yield. */
function inputOf(
  { scope }: WorkloadAsk,
  workload: StoredWorkload,
  groups: readonly Group[],
  globals: Globals,
): ResolutionInput {
  return { scope, workload: workloadFacts(workload), groups, addons: new Map(), globals };
}

const linksOf = (input: ResolutionInput): readonly AddonLink[] =>
  applicableGroups(input).flatMap((group) => group.body().links);

function atOf({ at }: WorkloadAsk, view: View): number {
  if (at === null) return view.seq;
  if (at >= 1 && at <= view.seq) return at;
  throw invalidInput([{ path: ['at'], rule: 'range', message: `must be between 1 and ${view.seq}` }]);
}

/** A link marked as required fails the whole rather than start a workload half configured (spec 4). */
function requireRequiredLinks(input: ResolutionInput, { unresolved }: Resolution): void {
  // Only a link that yields nothing is listed without the braces of a template.
  if (unresolved.every(({ reference }) => reference.startsWith('$'))) return;
  const [missing] = missingRequired(input);
  if (missing) throw new AppError('UNRESOLVED', `${missing.name} comes from a required addon link: ${missing.reason}`);
}
