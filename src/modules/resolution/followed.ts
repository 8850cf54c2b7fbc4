import type { Session } from '../../access/session.ts';
import type { DirectValues } from '../../domain/types.ts';
import { isAppError } from '../../kernel/errors.ts';
import { rememberLast } from '../../kernel/remember-last.ts';
import type { DocumentSet } from '../../vault/document-set.ts';
import type { Vault } from '../../vault/port.ts';
import { ownReading, type View } from '../../vault/reading.ts';
import { projectDocument } from '../projects/model.ts';
import { asWorkload, documentOf, type StoredWorkload, type WorkloadFields } from '../workloads/model.ts';
import type { Environment, WorkloadAsk } from './model.ts';

/** A workload as one commit left it. */
export interface Followed {
  /** Which of the registrations under its id. */
  readonly registration: string;
  /** null: a required addon link yields nothing. */
  readonly environment: Environment | null;
}

type At = WorkloadAsk & { readonly at: number };
type Now<T> = (ask: WorkloadAsk, now: StoredWorkload, view: View) => T;

/**
 * What a workload got at a commit, also one that is deleted or registered anew by now; null: it was not registered then. For
 * the gateway's own work: whoever asks decides what of it may be told.
 */
export const createFollowed =
  (vault: Vault, computed: Now<Promise<Environment>>) =>
  (ask: At, system: Session): Promise<Followed | null> =>
    system.read(async (view) => {
      const { project, kind, id, at } = ask;
      const parent = (await view.set(projectDocument)).get(project);
      if (!parent || parent.deleted) return null;
      const now = (await view.set(documentOf(kind), project)).get(id);
      const then = now && (await vault.asOf(documentOf(kind), now, at, ownReading()));
      if (!now || !then) return null;
      const { registration } = then.fields;
      try {
        return { registration, environment: await computed(ask, asWorkload(now, kind), view) };
      } catch (error) {
        if (isAppError(error) && error.code === 'UNRESOLVED') return { registration, environment: null };
        throw error;
      }
    });

type Workloads = DocumentSet<WorkloadFields, DirectValues>;

/** Where a workload is looked for. null: the project is not there; undefined: something has to be read for it. */
function workloadsIn(view: View, project: string, kind: WorkloadAsk['kind']): Workloads | null | undefined {
  const parents = view.ready(projectDocument);
  const workloads = view.ready(documentOf(kind), project);
  if (!parents || !workloads) return undefined;
  const parent = parents.get(project);
  return !parent || parent.deleted ? null : workloads;
}

/** The same of the commit that a view is of, where nothing has to be read or waited for; undefined: it has to be. Throws what `followed` rejects with. */
export function createFollowedNow(
  computedNow: (ask: WorkloadAsk, now: StoredWorkload, view: View, work: null) => Environment | null,
) {
  const workloadsForMany = rememberLast(workloadsIn);

  return (ask: At, view: View): Followed | null | undefined => {
    const { project, kind, id, at } = ask;
    if (at !== view.seq) return undefined;
    const workloads = workloadsForMany(view, project, kind);
    if (workloads === undefined) return undefined;
    const now = workloads?.get(id);
    if (!now || now.deleted) return null;
    // Those who are told of a commit are many, and their pace gives others their turns.
    const environment = computedNow(ask, asWorkload(now, kind), view, null);
    return environment === null ? undefined : { registration: now.fields.registration, environment };
  };
}
