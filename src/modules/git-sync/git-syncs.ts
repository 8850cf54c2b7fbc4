import { randomBytes } from 'node:crypto';
import type { AccessService } from '../../access/service.ts';
import type { Session } from '../../access/session.ts';
import type { GitReader } from '../../git/port.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Log } from '../../kernel/log.ts';
import type { Keys } from '../../keys/keys.ts';
import { changesOf } from '../../vault/change.ts';
import type { Vault } from '../../vault/port.ts';
import type { Inspect } from '../certificates/inspection.ts';
import { type GlobalUpdate, visibleGlobal, writableGlobal } from '../global-secrets/find.ts';
import { globalDocument } from '../global-secrets/model.ts';
import { followingIn } from './following.ts';
import { createHooks } from './hooks.ts';
import { createGitJobs } from './jobs.ts';
import { createRuns } from './runs.ts';
import { createSchedule, named } from './schedule.ts';
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

const notFollowing = () => conflict('WRONG_STATE', 'The global secret follows no git file');
/** Keeps global secrets as their git files are. */
export function createGitSyncs(deps: GitSyncsDeps) {
  const { keys, clock, limits, access } = deps;
  const schedule = createSchedule(limits.gitSyncMs);
  const now = (): number => clock().getTime();
  const { entryFor, run } = createRuns({ ...deps, schedule, now });
  const jobs = createGitJobs({ ...deps, schedule, now, entryFor, run });

  const statusOf = (slug: string, session: Session): Promise<StoredSync | null> =>
    session.read(async (view) => (await view.set(syncDocument)).get(slug));

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
