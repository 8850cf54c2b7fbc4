import { randomBytes } from 'node:crypto';
import type { AccessService } from '../../access/service.ts';
import type { Session } from '../../access/session.ts';
import type { GitReader } from '../../git/port.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, isAppError } from '../../kernel/errors.ts';
import type { Job } from '../../kernel/job.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Log } from '../../kernel/log.ts';
import type { Keys } from '../../keys/keys.ts';
import type { TeamId } from '../../store/port.ts';
import type { CommitFacts } from '../../vault/change.ts';
import { changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { Vault } from '../../vault/port.ts';
import type { Inspect } from '../certificates/inspection.ts';
import { type GlobalUpdate, visibleGlobal, writableGlobal } from '../global-secrets/find.ts';
import { createKeeping } from '../global-secrets/history.ts';
import { createInspected } from '../global-secrets/inspected.ts';
import { createSizeCheck } from '../global-secrets/limits.ts';
import { globalDocument } from '../global-secrets/model.ts';
import { type Following, followingIn, settingsOf } from './following.ts';
import type { Found, Outcome } from './git-read.ts';
import { accountChecks, createGitops } from './gitops.ts';
import { createHooks } from './hooks.ts';
import { createSchedule, type Entry, type Known } from './schedule.ts';
import { decideSync } from './sync-decide.ts';
import { type StoredSync, syncDocument } from './sync-model.ts';

const globals = changesOf(globalDocument);
const syncs = changesOf(syncDocument);

export interface GitSyncsDeps {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  readonly git: GitReader;
  readonly inspect: Inspect;
  readonly access: Pick<AccessService, 'system' | 'teams'>;
}
export type GitSyncsService = ReturnType<typeof createGitSyncs>;

interface Look {
  readonly asked: boolean;
  readonly acceptRewrite: boolean;
  readonly signal: AbortSignal;
  readonly expectedRevision?: number | null | undefined;
}

interface Applied {
  /** null: it was not worth one. */
  readonly commit: CommitFacts | null;
  readonly known: Known;
}

/** Looked at together. */
const AT_ONCE = 4;
const TICK_MS = 10_000;
const CALLED_TICK_MS = 1_000;
/** Failures in a row after which the operator is told once more. */
const ALARM = 5;

const codeOf = (error: unknown): string => (isAppError(error) ? error.code : 'INTERNAL');
const notFollowing = () => conflict('WRONG_STATE', 'The global secret follows no git file');
const named = (team: TeamId, slug: string): string => `${team}\0${slug}`;

/** Whether what was read is still what is to be read, into the state that it was read for. */
const isSameTask = (now: Following, read: Following): boolean =>
  JSON.stringify(now.gitops) === JSON.stringify(read.gitops) &&
  now.secretAccounts === read.secretAccounts &&
  now.sync.body().status.commit === read.sync.body().status.commit;

/** Keeps global secrets as their git files are. */
export function createGitSyncs(deps: GitSyncsDeps) {
  const { keys, clock, log, limits, access } = deps;
  const { readGit } = createGitops(deps);
  const requireWithinLimits = createSizeCheck(limits);
  const inspected = createInspected(deps.inspect);
  const { keeping, syncKeeping } = createKeeping(deps);
  const schedule = createSchedule(limits.gitSyncMs);
  const now = (): number => clock().getTime();

  const statusOf = (slug: string, session: Session): Promise<StoredSync | null> =>
    session.read(async (view) => (await view.set(syncDocument)).get(slug));

  function entryFor(following: Following): Entry {
    const { key } = following.global;
    const { state, at } = following.sync.body().status;
    const unreachableMs = state === 'UNREACHABLE' ? Math.max(1, now() - Date.parse(at)) : null;
    return schedule.entryOf(named(key[0] ?? '', idOf(key)), settingsOf(following), now(), unreachableMs);
  }

  async function look(following: Following, entry: Entry, { asked, signal }: Look): Promise<Found> {
    const { status } = following.sync.body();
    // After trouble the file is read anew, as is one that somebody asked for.
    const isSettled = status.state === 'SYNCED' || (status.state === 'INVALID' && status.reason !== 'ACCOUNT_SECRET');
    const mine = entry.known?.revision === following.sync.revision ? entry.known : null;
    const known = asked || !isSettled ? null : mine ? mine.seen : status.seen;
    const last = mine ? mine.taken : status.commit;
    const found = await readGit(following.gitops, following, { known, last }, signal);
    // Who asked has waited long enough; that says nothing of the host, and the next look has more time.
    const isLate = asked && found.outcome.kind === 'unreachable' && signal.aborted;
    return isLate ? { ...found, outcome: { kind: 'unknown' } } : found;
  }

  /** Writes what came of a look, if that is news. null: the settings or the state have moved on meanwhile, and it counts for nothing. */
  async function apply(read: Following, looked: Found, session: Session, about: Look): Promise<Applied | null> {
    const slug = idOf(read.global.key);
    const last: { known: Known | null } = { known: null };
    const written = await session.runIf({
      operation: 'globalSecret.sync',
      subject: read.global.key,
      async find(view) {
        const now = await followingIn(view, slug);
        const checks = await accountChecks(looked, read.global.fields.type, view);
        if (now && checks && isSameTask(now, read)) return { now, checks };
        if (!about.asked) return null;
        throw conflict('CHANGED_MEANWHILE', 'The global secret changed while its git file was read; try again');
      },
      seen: (found) => ({ expected: about.expectedRevision, present: found?.now.global ?? null }),
      async decide(found) {
        last.known = null;
        if (!found) return null;
        const { global, sync } = found.now;
        const body = global.body();
        const { status, ...kept } = sync.body();
        const at = clock().toISOString();
        const decision = decideSync(body, status, looked.outcome, { ...about, at, requireWithinLimits });
        const { seen, commit: taken } = decision.status;
        last.known = { seen, taken, revision: sync.revision + (decision.isNews ? 1 : 0) };
        if (!decision.isNews) return null;
        const fields = { ...global.fields, updatedAt: at };
        const change = decision.body
          ? globals.replace(global, fields, await inspected(decision.body, session.work))
          : globals.unchanged(global);
        const followed = syncs.replace(sync, {}, { ...kept, status: decision.status });
        return { changes: [change, followed], guards: found.checks };
      },
      keeps: [keeping, syncKeeping],
    });
    return last.known && { commit: written?.commit ?? null, known: last.known };
  }

  async function run(following: Following, session: Session, about: Look): Promise<CommitFacts | null> {
    const entry = entryFor(following);
    schedule.begin(entry, now());
    try {
      const looked = await look(following, entry, about);
      // The gateway stops: what came of it may be the stop itself.
      if (!about.asked && about.signal.aborted) return null;
      const applied = await apply(following, looked, session, about);
      note(following, entry, looked.outcome);
      if (applied) entry.known = applied.known;
      else entry.nextAt = now();
      return applied?.commit ?? null;
    } catch (error) {
      schedule.failed(entry, now());
      throw error;
    } finally {
      entry.running = false;
    }
  }

  function note({ global }: Following, entry: Entry, outcome: Outcome): void {
    if (outcome.kind === 'unreachable') {
      schedule.failed(entry, now());
      const { failures, alarmed } = entry;
      entry.alarmed ||= failures >= ALARM;
      if (failures === 1 || entry.alarmed !== alarmed) {
        log.warn('A git file cannot be read', { globalSecret: idOf(global.key), reason: outcome.reason, failures });
      }
      return;
    }
    schedule.succeeded(entry, now());
    if (outcome.kind === 'unknown') entry.nextAt = now();
  }

  /** Looks now, because somebody asked; that is one commit, whatever comes of it. */
  async function syncNow({ slug, expectedRevision }: GlobalUpdate, acceptRewrite: boolean, session: Session) {
    await session.ready(writableGlobal({ slug, expectedRevision }, session));
    const following = await session.read((view) => followingIn(view, slug));
    if (!following) throw notFollowing();
    const signal = AbortSignal.timeout(limits.gitPatienceMs);
    const commit = await run(following, session, { asked: true, acceptRewrite, signal, expectedRevision });
    if (!commit) throw notFollowing();
    return { globalSecret: await session.read((view) => visibleGlobal(slug, view, session)), commit };
  }

  /** A new secret for webhooks, told this once; the one before is worth nothing any more. */
  async function rotateHookSecret({ slug, expectedRevision }: GlobalUpdate, session: Session) {
    const hookSecret = `whsec_${randomBytes(32).toString('base64')}`;
    const { commit } = await session.run({
      operation: 'globalSecret.rotateHookSecret',
      subject: [session.principal.team, slug],
      ...writableGlobal({ slug, expectedRevision }, session),
      async decide(_before, view) {
        const following = await followingIn(view, slug);
        if (!following) throw notFollowing();
        const change = syncs.replace(following.sync, {}, { ...following.sync.body(), hookSecret });
        return { changes: [change], guards: [globals.unchanged(following.global)] };
      },
    });
    const globalSecret = await session.read((view) => visibleGlobal(slug, view, session));
    return { globalSecret, hookSecret, commit };
  }

  async function followersOf(team: TeamId): Promise<readonly string[]> {
    const session = await access.system(team, 'system:gitops');
    return (await session.read((view) => view.set(syncDocument))).intact
      .filter(({ deleted }) => !deleted)
      .map(({ key }) => idOf(key));
  }

  /** Looks at what is due of a team. What fails is logged, and does not keep the others. */
  async function runDue(team: TeamId, slugs: readonly string[], signal: AbortSignal): Promise<void> {
    const queue = [...slugs];
    const work = async (): Promise<void> => {
      for (let slug = queue.shift(); slug !== undefined && !signal.aborted; slug = queue.shift()) {
        await runOne(team, slug, signal);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  async function runOne(team: TeamId, slug: string, signal: AbortSignal): Promise<void> {
    try {
      const session = await access.system(team, 'system:gitops');
      const following = await session.read((view) => followingIn(view, slug));
      if (!following) return schedule.forget(named(team, slug));
      if (!schedule.isDue(entryFor(following), now())) return;
      await run(following, session, { asked: false, acceptRewrite: false, signal });
    } catch (error) {
      if (signal.aborted) return;
      log.error('A global secret could not be synced', { globalSecret: slug, code: codeOf(error) });
    }
  }

  /** The same for all teams together, so that slow hosts of one hold up no other. */
  async function runAll(
    teams: Iterable<TeamId>,
    slugsOf: (team: TeamId) => readonly string[] | Promise<readonly string[]>,
    signal: AbortSignal,
  ) {
    const runTeam = async (team: TeamId): Promise<void> => {
      try {
        await runDue(team, await slugsOf(team), signal);
      } catch (error) {
        log.error('The git files of a team could not be looked at', { team, code: codeOf(error) });
      }
    };
    await Promise.all([...teams].map(runTeam));
  }

  const jobs: readonly Job[] = [
    {
      name: 'git files',
      everyMs: Math.min(TICK_MS, limits.gitSyncMs),
      async run(signal) {
        await runAll(await access.teams(), followersOf, signal);
      },
    },
    {
      name: 'git files that webhooks tell of',
      everyMs: CALLED_TICK_MS,
      async run(signal) {
        const called = schedule.called().map((name) => name.split('\0') as [TeamId, string]);
        const slugsOf = (team: TeamId) => called.filter(([each]) => each === team).map(([, slug]) => slug);
        await runAll(new Set(called.map(([team]) => team)), slugsOf, signal);
      },
    },
  ];

  const hooks = createHooks({
    mac: keys.mac('gitHook'),
    now,
    limits,
    async find(team, slug) {
      const session = await access.system(team, 'system:gitops');
      return session.read((view) => followingIn(view, slug));
    },
    call: (following) => schedule.call(entryFor(following), now()),
  });

  /** When this process looks next; null: it does not know yet. */
  const nextAttemptAt = (slug: string, session: Session): string | null => {
    const at = schedule.nextAt(named(session.principal.team, slug));
    return at === null ? null : new Date(at).toISOString();
  };

  return { statusOf, syncNow, rotateHookSecret, nextAttemptAt, hooks, jobs };
}
