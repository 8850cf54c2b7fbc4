import { LRUCache } from 'lru-cache';
import type { Principal } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { NameDiff } from '../../domain/diff.ts';
import type { Scope, WorkloadKind } from '../../domain/types.ts';
import type { Services } from '../../graphql/types/services.ts';
import type { Seq } from '../../store/port.ts';
import type { View } from '../../vault/reading.ts';
import { PackedEntries } from '../resolution/entry-facts.ts';
import type { Followed } from '../resolution/followed.ts';
import type { Environment } from '../resolution/model.ts';
import { type EnvironmentFacts, factsOf, newFacts } from '../resolution/sight.ts';

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
export interface State {
  /** null: it was not registered. */
  readonly registration: string | null;
  /** null: it was not registered, or is not to start. */
  readonly digest: string | null;
  /** It drew on values of elsewhere, and was asked for later: these are of the time at which it was. */
  readonly isDated: boolean;
  readonly facts: EnvironmentFacts;
  /** Where its own values are written, if none of them refers to anything: as long as that is the same object, so are they. */
  readonly literal: object | null;
}

const NO_ENTRIES = new PackedEntries([]);
const EMPTY: EnvironmentFacts = { variables: NO_ENTRIES, files: NO_ENTRIES, mounts: NO_ENTRIES };
const NOTHING: State = { registration: null, digest: null, isDated: false, facts: EMPTY, literal: null };
/** Beside those that streams hold themselves: for those who come again, and where several look at one workload. */
const STATE_BYTES = 4 * 2 ** 20;
const SMALLEST_STATE_BYTES = 200;

const bytesOf = ({ facts }: State): number =>
  SMALLEST_STATE_BYTES + facts.variables.bytes + facts.files.bytes + facts.mounts.bytes;

const literalOf = ({ resolution, workload }: Environment): object | null =>
  resolution.laid?.isLiteral ? workload.fields : null;

function stateOf({ registration, environment }: Followed, present: Seq): State {
  if (!environment) return { ...NOTHING, registration };
  const isDated = environment.volatile && environment.seq < present;
  const literal = literalOf(environment);
  return { registration, digest: environment.digest, isDated, facts: factsOf(environment), literal };
}

/** The same of one that draws on nothing of elsewhere, with what is still the same of how it was before. */
function stateAfter(before: State, { registration, environment }: Followed): State {
  if (!environment) return { ...NOTHING, registration };
  const literal = literalOf(environment);
  const facts = newFacts(environment, literal !== null && literal === before.literal ? before.facts : null);
  return { registration, digest: environment.digest, isDated: false, facts, literal };
}

/** A workload's own token knows of no registration but its own. */
export const knownTo = ({ workload: own }: Principal, state: State): State =>
  own === null || own.registration === state.registration ? state : NOTHING;

/** What workloads got at commits: asked for once by all who look at the same workload and scope. */
export function createStates(resolutions: Services['resolutions']) {
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

  return {
    async at(ask: EnvironmentAsk, seq: Seq, system: Session): Promise<State> {
      const { project, kind, id, scope } = ask;
      const name = [system.principal.team, project, kind, id, scope, seq].join('\0');
      const known = states.get(name) ?? making.get(name);
      if (known) return known;
      const made = make(name, ask, seq, system);
      making.set(name, made);
      return made;
    },
    /** What came of `before` with the commit that the view is of, where nothing has to be read to tell; else undefined. */
    after(ask: EnvironmentAsk, before: State, view: View): State | undefined {
      const { project, kind, id, scope } = ask;
      const found = resolutions.followedNow({ project, kind, id, scope, at: view.seq }, view);
      return found === undefined ? undefined : found === null ? NOTHING : stateAfter(before, found);
    },
  };
}

interface Known {
  readonly seq: Seq;
  readonly state: State;
}

/**
 * What a stream was at last, which is where it goes on from: however many there are, none has to look into the past. And what it
 * was before that, since what was made of a commit may have to be made once more.
 */
export function followerOf(ask: EnvironmentAsk, states: ReturnType<typeof createStates>) {
  let last: Known | null = null;
  let before: Known | null = null;
  const known = (seq: Seq): State | undefined => {
    if (last?.seq === seq) return last.state;
    return before?.seq === seq ? before.state : undefined;
  };

  function keep(seq: Seq, state: State): State {
    if (last && seq <= last.seq) return state;
    before = last;
    last = { seq, state };
    return state;
  }

  return {
    known,
    at: async (seq: Seq, system: Session): Promise<State> => known(seq) ?? keep(seq, await states.at(ask, seq, system)),
    after(from: State, view: View): State | undefined {
      const found = known(view.seq) ?? states.after(ask, from, view);
      return found && keep(view.seq, found);
    },
  };
}
