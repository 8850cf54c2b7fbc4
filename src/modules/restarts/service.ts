import type { Session } from '../../access/session.ts';
import type { Services } from '../../graphql/types/services.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, forbidden } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Keys } from '../../keys/keys.ts';
import { changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { Vault } from '../../vault/port.ts';
import { type Book, bookOf, deliveryFor, queued } from './book.ts';
import { endedWith } from './ending.ts';
import { ended } from './jobs.ts';
import {
  byId,
  list,
  mayOn,
  nameOf,
  ofWorkload,
  requestsOfRestart,
  restartById,
  restartOrNull,
  seenRestart,
  skippedOf,
  visibleRequest,
} from './lookup.ts';
import { deliveryDocument, type StoredRequest } from './model.ts';
import { createRequests } from './requests.ts';
import { createRunning } from './running.ts';
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

function createRedelivery(clock: Clock) {
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

  return redeliver;
}

/** Restarts of those who depend on something, and what they say that they run. */
export function createRestarts(deps: RestartsDeps) {
  const { clock } = deps;
  const running = createRunning(deps);
  const requests = createRequests({ ...deps, digestAt: running.digestAt });

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
        if (isOver) throw conflict('WRONG_STATE', 'The restart has nothing left to cancel');
        return { changes };
      },
    });
    return { restart: await restartById(id, session), commit };
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
    redeliver: createRedelivery(clock),
    acknowledge,
    endedWith,
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
    throw conflict('WRONG_STATE', 'Only a request that is released and not closed can be delivered again');
  if (!book.webhook?.fields.enabled) throw conflict('WRONG_STATE', 'The project has no enabled deploy webhook');
  if (book.deliveries.get(idOf(request.key))?.fields.state === 'pending')
    throw conflict('WRONG_STATE', 'Its delivery is still pending');
  const isNewer = (other: StoredRequest): boolean =>
    other.fields.kind === kind && other.fields.workload === workload && other.fields.seq > seq;
  if (book.requests.live.some(isNewer)) throw conflict('WRONG_STATE', 'There is a newer request for the workload');
}
