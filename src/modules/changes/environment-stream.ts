import { LRUCache } from 'lru-cache';
import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { NameDiff } from '../../domain/diff.ts';
import type { Scope, WorkloadKind } from '../../domain/types.ts';
import type { Services } from '../../graphql/types/services.ts';
import { AppError, forbidden, isAppError, notFound } from '../../kernel/errors.ts';
import type { Commit, Seq } from '../../store/port.ts';
import type { Stream } from '../../streams/stream.ts';
import { topic } from '../../streams/topics.ts';
import { visibleProject } from '../projects/lookup.ts';
import { PackedEntries } from '../resolution/entry-facts.ts';
import type { Followed } from '../resolution/followed.ts';
import { seenDifference } from '../resolution/seen-difference.ts';
import { type EnvironmentFacts, factsOf, type Sight, sightOf } from '../resolution/sight.ts';

export interface EnvironmentAsk {
  readonly project: string;
  readonly kind: WorkloadKind;
  readonly id: string;
  readonly scope: Scope;
}

/** How what a workload gets differs from what it got before. */
export interface EnvironmentEvent {
  readonly ask: EnvironmentAsk;
  /** null: it gets nothing any more, or cannot be resolved. */
  readonly digest: string | null;
  readonly variables: NameDiff;
  readonly files: NameDiff;
  readonly dockerSecretMounts: NameDiff;
}

/** What a workload got at a commit: as little as tells what changed, and nothing that could be read. */
interface State {
  /** null: it was not registered. */
  readonly registration: string | null;
  /** null: it was not registered, or is not to start. */
  readonly digest: string | null;
  /** It drew on values of elsewhere, and was asked for later: these are of the time at which it was. */
  readonly isDated: boolean;
  readonly facts: EnvironmentFacts;
}

/** Values of elsewhere are found to be others. What they were is known to nobody who did not look then. */
const OBSERVED = 'externalAddon.observe';
const forgotten = (): AppError =>
  new AppError('HISTORY_EXPIRED', 'The value that an external addon gave is no longer known');

const NO_ENTRIES = new PackedEntries([]);
const EMPTY: EnvironmentFacts = { variables: NO_ENTRIES, files: NO_ENTRIES, mounts: NO_ENTRIES };
const NOTHING: State = { registration: null, digest: null, isDated: false, facts: EMPTY };
/** Beside those that streams hold themselves: for those who come again, and where several look at one workload. */
const STATE_BYTES = 4 * 2 ** 20;
const SMALLEST_STATE_BYTES = 200;

const bytesOf = ({ facts }: State): number =>
  SMALLEST_STATE_BYTES + facts.variables.bytes + facts.files.bytes + facts.mounts.bytes;

function stateOf({ registration, environment }: Followed, present: Seq): State {
  if (!environment) return { ...NOTHING, registration };
  const isDated = environment.volatile && environment.seq < present;
  return { registration, digest: environment.digest, isDated, facts: factsOf(environment) };
}

/** A workload's own token knows of no registration but its own. */
function knownTo({ principal }: Session, state: State): State {
  const own = principal.workload;
  return own === null || own.registration === state.registration ? state : NOTHING;
}

const KINDS = ['secretGroup', 'addon', 'externalAddon', 'project'] as const;

const topicsOf = ({ project, kind, id }: EnvironmentAsk): readonly string[] => [
  topic('globalSecret'),
  ...KINDS.map((each) => topic(each, project)),
  topic(kind, project, id),
];

/** Conservative filter: may be true for commits that change nothing. */
function concerns({ project, kind, id }: EnvironmentAsk, { touched }: Commit): boolean {
  return touched.some((each) => {
    if (each.kind === 'globalSecret') return true;
    if (each.key[1] !== project) return false;
    if (each.kind === 'service' || each.kind === 'job') return each.kind === kind && each.key[2] === id;
    return KINDS.some((those) => those === each.kind);
  });
}

const mayList = ({ project, kind, id }: EnvironmentAsk, { principal }: Session): boolean =>
  can(principal, 'list', 'workload', { project, workload: { kind, id } });

const mayKnow = (ask: EnvironmentAsk, session: Session): boolean => {
  const { project, kind, id } = ask;
  const verbs = ['listKeys', 'resolve'] as const;
  return (
    mayList(ask, session) &&
    verbs.some((verb) => can(session.principal, verb, 'workload', { project, workload: { kind, id } }))
  );
};

export interface EnvironmentStreams {
  /**
   * NOT_FOUND and FORBIDDEN as for the environment itself, by the rights alone: whether there is such a workload makes no
   * difference. It may be registered later.
   */
  open(ask: EnvironmentAsk, session: Session, system: Session): Promise<Stream<EnvironmentEvent>>;
}

/** What workloads got at commits: asked for once by all who look at the same workload and scope. */
function createStates(resolutions: Services['resolutions']) {
  const states = new LRUCache<string, State>({ maxSize: STATE_BYTES, sizeCalculation: bytesOf });
  const making = new Map<string, Promise<State>>();

  async function make(name: string, ask: EnvironmentAsk, seq: Seq, system: Session): Promise<State> {
    try {
      const found = await resolutions.followed({ ...ask, at: seq }, system);
      const state = found ? stateOf(found, system.seq) : NOTHING;
      states.set(name, state);
      return state;
    } finally {
      // What failed is asked again.
      making.delete(name);
    }
  }

  return async (ask: EnvironmentAsk, seq: Seq, system: Session): Promise<State> => {
    const { project, kind, id, scope } = ask;
    const name = [system.principal.team, project, kind, id, scope, seq].join('\0');
    const known = states.get(name) ?? making.get(name);
    if (known) return known;
    const made = make(name, ask, seq, system);
    making.set(name, made);
    return made;
  };
}

/** What a stream was at last, which is where it goes on from: however many there are, none has to look into the past. */
function followerOf(ask: EnvironmentAsk, stateAt: ReturnType<typeof createStates>) {
  let last: { readonly seq: Seq; readonly state: State } | null = null;
  return async (seq: Seq, system: Session): Promise<State> => {
    if (last?.seq === seq) return last.state;
    const state = await stateAt(ask, seq, system);
    if (last === null || seq > last.seq) last = { seq, state };
    return state;
  };
}

function isThere({ project }: EnvironmentAsk, session: Session): Promise<boolean> {
  return session
    .read((view) => visibleProject(project, view, session))
    .then(
      () => true,
      (error: unknown) => {
        if (isAppError(error) && error.code === 'NOT_FOUND') return false;
        throw error;
      },
    );
}

/** What workloads get, followed from commit to commit: once for all who look at the same workload and scope. */
export function createEnvironmentStreams(resolutions: Services['resolutions']): EnvironmentStreams {
  const stateAt = createStates(resolutions);

  /** As the viewer's `environment` tells it. */
  function digestFor(ask: EnvironmentAsk, { digest, facts }: State, sight: Sight, { principal }: Session) {
    if (digest === null || sight.isWhole) return digest;
    const { project, kind, id, scope } = ask;
    return resolutions.seenDigest(facts, sight, [principal.team, project, id, kind, scope]);
  }

  return {
    async open(ask, session, system) {
      const { project, kind, id, scope } = ask;
      const { fields } = await session.read((view) => visibleProject(project, view, session));
      if (!mayList(ask, session)) throw notFound(kind, id);
      if (!mayKnow(ask, session)) throw forbidden();
      // Cheap now, and a look into the past later.
      const at = followerOf(ask, stateAt);
      await at(system.seq, system);
      return {
        // A cursor is good for this project alone, not for the next of its slug.
        name: ['environmentChanged', project, fields.incarnation, kind, id, scope],
        coalesces: true,
        topics: topicsOf(ask),
        concerns: (commit) => concerns(ask, commit),
        async event({ commit, operations, previous, session: viewer, system: own }) {
          if (!mayKnow(ask, viewer) || !(await isThere(ask, viewer))) return null;
          const before = knownTo(viewer, await at(previous, own));
          const after = knownTo(viewer, await at(commit.seq, own));
          const sight = sightOf(ask, viewer);
          const digest = digestFor(ask, after, sight, own);
          const isSame = before.registration === after.registration;
          if (isSame && digestFor(ask, before, sight, own) === digest) {
            if (before.isDated && operations.has(OBSERVED)) throw forgotten();
            return null;
          }
          return { ask, digest, ...differences(before.facts, after.facts, sight) };
        },
      };
    },
  };
}

/** What is hidden from the viewer differs when it was written, whether it became another one or not. */
function differences(before: EnvironmentFacts, after: EnvironmentFacts, sight: Sight) {
  const part = (name: keyof EnvironmentFacts): NameDiff => seenDifference(before[name], after[name], sight);
  return { variables: part('variables'), files: part('files'), dockerSecretMounts: part('mounts') };
}
