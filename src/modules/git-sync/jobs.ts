import type { AccessService } from '../../access/service.ts';
import { isAppError } from '../../kernel/errors.ts';
import type { Job } from '../../kernel/job.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Log } from '../../kernel/log.ts';
import type { TeamId } from '../../store/port.ts';
import { idOf } from '../../vault/document.ts';
import { followingIn } from './following.ts';
import type { Runs } from './runs.ts';
import { named, type Schedule } from './schedule.ts';
import { syncDocument } from './sync-model.ts';

/** Looked at together. */
const AT_ONCE = 4;
const TICK_MS = 10_000;
const CALLED_TICK_MS = 1_000;

const codeOf = (error: unknown): string => (isAppError(error) ? error.code : 'INTERNAL');

interface GitJobsDeps extends Pick<Runs, 'entryFor' | 'run'> {
  readonly access: Pick<AccessService, 'system' | 'teams'>;
  readonly log: Log;
  readonly limits: Limits;
  readonly schedule: Schedule;
  readonly now: () => number;
}

/** Looks at git files by itself, when they are due and when webhooks tell of them. */
export function createGitJobs({ access, log, limits, schedule, now, entryFor, run }: GitJobsDeps): readonly Job[] {
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

  return [
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
}
