import { LRUCache } from 'lru-cache';
import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { AppError, notFound } from '../../kernel/errors.ts';
import type { Commit, Touched } from '../../store/port.ts';
import type { Stream } from '../../streams/stream.ts';
import type { Vault } from '../../vault/vault.ts';
import { visibleProject } from '../projects/service.ts';
import { visibleWorkload } from '../workloads/service.ts';
import { requestDocument, type StoredRequest, type WorkloadName } from './model.ts';

export interface RestartEvent {
  /** As the commit left it: just released. */
  readonly request: StoredRequest;
}

/** Requests by `kind id` of their workloads. */
type Released = ReadonlyMap<string, StoredRequest>;

const isRequestIn =
  (project: string) =>
  ({ kind, key, revision }: Touched): boolean =>
    kind === 'restartRequest' && key[1] === project && revision > 0;

/** Commits whose releases are kept for all who listen to workloads of the project. */
const MOST_COMMITS = 100;

/** The releases of requests to restart one workload. */
export function createRestartStreams(vault: Vault) {
  const commits = new LRUCache<string, Promise<Released>>({ max: MOST_COMMITS });

  /** The request if the commit released it. HISTORY_EXPIRED when it is kept no more: nobody can tell. */
  async function releasedOne({ key, revision }: Touched): Promise<StoredRequest | null> {
    const after = [String(revision + 1)];
    const [now, before] = await vault.revisions(requestDocument, key, { after, limit: 2 });
    if (now?.revision !== revision) throw new AppError('HISTORY_EXPIRED', 'The request is kept no more');
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

  async function maySee({ project, kind, id }: WorkloadName, session: Session): Promise<boolean> {
    if (!can(session.principal, 'list', 'workload', { project, workload: { kind, id } })) return false;
    return session
      .read((view) => visibleProject(project, view, session))
      .then(
        () => true,
        () => false,
      );
  }

  /** NOT_FOUND as for the workload itself. */
  return async function stream(workload: WorkloadName, session: Session): Promise<Stream<RestartEvent>> {
    const { project, kind, id } = workload;
    await session.read((view) => visibleWorkload(project, kind, id, view, session));
    if (!(await maySee(workload, session))) throw notFound(kind, id);
    return {
      name: ['restartRequested', project, kind, id],
      coalesces: false,
      concerns: ({ touched }) => touched.some(isRequestIn(project)),
      async event({ commit, session: viewer }) {
        if (!(await maySee(workload, viewer))) return null;
        const request = (await released(commit, project)).get(`${kind} ${id}`);
        return request ? { request } : null;
      },
    };
  };
}
