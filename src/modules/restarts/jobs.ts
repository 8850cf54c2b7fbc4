import type { Session } from '../../access/session.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Job } from '../../kernel/job.ts';
import type { Limits } from '../../kernel/limits.ts';
import { recent } from '../../kernel/recent.ts';
import type { Key, Kind } from '../../store/port.ts';
import { type Change, changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/reading.ts';
import { isDue } from '../deploy-webhooks/attempts.ts';
import { projectDocument } from '../projects/model.ts';
import { type Book, bookOf, closed, isUndelivered, queued, released } from './book.ts';
import {
  deliveryDocument,
  queueDocument,
  type RestartFields,
  requestDocument,
  restartDocument,
  type StoredRequest,
  type StoredRestart,
} from './model.ts';
import { nextStep } from './waves.ts';

export interface JobsDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly teams: () => Promise<readonly string[]>;
  readonly session: (team: string) => Promise<Session>;
  readonly deliver: (team: string, project: string, signal: AbortSignal) => Promise<void>;
}

type Careful = (work: () => Promise<void>) => Promise<void>;

const EVERY_MS = 1_000;
/** Projects whose webhooks are served at a time. */
const AT_ONCE = 16;

const restarts = changesOf(restartDocument);
const OVER: ReadonlySet<string> = new Set(['acknowledged', 'superseded', 'cancelled']);

/** All that a restart still has to do with its projects; those that were deleted meanwhile are left out. */
export async function booksOf({ fields }: StoredRestart, view: View): Promise<readonly Book[]> {
  const projects = await view.set(projectDocument);
  const living = fields.projects.filter((slug) => projects.get(slug)?.deleted === false);
  return Promise.all(living.map((project) => bookOf(project, view)));
}

export const requestsOf = (restart: StoredRestart, { requests }: Book): readonly StoredRequest[] =>
  requests.live.filter(({ fields }) => fields.restart === idOf(restart.key));

/** Ends a restart: whatever waits is cancelled, and so is what nobody was told yet if `all`. */
export function ended(
  restart: StoredRestart,
  books: readonly Book[],
  state: RestartFields['state'],
  at: string,
  all: boolean,
): readonly Change[] {
  const changes: Change[] = [restarts.replace(restart, { ...restart.fields, state }, restart.body())];
  for (const book of books) {
    for (const request of requestsOf(restart, book)) {
      const delivery = book.deliveries.get(idOf(request.key));
      const isUntold = request.fields.state === 'released' && delivery !== null && isUndelivered(delivery);
      if (request.fields.state === 'waiting' || (all && isUntold))
        changes.push(...closed(book, request, 'cancelled', at));
    }
  }
  return changes;
}

const removalOf = (kind: Kind, { key, revision }: { readonly key: Key; readonly revision: number }): Change => ({
  op: 'remove',
  kind,
  key,
  expected: revision,
});

/** What a restart that runs is due for; null: it waits. */
function stepOf(team: string, restart: StoredRestart, books: readonly Book[], now: Date) {
  const at = now.toISOString();
  const { released: last, waves } = restart.fields;
  const isDone = books.every((book) =>
    requestsOf(restart, book).every(({ fields }) => fields.wave !== last || OVER.has(fields.state)),
  );
  const next = nextStep(restart.fields, isDone, now);
  if (next === 'wait') return null;
  if (next === 'rewind') {
    const fields = { ...restart.fields, releasedAt: at };
    return { operation: 'restart.rewind', changes: [restarts.replace(restart, fields, restart.body())] };
  }
  if (next === 'cancel') return { operation: 'restart.timeOut', changes: ended(restart, books, 'timedOut', at, false) };
  const wave = last + 1;
  const state = wave >= waves ? 'released' : 'running';
  const fields = { ...restart.fields, released: wave, releasedAt: at, state } as const;
  const changes: Change[] = [restarts.replace(restart, fields, restart.body())];
  for (const book of books) {
    const mine = requestsOf(restart, book).filter(
      (each) => each.fields.wave === wave && each.fields.state === 'waiting',
    );
    changes.push(...mine.flatMap((request) => released(book, request, at)));
    if (mine.length > 0) changes.push(queued(team, book, at));
  }
  return { changes };
}

/** What there is to do for one restart, one project and one team. */
function createSteps({ clock, limits }: Pick<JobsDeps, 'clock' | 'limits'>) {
  async function step(id: string, session: Session): Promise<void> {
    const { team } = session.principal;
    await session.runIf({
      operation: 'restart.release',
      subject: [team, 'restart', id],
      async find(view) {
        const restart = (await view.set(restartDocument)).get(id);
        return restart && { restart, books: await booksOf(restart, view) };
      },
      decide(found) {
        if (!found || found.restart.deleted || found.restart.fields.state !== 'running') return null;
        return stepOf(team, found.restart, found.books, clock());
      },
    });
  }

  /** Forgets what is over, but for the last ones. */
  async function prune(project: string, session: Session): Promise<void> {
    await session.runIf({
      operation: 'restart.prune',
      subject: [session.principal.team, 'restartPrune', project],
      find: (view) => bookOf(project, view),
      decide(book) {
        const over = book.requests.all.filter((request) => {
          const delivery = book.deliveries.get(idOf(request.key));
          return request.fields.state !== 'waiting' && !(delivery && isUndelivered(delivery));
        });
        const gone = over.slice(0, Math.max(0, over.length - limits.restartRequestsKept));
        // Now and then, so that not every commit erases one.
        if (gone.length === 0 || gone.length * 10 < limits.restartRequestsKept) return null;
        const changes = gone.slice(0, 1_000).flatMap((request): Change[] => {
          const delivery = book.deliveries.get(idOf(request.key));
          const erased = removalOf(requestDocument.kind, request);
          return delivery ? [erased, removalOf(deliveryDocument.kind, delivery)] : [erased];
        });
        return { changes };
      },
    });
  }

  async function pruneRestarts(session: Session): Promise<void> {
    await session.runIf({
      operation: 'restart.prune',
      subject: [session.principal.team, 'restartPrune'],
      find: (view) => view.set(restartDocument),
      decide({ all }) {
        const over = all.filter(({ fields }) => fields.state !== 'running');
        const gone = over.slice(0, Math.max(0, over.length - limits.restartRequestsKept));
        if (gone.length === 0 || gone.length * 10 < limits.restartRequestsKept) return null;
        return { changes: gone.slice(0, 1_000).map((restart) => removalOf(restartDocument.kind, restart)) };
      },
    });
  }

  return { step, prune, pruneRestarts };
}

/** Releases waves, delivers and forgets, in whichever process looks first. */
export function createRestartJob({ clock, limits, teams, session: sessionOf, deliver }: JobsDeps): Job {
  const { step, prune, pruneRestarts } = createSteps({ clock, limits });
  /** Queue -> its revision when old requests were last looked for. */
  const lookedAt = recent<number>(10_000);

  /** `each` takes care that what fails in one place is told, and keeps nothing else from being done. */
  async function forTeam(team: string, signal: AbortSignal, each: Careful): Promise<void> {
    const session = await sessionOf(team);
    const { running, queues, projects } = await session.read(async (view) => ({
      running: (await view.set(restartDocument)).intact.filter(
        ({ deleted, fields }) => !deleted && fields.state === 'running',
      ),
      queues: (await view.set(queueDocument)).intact.filter(({ deleted }) => !deleted),
      projects: await view.set(projectDocument),
    }));
    for (const { key } of running) if (!signal.aborted) await each(() => step(idOf(key), session));
    const now = clock();
    const living = (await session.read((view) => view.set(queueDocument))).intact.filter(
      ({ key, deleted }) => !deleted && projects.get(idOf(key))?.deleted === false,
    );
    const due = living.filter(({ fields }) => isDue(fields.nextAt, now, limits));
    for (let i = 0; i < due.length && !signal.aborted; i += AT_ONCE) {
      const some = due.slice(i, i + AT_ONCE).map(({ key }) => idOf(key));
      await Promise.all(some.map((project) => each(() => deliver(team, project, signal))));
    }
    for (const { key, revision } of living) {
      const name = key.join('/');
      // Whatever adds requests touches the queue.
      if (signal.aborted || lookedAt.get(name) === revision) continue;
      lookedAt.set(name, revision);
      await each(() => prune(idOf(key), session));
    }
    if (queues.length > 0) await each(() => pruneRestarts(session));
  }

  return {
    name: 'restarts',
    everyMs: EVERY_MS,
    async run(signal) {
      const failures: unknown[] = [];
      const each: Careful = (work) =>
        work().catch((error: unknown) => {
          failures.push(error);
        });
      for (const team of await teams()) if (!signal.aborted) await each(() => forTeam(team, signal, each));
      if (failures.length > 0) throw failures[0];
    },
  };
}
