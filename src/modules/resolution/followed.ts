import type { Session } from '../../access/session.ts';
import { isAppError } from '../../kernel/errors.ts';
import type { Vault } from '../../vault/port.ts';
import { ownReading, type View } from '../../vault/reading.ts';
import { projectDocument } from '../projects/model.ts';
import { documentOf, type StoredWorkload } from '../workloads/model.ts';
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
        return { registration, environment: await computed(ask, { ...now, kind }, view) };
      } catch (error) {
        if (isAppError(error) && error.code === 'UNRESOLVED') return { registration, environment: null };
        throw error;
      }
    });

/** The same of the commit that a view is of, where nothing has to be read or waited for; undefined: it has to be. Throws what `followed` rejects with. */
export const createFollowedNow =
  (computedNow: (ask: WorkloadAsk, now: StoredWorkload, view: View, work: null) => Environment | null) =>
  (ask: At, view: View): Followed | null | undefined => {
    const { project, kind, id, at } = ask;
    const parents = view.ready(projectDocument);
    const workloads = view.ready(documentOf(kind), project);
    if (at !== view.seq || !parents || !workloads) return undefined;
    const parent = parents.get(project);
    const now = workloads.get(id);
    if (!parent || parent.deleted || !now || now.deleted) return null;
    // Those who are told of a commit are many, and their pace gives others their turns.
    const environment = computedNow(ask, { ...now, kind }, view, null);
    return environment === null ? undefined : { registration: now.fields.registration, environment };
  };
