import { can, type Principal } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { WorkloadKind } from '../../domain/types.ts';
import { notFound } from '../../kernel/errors.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/reading.ts';
import { visibleProject } from '../projects/lookup.ts';
import type { StoredWorkload } from '../workloads/model.ts';
import { type Book, bookOf } from './book.ts';
import { booksOf, requestsOf } from './jobs.ts';
import {
  restartDocument,
  type StoredDelivery,
  type StoredRequest,
  type StoredRestart,
  type WorkloadName,
} from './model.ts';
import { visibleOrNull } from './running.ts';

/** Restarts and their requests, as those may see them who may list their workloads. */

/** A request with its workload and its way to the webhook. */
export interface RequestView {
  readonly project: string;
  readonly request: StoredRequest;
  /** null: it was forgotten since. */
  readonly workload: StoredWorkload | null;
  /** null: nothing goes to a webhook. */
  readonly delivery: StoredDelivery | null;
}

export const nameOf = ({ key, fields }: StoredRequest): WorkloadName => ({
  project: key[1] ?? '',
  kind: fields.kind,
  id: fields.workload,
});
export const mayOn = (session: Session, verb: 'list' | 'restart', { project, kind, id }: WorkloadName): boolean =>
  can(session.principal, verb, 'workload', { project, workload: { kind, id } });

/** A workload's own token knows of no registration but its own: what was asked of who had the id before is another's. */
export const isKnownTo = ({ workload: own }: Principal, { fields }: StoredRequest): boolean =>
  own === null || fields.registration === undefined || fields.registration === own.registration;

const mayList = (session: Session, request: StoredRequest): boolean =>
  mayOn(session, 'list', nameOf(request)) && isKnownTo(session.principal, request);

async function viewOf(request: StoredRequest, { project, deliveries }: Book, view: View, session: Session) {
  const { kind, workload: id } = request.fields;
  const workload = await visibleOrNull(project, kind, id, view, session);
  return { project, request, workload, delivery: deliveries.get(idOf(request.key)) };
}

/** Those of a project, oldest first, of workloads that the caller may list. */
export function list(project: string, session: Session): Promise<readonly RequestView[]> {
  return session.read(async (view) => {
    await visibleProject(project, view, session);
    const book = await bookOf(project, view);
    const seen = book.requests.live.filter((request) => mayList(session, request));
    return Promise.all(seen.map((request) => viewOf(request, book, view, session)));
  });
}

export const ofWorkload = async (project: string, kind: WorkloadKind, id: string, session: Session) =>
  (await list(project, session)).filter(({ request: { fields } }) => fields.kind === kind && fields.workload === id);

export const byId = (project: string, id: string, session: Session): Promise<RequestView> =>
  session.read((view) => visibleRequest(project, id, view, session));

export async function visibleRequest(project: string, id: string, view: View, session: Session): Promise<RequestView> {
  await visibleProject(project, view, session);
  const book = await bookOf(project, view);
  const request = book.requests.get(id);
  if (!request || !mayList(session, request)) throw notFound('Restart request');
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
export async function seenRestart(id: string, view: View, session: Session): Promise<Seen> {
  const restart = (await view.set(restartDocument)).get(id);
  if (!restart || restart.deleted) throw notFound('Restart');
  const books = await booksOf(restart, view);
  const all = books.flatMap((book) => requestsOf(restart, book));
  const seen = all.filter((request) => mayList(session, request));
  if (seen.length === 0 && restart.fields.requestedBy !== session.principal.id) throw notFound('Restart');
  return { restart, books, requests: seen, total: all.length };
}

export const restartById = (id: string, session: Session): Promise<StoredRestart> =>
  session.read(async (view) => (await seenRestart(id, view, session)).restart);

/** null: it is kept no more. */
export const restartOrNull = (id: string, session: Session): Promise<StoredRestart | null> =>
  session.read(async (view) => {
    const stored = (await view.set(restartDocument)).get(id);
    return stored && (await seenRestart(id, view, session)).restart;
  });

export const requestsOfRestart = (id: string, session: Session): Promise<readonly RequestView[]> =>
  session.read(async (view) => {
    const { restart, books } = await seenRestart(id, view, session);
    const found = books.flatMap((book) =>
      requestsOf(restart, book)
        .filter((request) => mayList(session, request))
        .map((request) => viewOf(request, book, view, session)),
    );
    return Promise.all(found);
  });

/** Left alone by a restart, of workloads that the caller may list. */
export const skippedOf = (restart: StoredRestart, session: Session) =>
  restart.body().skipped.filter((each) => mayOn(session, 'list', each));
