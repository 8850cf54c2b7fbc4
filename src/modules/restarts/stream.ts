import { notFound } from '../../kernel/errors.ts';
import type { Commit, Touched } from '../../store/port.ts';
import type { Vault } from '../../vault/vault.ts';
import { can } from '../access/model.ts';
import type { Session } from '../access/session.ts';
import type { Stream } from '../changes/stream.ts';
import { visibleProject } from '../projects/service.ts';
import { visibleWorkload } from '../workloads/service.ts';
import { requestDocument, type StoredRequest, type WorkloadName } from './model.ts';

export interface RestartEvent {
  /** As the commit left it: just released. */
  readonly request: StoredRequest;
}

const isRequestIn =
  (project: string) =>
  ({ kind, key, revision }: Touched): boolean =>
    kind === 'restartRequest' && key[1] === project && revision > 0;

/** The releases of requests to restart one workload. */
export function createRestartStreams(vault: Vault) {
  /** The request that a commit released; null: none of this workload. */
  async function released({ touched }: Commit, { project, kind, id }: WorkloadName): Promise<StoredRequest | null> {
    for (const { key, revision } of touched.filter(isRequestIn(project))) {
      const after = [String(revision + 1)];
      const [now, before] = await vault.revisions(requestDocument, key, { after, limit: 2 });
      const isIt = now?.revision === revision && now.fields.kind === kind && now.fields.workload === id;
      if (isIt && now.fields.state === 'released' && before?.fields.state !== 'released') return now;
    }
    return null;
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
    if (!(await maySee(workload, session))) throw notFound(`The ${kind} ${id}`);
    return {
      name: ['restartRequested', project, kind, id],
      coalesces: false,
      concerns: ({ touched }) => touched.some(isRequestIn(project)),
      async event({ commit, session: viewer }) {
        if (!(await maySee(workload, viewer))) return null;
        const request = await released(commit, workload);
        return request && { request };
      },
    };
  };
}
