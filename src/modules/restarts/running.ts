import { can, isSelf } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { Scope, WorkloadKind } from '../../domain/types.ts';
import type { Services } from '../../graphql/types/services.ts';
import type { Clock } from '../../kernel/clock.ts';
import { forbidden, invalidInput, isAppError } from '../../kernel/errors.ts';
import type { CommitFacts } from '../../vault/change.ts';
import { type Change, changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { Vault } from '../../vault/port.ts';
import { evenReading, type View } from '../../vault/reading.ts';
import { visibleProject } from '../projects/lookup.ts';
import { projectDocument } from '../projects/model.ts';
import { sightOf } from '../resolution/sight.ts';
import { visibleWorkload } from '../workloads/lookup.ts';
import { documentOf, type StoredWorkload } from '../workloads/model.ts';
import { bookOf, closed } from './book.ts';
import type { AcknowledgeInput } from './inputs.ts';
import {
  runningDocument,
  runningId,
  type StoredRequest,
  type StoredRunning,
  unendedOf,
  type WorkloadName,
} from './model.ts';

export interface RunningDeps {
  readonly vault: Pick<Vault, 'asOf'>;
  readonly resolutions: Services['resolutions'];
  readonly clock: Clock;
}

/** What runs somewhere, and who says so. */
export interface Running {
  readonly workload: StoredWorkload;
  readonly stored: StoredRunning;
  /** null: nobody can tell any more, or what it gets now cannot be resolved. */
  readonly isCurrent: boolean | null;
}

const changes = changesOf(runningDocument);
const ACKNOWLEDGE = 'workload.acknowledge';

/** A workload that says what it runs. */
interface Said {
  readonly workload: StoredWorkload;
  readonly guard: Change;
}

/** What a workload says that it runs in a scope; null: it never did since it was registered. */
export async function runningOf(workload: StoredWorkload, scope: Scope, view: View): Promise<StoredRunning | null> {
  const set = await view.set(runningDocument, workload.key[1] ?? '');
  const stored = set.get(runningId(workload.kind, idOf(workload.key), scope));
  if (!stored) return null;
  // A workload that was deleted and registered again has said nothing yet.
  const { registration, at } = stored.fields;
  const isOwn =
    registration === undefined ? at >= workload.fields.createdAt : registration === workload.fields.registration;
  return isOwn ? stored : null;
}

/** Requests whose every scope runs what they asked for, once this one does. */
async function endedBy(workload: StoredWorkload, scope: Scope, seq: number, view: View) {
  const book = await bookOf(workload.key[1] ?? '', view);
  const ended: StoredRequest[] = [];
  // One that was tampered with may be its own.
  for (const damaged of book.requests.damaged) book.requests.get(damaged);
  for (const request of book.requests.under(unendedOf(workload.kind, idOf(workload.key)))) {
    const { scopes } = request.fields;
    const seqs = await Promise.all(
      scopes.map(async (each) => (each === scope ? seq : ((await runningOf(workload, each, view))?.fields.seq ?? 0))),
    );
    if (seqs.every((each) => each >= request.fields.seq)) ended.push(request);
  }
  return ended;
}

/** Nothing can run what was there before it: who had its id then is another. Where history does not reach back that far, nobody can tell. */
async function requireOwnCommit(workload: StoredWorkload, seq: number, vault: RunningDeps['vault'], session: Session) {
  const { kind, fields } = workload;
  const isOwn = await vault.asOf(documentOf(kind), workload, seq, evenReading(session.work)).then(
    (then) => then?.fields.registration === fields.registration,
    (error: unknown) => {
      if (isAppError(error) && error.code === 'HISTORY_EXPIRED') return true;
      throw error;
    },
  );
  if (isOwn) return;
  const message = `must be a commit at which the ${kind} was registered as it is now; what was registered under its id before does not count`;
  throw invalidInput([{ path: ['seq'], rule: 'registration', message }]);
}

/** The workload, for whoever may say what it runs. */
async function acknowledgeable(
  { project, seq, workload: { kind, id } }: AcknowledgeInput,
  view: View,
  session: Session,
  vault: RunningDeps['vault'],
) {
  const parent = await visibleProject(project, view, session);
  const workload = await visibleWorkload(project, kind, id, view, session);
  requireMayAcknowledge({ project, kind, id }, session);
  if (seq > view.seq) {
    throw invalidInput([{ path: ['seq'], rule: 'range', message: `must be between 1 and ${view.seq}` }]);
  }
  await requireOwnCommit(workload, seq, vault, session);
  return { workload, guard: changesOf(projectDocument).unchanged(parent) };
}

/** What workloads get, and got, by its digest. */
function createDigests(resolutions: RunningDeps['resolutions']) {
  /** What the workload gets as of a commit; null when that cannot be told. */
  async function digestAt(workload: StoredWorkload, scope: Scope, at: number | null, view: View) {
    const { kind, key } = workload;
    try {
      return await resolutions.digest({ project: key[1] ?? '', kind, id: idOf(key), scope, at }, workload, view);
    } catch (error) {
      const isKnown = isAppError(error) && ['HISTORY_EXPIRED', 'NOT_FOUND', 'UNRESOLVED'].includes(error.code);
      if (isKnown) return null;
      throw error;
    }
  }

  /** Whoever does not see all of it knows it by a digest of their own. */
  async function acknowledgedDigest(
    workload: StoredWorkload,
    { project, scope, seq, digest: given }: AcknowledgeInput,
    view: View,
    session: Session,
  ): Promise<string | null> {
    const whole = given === null ? await digestAt(workload, scope, seq, view) : given;
    const { kind, key } = workload;
    const sight = sightOf({ project, kind, id: idOf(key) }, session);
    if (given === null || sight.isWhole) return whole;
    const seen = await resolutions.seenBy({ project, kind, id: idOf(key), scope, at: seq }, workload, view, sight);
    return given === seen ? digestAt(workload, scope, seq, view) : given;
  }

  return { digestAt, acknowledgedDigest };
}

export function createRunning({ vault, resolutions, clock }: RunningDeps) {
  const { digestAt, acknowledgedDigest } = createDigests(resolutions);

  async function withCurrent(workload: StoredWorkload, stored: StoredRunning, view: View): Promise<Running> {
    const now = stored.fields.digest === null ? null : await digestAt(workload, stored.fields.scope, null, view);
    return { workload, stored, isCurrent: now === null ? null : now === stored.fields.digest };
  }

  /** null: it has not said what it runs. */
  function running(workload: StoredWorkload, scope: Scope, session: Session): Promise<Running | null> {
    return session.read(async (view) => {
      const stored = await runningOf(workload, scope, view);
      return stored && withCurrent(workload, stored, view);
    });
  }

  /** Everything that workloads of a project said, by kind, id and scope, of those that the caller may list. */
  function list(project: string, session: Session): Promise<readonly Running[]> {
    return session.read(async (view) => {
      await visibleProject(project, view, session);
      const found: Promise<Running>[] = [];
      for (const { fields } of (await view.set(runningDocument, project)).live) {
        const workload = await visibleOrNull(project, fields.kind, fields.workload, view, session);
        const stored = workload && (await runningOf(workload, fields.scope, view));
        if (workload && stored) found.push(withCurrent(workload, stored, view));
      }
      return Promise.all(found);
    });
  }

  /** Records what a workload runs, and ends the requests that asked for no more than that. */
  async function acknowledge(input: AcknowledgeInput, session: Session) {
    const { team, id: by } = session.principal;
    const { project, scope, seq } = input;
    const { kind, id } = input.workload;
    const key = [team, project, runningId(kind, id, scope)];
    /** Workloads say what they run again and again: what is known already is no change, and no commit. */
    const last: { said: StoredRunning | null } = { said: null };
    const done = await session.runIf<Said, readonly string[]>({
      operation: ACKNOWLEDGE,
      subject: key,
      find: (view) => acknowledgeable(input, view, session, vault),
      async decide({ workload, guard }, view) {
        const digest = await acknowledgedDigest(workload, input, view, session);
        const before = (await view.set(runningDocument, project)).get(idOf(key));
        const known = await runningOf(workload, scope, view);
        const ended = await endedBy(workload, scope, seq, view);
        const rolledBack = known !== null && seq < known.fields.seq;
        last.said = known && ended.length === 0 && isSaid(known, { seq, digest, rolledBack }) ? known : null;
        if (last.said) return null;
        const at = clock().toISOString();
        const { registration } = workload.fields;
        const fields = { kind, workload: id, scope, seq, digest, at, by, rolledBack, registration };
        const change = before ? changes.replace(before, fields, null) : changes.create(key, fields, null);
        const book = await bookOf(project, view);
        const endings = ended.flatMap((request) => closed(book, request, 'acknowledged', at));
        return { changes: [change, ...endings], guards: [guard], made: ended.map((request) => idOf(request.key)) };
      },
    });
    const commit = done?.commit ?? (last.said && commitOf(last.said));
    if (!commit) throw new Error('neither said nor known');
    const workload = await session.read((view) => visibleWorkload(project, kind, id, view, session));
    const now = await running(workload, scope, session);
    return { running: now, project, ended: done?.made ?? [], commit };
  }

  return { running, list, acknowledge, digestAt };
}

/** Whether it was said before. Of an outcome that nobody can tell, the commit is all there is to compare. */
function isSaid(
  { fields }: StoredRunning,
  { seq, digest, rolledBack }: Pick<StoredRunning['fields'], 'seq' | 'digest' | 'rolledBack'>,
) {
  if (fields.digest !== digest || fields.rolledBack !== rolledBack) return false;
  return digest !== null || fields.seq === seq;
}

/** The commit that recorded it. */
const commitOf = ({ seq, fields: { at, by } }: StoredRunning): CommitFacts => ({
  seq,
  at,
  actor: by,
  operation: ACKNOWLEDGE,
});

/** The workload itself, or whoever may restart it. */
function requireMayAcknowledge({ project, kind, id }: WorkloadName, session: Session): void {
  const target = { project, workload: { kind, id } };
  const { principal } = session;
  if (can(principal, 'restart', 'workload', target)) return;
  if (!isSelf(principal, target) || !can(principal, 'resolve', 'workload', target)) throw forbidden();
}

/** Like `visibleWorkload`, for lists. */
export async function visibleOrNull(
  project: string,
  kind: WorkloadKind,
  id: string,
  view: View,
  session: Session,
): Promise<StoredWorkload | null> {
  const stored = (await view.set(documentOf(kind), project)).get(id);
  const mayList = can(session.principal, 'list', 'workload', { project, workload: { kind, id } });
  return stored && !stored.deleted && mayList ? { ...stored, kind } : null;
}
