import type { ExpiryClock } from '../kernel/expiry-clock.ts';
import type { Job } from '../kernel/job.ts';
import type { Log } from '../kernel/log.ts';
import { administratorsIn, grantsIn } from './administrators.ts';
import { roleDocument, tokenDocument } from './model.ts';
import type { BuiltInRoles } from './resources.ts';
import type { AccessService } from './service.ts';

const DAY_MS = 24 * 3_600_000;
/** Days before the last administrator's token ends on which the log says so. */
const WARN_DAYS = [1, 7] as const;
/** A wall clock that is further behind the newest commit is told of. */
export const CLOCK_BEHIND_MS = 60_000;

interface Deps {
  readonly access: AccessService;
  readonly expiry: ExpiryClock;
  readonly log: Log;
  readonly builtIn: BuiltInRoles;
}

/** Says in the log, in time, that nobody will be able to administer a team any more: 7 days and 1 day before. */
export function createAdministratorWatch({ access, expiry, log, builtIn }: Deps): Job {
  /** Token and threshold that were told. */
  const told = new Set<string>();
  return {
    name: 'administrators',
    everyMs: 3_600_000,
    async run() {
      for (const team of await access.teams()) {
        const session = await access.system(team, 'system:administrators');
        const [last] = await session.read(async (view) =>
          administratorsIn(
            await view.set(tokenDocument),
            expiry.now(),
            grantsIn(await view.set(roleDocument), builtIn),
          ),
        );
        const end = last?.fields.expiresAt;
        if (!last || !end) continue;
        const left = Date.parse(end) - expiry.now().getTime();
        const days = WARN_DAYS.find((each) => left <= each * DAY_MS);
        const name = `${team} ${last.key.join('/')} ${end} ${days}`;
        if (days === undefined || told.has(name)) continue;
        told.add(name);
        const facts = { team, token: last.key[1] ?? '', name: last.fields.name, expiresAt: end };
        log.warn('The last token that can administer roles and tokens ends soon: make another', facts);
      }
    },
  };
}

/** Says in the log when the clock of this machine falls behind the newest commit, and when it does no more. */
export function createClockWatch({ expiry, log }: Pick<Deps, 'expiry' | 'log'>): Job {
  let wasBehind = false;
  return {
    name: 'clock',
    everyMs: 60_000,
    async run() {
      const behindMs = expiry.behindMs();
      const isBehind = behindMs > CLOCK_BEHIND_MS;
      if (isBehind && !wasBehind) {
        const facts = { seconds: Math.round(behindMs / 1_000) };
        log.warn('The clock of this machine is behind the newest commit: tokens are judged by the commit', facts);
      }
      wasBehind = isBehind;
    },
  };
}
