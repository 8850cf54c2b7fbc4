import { type BoundWorkload, can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { explain } from '../../domain/explain.ts';
import type { Explanation } from '../../domain/explanation.ts';
import { everyGroup } from '../../domain/gather.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Resolution, ResolvedFile } from '../../domain/types.ts';
import type { Kind as EntryKind } from '../../domain/warn.ts';
import type { Services } from '../../graphql/types/services.ts';
import { forbidden } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Keys } from '../../keys/keys.ts';
import type { Vault } from '../../vault/port.ts';
import { evenReading, type View } from '../../vault/reading.ts';
import type { Contents } from '../contents.ts';
import { visibleWorkload } from '../workloads/lookup.ts';
import { documentOf, type StoredWorkload } from '../workloads/model.ts';
import { createComputing, notThere } from './computing.ts';
import { createFollowed, createFollowedNow } from './followed.ts';
import type { Environment, WorkloadAsk } from './model.ts';
import { createRows } from './rows.ts';
import { type EnvironmentFacts, factsOf, type Sight, seenText } from './sight.ts';

export interface ResolutionsDeps {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly contents: Contents;
  readonly addons: Services['addons'];
  readonly limits: Limits;
  /** Bytes of finished resolutions kept between requests; 0 keeps none. */
  readonly cacheBytes: number;
}
export type ResolutionsService = ReturnType<typeof createResolutions>;

/** What somebody sees of an outcome, by its digest. */
function createSeenDigests(keys: Keys) {
  const seenDigests = new WeakMap<Resolution, Map<string, string>>();

  /** The digest of what somebody sees: that of the outcome for those who see all, one of its own kind for others. */
  function digestFor(environment: Environment, sight: Sight): string {
    const { ask, resolution, digest: whole, workload } = environment;
    if (sight.isWhole) return whole;
    const made = seenDigests.get(resolution) ?? new Map<string, string>();
    seenDigests.set(resolution, made);
    const seen = made.get(sight.key) ?? seenDigest(factsOf(environment), sight, [...workload.key, ask.kind, ask.scope]);
    made.set(sight.key, seen);
    return seen;
  }

  const seenDigest = (facts: EnvironmentFacts, sight: Sight, place: readonly string[]): string =>
    keys.mac('digest').asText(seenText(facts, sight, place));

  return { digestFor, seenDigest };
}

function requireMayAsk({ project, kind, id }: WorkloadAsk, { principal }: Session): void {
  const target = { project, workload: { kind, id } };
  if (!can(principal, 'listKeys', 'workload', target) && !can(principal, 'resolve', 'workload', target))
    throw forbidden();
}

/** A workload's own token knows of no registration but its own: who had the id before is somebody else. */
const createOwnRegistration =
  (vault: Vault) =>
  async ({ kind, at }: WorkloadAsk, now: StoredWorkload, view: View, own: BoundWorkload): Promise<void> => {
    if (at === null) return;
    const then = await vault.asOf(documentOf(kind), now, at, evenReading(view.work));
    if (then && then.fields.registration !== own.registration) throw notThere(kind, at);
  };

export function createResolutions(deps: ResolutionsDeps) {
  const { vault, keys, contents, limits } = deps;
  const bounds = { ...LIMITS, references: limits.environmentReferences };
  const rowBytes = Math.floor(deps.cacheBytes / 16);
  const { computed, computedNow } = createComputing({ ...deps, bounds, cacheBytes: deps.cacheBytes - rowBytes });
  const { digestFor, seenDigest } = createSeenDigests(keys);
  const requireOwn = createOwnRegistration(vault);

  /** One store call when the team has not changed since it was last read; a constant number otherwise. */
  function environment(ask: WorkloadAsk, session: Session): Promise<Environment> {
    const { project, kind, id } = ask;
    return session.read(async (view) => {
      const now = await visibleWorkload(project, kind, id, view, session);
      requireMayAsk(ask, session);
      const { workload: own } = session.principal;
      if (own) await requireOwn(ask, now, view, own);
      return computed(ask, now, view);
    });
  }

  /** The same of a workload that the caller sees, where nobody has to wait for it; null: it takes the usual way. */
  function environmentNow(ask: WorkloadAsk, workload: StoredWorkload, session: Session): Environment | null {
    const view = session.present;
    if (view === null) return null;
    requireMayAsk(ask, session);
    return computedNow(ask, workload, view);
  }

  /** The keyed hash of what it gets, for work that shows nothing: whoever asks decided that it may be told. */
  const digest = async (ask: WorkloadAsk, now: StoredWorkload, view: View): Promise<string> =>
    (await computed(ask, now, view)).digest;

  /** The same as somebody sees it. */
  const seenBy = async (ask: WorkloadAsk, now: StoredWorkload, view: View, sight: Sight): Promise<string> =>
    digestFor(await computed(ask, now, view), sight);

  async function explanation(
    environment: Environment,
    what: EntryKind,
    name: string,
    { work }: Session,
  ): Promise<Explanation> {
    const { input, resolution } = environment;
    // All texts are scanned for it once more.
    await work.spend({
      templateSteps: everyGroup(input).length + resolution.variables.size + resolution.files.size + 1,
    });
    return explain(environment.input, environment.resolution, what, name, bounds);
  }

  /** The bytes a workload gets; null when the file is in error. */
  async function fileBytes({ ask, resolution }: Environment, file: ResolvedFile, session: Session) {
    if (file.error) return null;
    const bytes = await contents.read(ask.project, file.entry, session);
    if (file.entry.encoding === 'binary') return bytes;
    await session.work.spend({ bytes: bytes.length });
    const text = resolution.render(Buffer.from(bytes).toString('utf8'));
    return text === null ? null : Buffer.from(text);
  }

  return {
    environment,
    environmentNow,
    rowsOf: createRows(rowBytes),
    followed: createFollowed(vault, computed),
    followedNow: createFollowedNow(computedNow),
    digest,
    digestFor,
    seenBy,
    seenDigest,
    explanation,
    fileBytes,
  };
}
