import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { Scope } from '../../domain/types.ts';
import type { Services } from '../../graphql/types/services.ts';
import type { Clock } from '../../kernel/clock.ts';
import { forbidden, limitExceeded } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import { type Change, changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/reading.ts';
import type { Dependent } from '../dependents/model.ts';
import { visibleProject } from '../projects/lookup.ts';
import { projectDocument } from '../projects/model.ts';
import { type Book, bookOf, closed, createRequest, deliveryFor, isOpen, newId, queued } from './book.ts';
import type { RestartInput, Waves } from './inputs.ts';
import {
  type RequestFields,
  type RestartFields,
  restartDocument,
  type Skipped,
  type SourceAddress,
  type StoredRequest,
} from './model.ts';
import { type createRunning, runningOf } from './running.ts';

export interface RequestsDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly dependents: Services['dependents'];
  readonly digestAt: ReturnType<typeof createRunning>['digestAt'];
}

interface Wanted extends Dependent {
  readonly scopes: readonly Scope[];
}
interface Decision {
  readonly seq: number;
  readonly wanted: readonly Wanted[];
  readonly skipped: readonly Skipped[];
  readonly books: ReadonlyMap<string, Book>;
  readonly guards: readonly Change[];
}

const ALL_AT_ONCE: Waves = {
  size: Number.MAX_SAFE_INTEGER,
  pauseSeconds: 0,
  waitForAcknowledgement: false,
  timeoutSeconds: 0,
  onTimeout: 'cancel',
};
/** Workloads compared between two turns of the event loop. */
const AT_A_TIME = 20;

const restarts = changesOf(restartDocument);

/** Finds whose environments have changed. */
function createComparison(digestAt: RequestsDeps['digestAt']) {
  async function decide(
    all: readonly Dependent[],
    since: number | null,
    view: View,
    session: Session,
  ): Promise<Decision> {
    const wanted: Wanted[] = [];
    const skipped: Skipped[] = [];
    for (const [i, dependent] of all.entries()) {
      // Resolving thousands of workloads in one go would keep everybody else waiting.
      if (i % AT_A_TIME === AT_A_TIME - 1) await new Promise((resolve) => setImmediate(resolve));
      const verdict = await changedScopes(dependent, since, view);
      if (typeof verdict !== 'string') wanted.push({ ...dependent, scopes: verdict });
      else {
        const { kind, key } = dependent.workload;
        skipped.push({ project: dependent.project, kind, id: idOf(key), why: verdict });
      }
    }
    const projects = [...new Set(wanted.map(({ project }) => project))];
    const books = new Map<string, Book>();
    const guards: Change[] = [];
    for (const project of projects) {
      books.set(project, await bookOf(project, view));
      guards.push(changesOf(projectDocument).unchanged(await visibleProject(project, view, session)));
    }
    return { seq: view.seq, wanted, skipped, books, guards };
  }

  /** The scopes in which it draws on the source and runs something else than it would get; or why it is left alone. */
  async function changedScopes(
    { workload, reasons }: Dependent,
    since: number | null,
    view: View,
  ): Promise<readonly Scope[] | Skipped['why']> {
    const changed: Scope[] = [];
    for (const scope of new Set(reasons.map((reason) => reason.scope))) {
      const now = await digestAt(workload, scope, null, view);
      // Started now, it would come up half configured or not at all.
      if (now === null) return 'unresolved';
      const then =
        since === null
          ? ((await runningOf(workload, scope, view))?.fields.digest ?? null)
          : await digestAt(workload, scope, since, view);
      if (then !== now) changed.push(scope);
    }
    return changed.length === 0 ? 'unchanged' : changed;
  }

  return decide;
}

/** When it is asked, and by whom. */
interface Asking {
  readonly at: string;
  readonly actor: string;
  readonly limits: Limits;
}

function changesFor(
  key: readonly string[],
  source: SourceAddress,
  { waves, reason }: RestartInput,
  { seq, wanted, skipped, books, guards }: Decision,
  { at, actor, limits }: Asking,
): readonly Change[] {
  const [team = '', id = ''] = key;
  const { size, pauseSeconds, waitForAcknowledgement, timeoutSeconds, onTimeout } = waves ?? ALL_AT_ONCE;
  const changes: Change[] = [...guards];
  const open = new Map([...books].map(([project, book]) => [project, openByWorkload(book)]));
  wanted.forEach(({ project, workload, scopes }, i) => {
    const book = books.get(project);
    if (!book) return;
    const wave = Math.floor(i / size) + 1;
    const name = `${workload.kind} ${idOf(workload.key)}`;
    const mine = open.get(project);
    for (const older of mine?.get(name) ?? []) changes.push(...closed(book, older, 'superseded', at));
    mine?.set(name, []);
    const notBefore = new Date(Date.parse(at) + (wave - 1) * pauseSeconds * 1000).toISOString();
    const isFirst = wave === 1;
    const fields: RequestFields = {
      restart: id,
      kind: workload.kind,
      workload: idOf(workload.key),
      scopes,
      seq,
      wave,
      state: isFirst ? 'released' : 'waiting',
      requestedAt: at,
      notBefore,
      releasedAt: isFirst ? at : null,
      closedAt: null,
      registration: workload.fields.registration,
    };
    const place = [team, project, newId(at)];
    changes.push(createRequest(place, fields, { reason }));
    if (isFirst) changes.push(...deliveryFor(book, { key: place, fields }, at));
  });
  for (const [project, book] of books) {
    const left = [...(open.get(project)?.values() ?? [])].flat().length;
    const count = left + wanted.filter((each) => each.project === project).length;
    if (count > limits.restartRequestsOpen) {
      throw limitExceeded(
        'open restart requests of a project',
        limits.restartRequestsOpen,
        count,
        'restartRequestsOpen',
      );
    }
    changes.push(queued(team, book, at));
  }
  const count = Math.ceil(wanted.length / size);
  const fields: RestartFields = {
    source,
    projects: [...books.keys()],
    requestedAt: at,
    requestedBy: actor,
    seq,
    waves: count,
    released: Math.min(1, count),
    releasedAt: at,
    pauseSeconds,
    timeoutSeconds: waitForAcknowledgement ? timeoutSeconds : null,
    onTimeout,
    state: count > 1 ? 'running' : 'released',
  };
  return [...changes, restarts.create(key, fields, { reason, skipped })];
}

/** Asks for restarts: one request for each workload that runs something else than it would get now. */
export function createRequests({ clock, limits, dependents, digestAt }: RequestsDeps) {
  const decide = createComparison(digestAt);

  async function restart(source: SourceAddress, input: RestartInput, session: Session) {
    const { team, id: actor } = session.principal;
    const at = clock().toISOString();
    const key = [team, newId(at)];
    const { object, commit } = await session.run({
      operation: 'restart.request',
      subject: [team, 'restart'],
      once: { idempotencyKey: input.idempotencyKey, input: { source, ...input }, object: key },
      find: (view) => permitted(source, view, session),
      async decide(all, view) {
        const decision = await decide(all, input.onlyChangedSince, view, session);
        return { changes: changesFor(key, source, input, decision, { at, actor, limits }) };
      },
    });
    return { id: object[1] ?? '', commit };
  }

  /** All that depend on it, for whoever may restart them all. */
  async function permitted(source: SourceAddress, view: View, session: Session): Promise<readonly Dependent[]> {
    const all = await dependents(source, session, view);
    const allowed = all.every(({ project, workload: { kind, key } }) =>
      can(session.principal, 'restart', 'workload', { project, workload: { kind, id: idOf(key) } }),
    );
    if (!allowed) throw forbidden('You may not restart all of its dependents');
    return all;
  }

  return { restart };
}

function openByWorkload(book: Book): Map<string, readonly StoredRequest[]> {
  const found = new Map<string, readonly StoredRequest[]>();
  for (const request of book.requests.live) {
    if (!isOpen(book, request)) continue;
    const name = `${request.fields.kind} ${request.fields.workload}`;
    found.set(name, [...(found.get(name) ?? []), request]);
  }
  return found;
}
