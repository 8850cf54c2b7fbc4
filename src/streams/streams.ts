import { createPace } from '../kernel/pace.ts';
import type { Seq, TeamId } from '../store/port.ts';
import type { Joining } from './subscriber.ts';
import { createTeamStreams, type TeamStreams, type TeamStreamsDeps } from './team-streams.ts';

export type StreamsService = ReturnType<typeof createStreams>;

const LINGER_MS = 5_000;
/** Well within the second after which an expired token must get nothing. */
const EXPIRY_MS = 250;

/** Who listens to what in this process. Each team's log is followed once, and only while somebody listens. */
export function createStreams(given: Omit<TeamStreamsDeps, 'pace'>) {
  const deps = { ...given, pace: createPace() };
  const teams = new Map<TeamId, TeamStreams>();
  let sweep: NodeJS.Timeout | null = null;

  function startSweep(): void {
    sweep ??= setInterval(() => {
      for (const team of teams.values()) team.expire();
    }, EXPIRY_MS).unref();
  }

  function stopSweep(): void {
    if (teams.size > 0 || sweep === null) return;
    clearInterval(sweep);
    sweep = null;
  }

  function forget(team: TeamId, streams: TeamStreams): void {
    if (teams.get(team) === streams) teams.delete(team);
    streams.close();
    stopSweep();
  }

  /** Whoever comes back soon finds the recent commits still there. */
  function linger(team: TeamId, streams: TeamStreams): void {
    setTimeout(() => {
      if (streams.isIdle()) forget(team, streams);
    }, LINGER_MS).unref();
  }

  function open(team: TeamId, from: Seq): TeamStreams {
    const ending = { idle: () => linger(team, opened), lost: () => forget(team, opened) };
    const opened: TeamStreams = createTeamStreams(team, from, deps, ending);
    teams.set(team, opened);
    startSweep();
    return opened;
  }

  return {
    /** Begins to deliver. INVALID_CURSOR, UNAUTHENTICATED. Answers how to leave, which may be done any number of times. */
    async join(joining: Joining): Promise<() => void> {
      const { principal, seq } = joining.session;
      const { team } = principal;
      const streams = teams.get(team) ?? open(team, seq);
      try {
        return await streams.join(joining);
      } finally {
        if (streams.isIdle()) linger(team, streams);
      }
    },
    close(): void {
      for (const team of teams.values()) team.close();
      teams.clear();
      stopSweep();
    },
  };
}
