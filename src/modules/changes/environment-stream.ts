import { can, type Principal } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { NameDiff } from '../../domain/diff.ts';
import type { Scope } from '../../domain/types.ts';
import type { Services } from '../../graphql/types/services.ts';
import { AppError, forbidden, isAppError, notFound } from '../../kernel/errors.ts';
import { rememberLast } from '../../kernel/remember-last.ts';
import type { Commit } from '../../store/port.ts';
import { type Alike, OWN_MARK, type StepNow } from '../../streams/alike.ts';
import type { Stream } from '../../streams/stream.ts';
import { topic } from '../../streams/topics.ts';
import { isVisibleNow, visibleProject } from '../projects/lookup.ts';
import { commonDifference, seenDifference } from '../resolution/seen-difference.ts';
import { type EnvironmentFacts, type Sight, sightOf } from '../resolution/sight.ts';
import {
  createStates,
  type EnvironmentAsk,
  type EnvironmentEvent,
  followerOf,
  knownTo,
  type State,
} from './environment-states.ts';

/** Values of elsewhere are found to be others. What they were is known to nobody who did not look then. */
const OBSERVED = 'externalAddon.observe';
const forgotten = (): AppError =>
  new AppError('HISTORY_EXPIRED', 'The value that an external addon gave is no longer known');

/** Of one commit, since different ones are told of at a time. */
const MAX_LIKES = 16;

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

const mayList = ({ project, kind, id }: EnvironmentAsk, principal: Principal): boolean =>
  can(principal, 'list', 'workload', { project, workload: { kind, id } });

const mayKnow = (ask: EnvironmentAsk, principal: Principal): boolean => {
  const { project, kind, id } = ask;
  const verbs = ['listKeys', 'resolve'] as const;
  return (
    mayList(ask, principal) &&
    verbs.some((verb) => can(principal, verb, 'workload', { project, workload: { kind, id } }))
  );
};

/** What somebody may see of it; null: nothing at all. A principal never changes: it is judged once for as long as it is the same. */
const judging = (ask: EnvironmentAsk) =>
  rememberLast((principal: Principal): Sight | null => (mayKnow(ask, principal) ? sightOf(ask, { principal }) : null));

export interface EnvironmentStreams {
  /**
   * NOT_FOUND and FORBIDDEN as for the environment itself, by the rights alone: whether there is such a workload makes no
   * difference. It may be registered later.
   */
  open(ask: EnvironmentAsk, session: Session, system: Session): Promise<Stream<EnvironmentEvent>>;
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

type Differences = Pick<EnvironmentEvent, 'variables' | 'files' | 'dockerSecretMounts'>;

/** Whom it is of is not told by an event, and so not here either: it goes to many. */
const ANYBODY = { project: '', kind: 'service', id: '' } as const;

/** Events that many get alike, kept while the commit is told of that they come from. */
function createLikes() {
  let likes: { readonly commit: Commit; readonly event: EnvironmentEvent }[] = [];

  /** The same object for the same. */
  return (commit: Commit, scope: Scope, isGone: boolean, differs: Differences): EnvironmentEvent => {
    for (const like of likes) {
      const { event } = like;
      if (
        like.commit === commit &&
        event.ask.scope === scope &&
        (event.digest === null) === isGone &&
        event.variables === differs.variables &&
        event.files === differs.files &&
        event.dockerSecretMounts === differs.dockerSecretMounts
      )
        return event;
    }
    const event = { ask: { ...ANYBODY, scope }, digest: isGone ? null : OWN_MARK, ...differs };
    likes = [{ commit, event }, ...likes.slice(0, MAX_LIKES - 1)];
    return event;
  };
}

/** What workloads get, followed from commit to commit: once for all who look at the same workload and scope. */
export function createEnvironmentStreams(resolutions: Services['resolutions']): EnvironmentStreams {
  const states = createStates(resolutions);
  const likeOf = createLikes();
  const isSeen = rememberLast(isVisibleNow);

  /** As the viewer's `environment` tells it. */
  function digestFor(ask: EnvironmentAsk, { digest, facts }: State, sight: Sight, { team }: Principal) {
    if (digest === null || sight.isWhole) return digest;
    const { project, kind, id, scope } = ask;
    return resolutions.seenDigest(facts, sight, [team, project, id, kind, scope]);
  }

  return {
    async open(ask, session, system) {
      const { project, kind, id, scope } = ask;
      const { fields } = await session.read((view) => visibleProject(project, view, session));
      if (!mayList(ask, session.principal)) throw notFound(kind, id);
      if (!mayKnow(ask, session.principal)) throw forbidden();
      const sightFor = judging(ask);
      const follower = followerOf(ask, states);
      // Cheap now, and a look into the past later.
      await follower.at(system.seq, system);

      function alike({ commit, previous, principal, view }: StepNow): Alike<EnvironmentEvent> | null | undefined {
        const sight = sightFor(principal);
        const isThere = isSeen(project, view, principal);
        if (sight === null || isThere === false) return null;
        const from = follower.known(previous);
        const isPresent = view.seq === commit.seq && isThere === true;
        const to = from && !from.isDated && isPresent ? follower.after(from, view) : undefined;
        if (!from || !to) return undefined;
        const before = knownTo(principal, from);
        const after = knownTo(principal, to);
        const digest = digestFor(ask, after, sight, principal);
        if (before.registration === after.registration && digestFor(ask, before, sight, principal) === digest)
          return null;
        const differs = commonDifferences(before.facts, after.facts, sight);
        return differs ? { event: likeOf(commit, scope, digest === null, differs), own: digest ?? '' } : undefined;
      }

      return {
        // A cursor is good for this project alone, not for the next of its slug.
        name: ['environmentChanged', project, fields.incarnation, kind, id, scope],
        coalesces: true,
        topics: topicsOf(ask),
        concerns: (commit) => concerns(ask, commit),
        alike,
        async event({ commit, operations, previous, session: viewer, system: own }) {
          const { principal } = viewer;
          const sight = sightFor(principal);
          if (sight === null || !(await isThere(ask, viewer))) return null;
          const before = knownTo(principal, await follower.at(previous, own));
          const after = knownTo(principal, await follower.at(commit.seq, own));
          const digest = digestFor(ask, after, sight, principal);
          const isSame = before.registration === after.registration;
          if (isSame && digestFor(ask, before, sight, principal) === digest) {
            if (before.isDated && operations.has(OBSERVED)) throw forgotten();
            return null;
          }
          return { ask, digest, ...differences(before.facts, after.facts, sight) };
        },
      };
    },
  };
}

/** null: something happened to what is a workload's own. */
function commonDifferences(before: EnvironmentFacts, after: EnvironmentFacts, sight: Sight): Differences | null {
  const variables = commonDifference(before.variables, after.variables, sight);
  const files = commonDifference(before.files, after.files, sight);
  const dockerSecretMounts = commonDifference(before.mounts, after.mounts, sight);
  return variables && files && dockerSecretMounts && { variables, files, dockerSecretMounts };
}

/** What is hidden from the viewer differs when it was written, whether it became another one or not. */
function differences(before: EnvironmentFacts, after: EnvironmentFacts, sight: Sight) {
  const part = (name: keyof EnvironmentFacts): NameDiff => seenDifference(before[name], after[name], sight);
  return { variables: part('variables'), files: part('files'), dockerSecretMounts: part('mounts') };
}
