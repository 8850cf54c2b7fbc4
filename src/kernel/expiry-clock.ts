import type { Clock } from './clock.ts';
import { unavailable } from './errors.ts';

/**
 * The time by which expiry is judged, and by nothing else: never before the newest commit that was seen, and within a process only
 * forward. A clock that is set back so revives no token. Destruction, signatures and retries go by the wall clock.
 */
export interface ExpiryClock {
  now(): Date;
  /** A commit was made or read. `at`: RFC 3339. */
  saw(at: string): void;
  /** Milliseconds that the wall clock is behind the newest commit; 0: it is not. */
  behindMs(): number;
  /** Whether the wall clock of this process has only gone as time does: by one that jumped nothing may be destroyed. */
  isSteady(): boolean;
  /**
   * Throws UNAVAILABLE for a commit more than a day ahead of the newest when the wall clock of this process jumped: it would end
   * every token with an end, for good.
   */
  requireSteady(at: Date): void;
}

/** More than any correction of a clock that runs. */
const JUMP_MS = 60_000;
const MAX_STEP_MS = 24 * 3_600_000;

/** `monotonic`: milliseconds that go on whatever the wall clock is set to. */
export function createExpiryClock(clock: Clock, monotonic: () => number = () => performance.now()): ExpiryClock {
  const startedAt = clock().getTime();
  const startedBeat = monotonic();
  let newest = Number.NEGATIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;

  const jumpedMs = (): number => clock().getTime() - startedAt - (monotonic() - startedBeat);

  return {
    now() {
      latest = Math.max(latest, newest, clock().getTime());
      return new Date(latest);
    },
    saw(at) {
      newest = Math.max(newest, Date.parse(at));
    },
    behindMs: () => Math.max(0, newest - clock().getTime()),
    isSteady: () => Math.abs(jumpedMs()) < JUMP_MS,
    requireSteady(at) {
      if (at.getTime() - newest <= MAX_STEP_MS || jumpedMs() <= MAX_STEP_MS || newest === Number.NEGATIVE_INFINITY)
        return;
      throw unavailable(
        'The clock of this machine jumped forward by more than a day: check it, then start the gateway again',
      );
    },
  };
}
