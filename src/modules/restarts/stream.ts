import { LRUCache } from 'lru-cache';
import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { AppError, notFound } from '../../kernel/errors.ts';
import type { Commit, Touched } from '../../store/port.ts';
import type { Stream } from '../../streams/stream.ts';
import { topic } from '../../streams/topics.ts';
import type { Vault } from '../../vault/port.ts';
import { ownReading } from '../../vault/reading.ts';
import { visibleProject } from '../projects/lookup.ts';
import { documentOf } from '../workloads/model.ts';
import { isKnownTo } from './lookup.ts';
import { requestDocument, type StoredRequest, type WorkloadName } from './model.ts';

export interface RestartEvent {
  /** As the commit left it: just released. */
  readonly request: StoredRequest;
}
/** The workload was registered: for the first time, again, or by being restored. */
export interface RegisteredEvent {
  readonly request: null;
}

/** Requests by `kind id` of their workloads. */
type Released = ReadonlyMap<string, StoredRequest>;

const isRequestIn =
  (project: string) =>
  ({ kind, key, revision }: Touched): boolean =>
    kind === 'restartRequest' && key[1] === project && revision > 0;

/** Commits whose releases are kept for all who listen to workloads of the project. */
const MAX_COMMITS = 100;

async function maySee({ project, kind, id }: WorkloadName, session: Session): Promise<boolean> {
  if (!can(session.principal, 'list', 'workload', { project, workload: { kind, id } })) return false;
  return session
    .read((view) => visibleProject(project, view, session))
    .then(
      () => true,
      () => false,
    );
}

/** The releases of requests to restart one workload, which may be registered later. */
export function createRestartStreams(vault: Vault) {
  const commits = new LRUCache<string, Promise<Released>>({ max: MAX_COMMITS });

  /** The request if the commit released it. HISTORY_EXPIRED when it is kept no more: nobody can tell. */
  async function releasedOne({ key, revision }: Touched): Promise<StoredRequest | null> {
    const after = [String(revision + 1)];
    const [now, before] = await vault.revisions(requestDocument, key, { after, limit: 2 }, ownReading());
    if (now?.revision !== revision) throw new AppError('HISTORY_EXPIRED', 'The request is no longer kept');
    return now.fields.state === 'released' && before?.fields.state !== 'released' ? now : null;
  }

  async function readReleased(touched: readonly Touched[]): Promise<Released> {
    const found = new Map<string, StoredRequest>();
    for (const each of touched) {
      const request = await releasedOne(each);
      if (request) found.set(`${request.fields.kind} ${request.fields.workload}`, request);
    }
    return found;
  }

  /** Read once, whoever listens. */
  function released({ team, seq, touched }: Commit, project: string): Promise<Released> {
    const name = [team, project, seq].join('\0');
    const known = commits.get(name);
    if (known) return known;
    const made = readReleased(touched.filter(isRequestIn(project)));
    commits.set(name, made);
    // What failed is asked again.
    made.catch(() => commits.delete(name));
    return made;
  }

  /** Whether the commit registered the workload. HISTORY_EXPIRED when its revisions are kept no more. */
  async function isRegistered({ touched }: Commit, { project, kind, id }: WorkloadName): Promise<boolean> {
    const mine = touched.find(({ kind: type, key }) => type === kind && key[1] === project && key[2] === id);
    if (!mine || mine.revision === 0) return false;
    const after = [String(mine.revision + 1)];
    const [now, before] = await vault.revisions(documentOf(kind), mine.key, { after, limit: 2 }, ownReading());
    if (now?.revision !== mine.revision || (mine.revision > 1 && !before)) {
      throw new AppError('HISTORY_EXPIRED', 'The registration is no longer kept');
    }
    if (now.deleted) return false;
    return !before || before.deleted || before.fields.registration !== now.fields.registration;
  }

  /** NOT_FOUND as for the workload itself, by the rights alone: whether there is such a workload makes no difference. */
  return async function stream(
    workload: WorkloadName,
    session: Session,
  ): Promise<Stream<RestartEvent | RegisteredEvent>> {
    const { project, kind, id } = workload;
    const { fields } = await session.read((view) => visibleProject(project, view, session));
    if (!(await maySee(workload, session))) throw notFound(kind, id);
    const isIts = ({ kind: type, key }: Touched): boolean => type === kind && key[1] === project && key[2] === id;
    return {
      // A cursor is good for this project alone, not for the next of its slug.
      name: ['restartRequested', project, fields.incarnation, kind, id],
      coalesces: false,
      topics: [topic(requestDocument.kind, project), topic(kind, project, id)],
      concerns: ({ touched }) => touched.some((each) => isRequestIn(project)(each) || isIts(each)),
      async event({ commit, session: viewer }) {
        if (!(await maySee(workload, viewer))) return null;
        const request = (await released(commit, project)).get(`${kind} ${id}`);
        if (request && isKnownTo(viewer.principal, request)) return { request };
        // Its own token was made for a registration: there is nothing to tell it.
        if (viewer.principal.workload !== null) return null;
        return (await isRegistered(commit, workload)) ? { request: null } : null;
      },
    };
  };
}
