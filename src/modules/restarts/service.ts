import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { WorkloadKind } from '../../domain/types.ts';
import type { Services } from '../../graphql/types/services.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, forbidden, notFound } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Keys } from '../../keys/keys.ts';
import { changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { Vault } from '../../vault/port.ts';
import type { View } from '../../vault/reading.ts';
import { visibleProject } from '../projects/lookup.ts';
import type { StoredWorkload } from '../workloads/model.ts';
import { type Book, bookOf, deliveryFor, queued } from './book.ts';
import { booksOf, ended, requestsOf } from './jobs.ts';
import {
  deliveryDocument,
  restartDocument,
  type StoredDelivery,
  type StoredRequest,
  type StoredRestart,
  type WorkloadName,
} from './model.ts';
import { createRequests } from './requests.ts';
import { createRunning, visibleOrNull } from './running.ts';
import { createRestartStreams } from './stream.ts';

export interface RestartsDeps {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly dependents: Services['dependents'];
  readonly resolutions: Services['resolutions'];
}
export type RestartsService = ReturnType<typeof createRestarts>;

/** A request with its workload and its way to the webhook. */
export interface RequestView {
  readonly project: string;
  readonly request: StoredRequest;
  /** null: it was forgotten since. */
  readonly workload: StoredWorkload | null;
  /** null: nothing goes to a webhook. */
  readonly delivery: StoredDelivery | null;
}

const nameOf = ({ key, fields }: StoredRequest): WorkloadName => ({
  project: key[1] ?? '',
  kind: fields.kind,
  id: fields.workload,
});
const mayOn = (session: Session, verb: 'list' | 'restart', { project, kind, id }: WorkloadName): boolean =>
  can(session.principal, verb, 'workload', { project, workload: { kind, id } });

/** Restarts of those who depend on something, and what they say that they run. */
export function createRestarts(deps: RestartsDeps) {
  const { clock } = deps;
  const running = createRunning(deps);
  const requests = createRequests({ ...deps, digestAt: running.digestAt });

  async function viewOf(request: StoredRequest, { project, deliveries }: Book, view: View, session: Session) {
    const { kind, workload: id } = request.fields;
    const workload = await visibleOrNull(project, kind, id, view, session);
    return { project, request, workload, delivery: deliveries.get(idOf(request.key)) };
  }

  /** Those of a project, oldest first, of workloads that the caller may list. */
  function list(project: string, session: Session): Promise<readonly RequestView[]> {
    return session.read(async (view) => {
      await visibleProject(project, view, session);
      const book = await bookOf(project, view);
      const seen = book.requests.live.filter((request) => mayOn(session, 'list', nameOf(request)));
      return Promise.all(seen.map((request) => viewOf(request, book, view, session)));
    });
  }

  const ofWorkload = async (project: string, kind: WorkloadKind, id: string, session: Session) =>
    (await list(project, session)).filter(({ request: { fields } }) => fields.kind === kind && fields.workload === id);

  const byId = (project: string, id: string, session: Session): Promise<RequestView> =>
    session.read((view) => visibleRequest(project, id, view, session));

  async function visibleRequest(project: string, id: string, view: View, session: Session): Promise<RequestView> {
    await visibleProject(project, view, session);
    const book = await bookOf(project, view);
    const request = book.requests.get(id);
    if (!request || !mayOn(session, 'list', nameOf(request))) throw notFound('Restart request');
    return viewOf(request, book, view, session);
  }

  interface Seen {
    readonly restart: StoredRestart;
    readonly books: readonly Book[];
    /** Of all its requests, those that the caller may list. */
    readonly requests: readonly StoredRequest[];
    readonly total: number;
  }

  /** A restart for whoever may list any of its workloads, or made it. */
  async function seenRestart(id: string, view: View, session: Session): Promise<Seen> {
    const restart = (await view.set(restartDocument)).get(id);
    if (!restart || restart.deleted) throw notFound('Restart');
    const books = await booksOf(restart, view);
    const all = books.flatMap((book) => requestsOf(restart, book));
    const seen = all.filter((request) => mayOn(session, 'list', nameOf(request)));
    if (seen.length === 0 && restart.fields.requestedBy !== session.principal.id) throw notFound('Restart');
    return { restart, books, requests: seen, total: all.length };
  }

  const restartById = (id: string, session: Session): Promise<StoredRestart> =>
    session.read(async (view) => (await seenRestart(id, view, session)).restart);

  /** null: it is kept no more. */
  const restartOrNull = (id: string, session: Session): Promise<StoredRestart | null> =>
    session.read(async (view) => {
      const stored = (await view.set(restartDocument)).get(id);
      return stored && (await seenRestart(id, view, session)).restart;
    });

  const requestsOfRestart = (id: string, session: Session): Promise<readonly RequestView[]> =>
    session.read(async (view) => {
      const { restart, books } = await seenRestart(id, view, session);
      const found = books.flatMap((book) =>
        requestsOf(restart, book)
          .filter((request) => mayOn(session, 'list', nameOf(request)))
          .map((request) => viewOf(request, book, view, session)),
      );
      return Promise.all(found);
    });

  /** Left alone by a restart, of workloads that the caller may list. */
  const skippedOf = (restart: StoredRestart, session: Session) =>
    restart.body().skipped.filter((each) => mayOn(session, 'list', each));

  async function restart(...[source, input, session]: Parameters<typeof requests.restart>) {
    const { id, commit } = await requests.restart(source, input, session);
    return { restart: await restartById(id, session), commit };
  }

  /** Ends what waits for its wave and what nobody was told yet. */
  async function cancel(id: string, session: Session) {
    const { commit } = await session.run({
      operation: 'restart.cancel',
      subject: [session.principal.team, 'restart', id],
      async find(view) {
        const seen = await seenRestart(id, view, session);
        const mayAll = seen.requests.every((request) => mayOn(session, 'restart', nameOf(request)));
        if (!mayAll || seen.requests.length < seen.total) throw forbidden();
        return seen;
      },
      decide(seen) {
        const changes = ended(seen.restart, seen.books, 'cancelled', clock().toISOString(), true);
        const isOver = seen.restart.fields.state !== 'running' && changes.length === 1;
        if (isOver) throw conflict('WRONG_STATE', 'Nothing of the restart is left to be cancelled');
        return { changes };
      },
    });
    return { restart: await restartById(id, session), commit };
  }

  /** Redelivers a request now. Refuses closed and superseded requests. */
  async function redeliver(project: string, id: string, session: Session) {
    const { team } = session.principal;
    const { commit } = await session.run({
      operation: 'restart.redeliver',
      subject: [team, project, id],
      async find(view) {
        const found = await visibleRequest(project, id, view, session);
        if (!mayOn(session, 'restart', nameOf(found.request))) throw forbidden();
        return found;
      },
      async decide({ request, delivery }, view) {
        const book = await bookOf(project, view);
        requireRedeliverable(request, book);
        const at = clock().toISOString();
        const again = () => {
          if (!delivery) return deliveryFor(book, request, at);
          const { fields } = delivery;
          const round = fields.state === 'failed' ? fields.round : fields.round + 1;
          const fresh = { ...fields, state: 'pending', round, failures: 0, nextAt: at } as const;
          return [changesOf(deliveryDocument).replace(delivery, fresh, null)];
        };
        return { changes: [...again(), queued(team, book, at)] };
      },
    });
    return { restartRequest: await byId(project, id, session), commit };
  }

  async function acknowledge(...[input, session]: Parameters<typeof running.acknowledge>) {
    const { running: now, ended: ids, project, commit } = await running.acknowledge(input, session);
    const acknowledged = await Promise.all(ids.map((id) => byId(project, id, session)));
    return { running: now, acknowledged, commit };
  }

  return {
    stream: createRestartStreams(deps.vault),
    restart,
    cancel,
    redeliver,
    acknowledge,
    list,
    ofWorkload,
    byId,
    restartById,
    restartOrNull,
    requestsOfRestart,
    skippedOf,
    running: running.running,
    runningWorkloads: running.list,
  };
}

function requireRedeliverable(request: StoredRequest, book: Book): void {
  const { state, kind, workload, seq } = request.fields;
  if (state !== 'released')
    throw conflict('WRONG_STATE', 'Only a request that is released and not over can be delivered again');
  if (!book.webhook?.fields.enabled) throw conflict('WRONG_STATE', 'There is no deploy webhook that is switched on');
  if (book.deliveries.get(idOf(request.key))?.fields.state === 'pending')
    throw conflict('WRONG_STATE', 'It is still to be delivered');
  const isNewer = (other: StoredRequest): boolean =>
    other.fields.kind === kind && other.fields.workload === workload && other.fields.seq > seq;
  if (book.requests.live.some(isNewer)) throw conflict('WRONG_STATE', 'There is a newer request for the workload');
}
