import type { Principal } from '../access/model.ts';
import type { AccessService } from '../access/service.ts';
import type { Session } from '../access/session.ts';
import { invalidCursor, unauthenticated } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { Pace } from '../kernel/pace.ts';
import type { Seq, TeamId } from '../store/port.ts';
import type { Vault } from '../vault/port.ts';
import { concernedBy } from './audience.ts';
import { createChannels } from './channels.ts';
import type { Cursors } from './cursor.ts';
import { openFeed } from './feed.ts';
import { createMembers, type Recheck } from './members.ts';
import { createOffers } from './offers.ts';
import { shortOf } from './rights.ts';
import type { Joining } from './subscriber.ts';
import { createTeamViews } from './team-views.ts';

export interface TeamStreamsDeps {
  readonly vault: Vault;
  readonly access: Pick<AccessService, 'standing' | 'systemIn' | 'termsFor' | 'hasExpired'>;
  readonly cursors: Cursors;
  readonly log: Log;
  readonly pace: Pace;
}

export interface Ending {
  /** The last subscriber has gone. */
  readonly idle: () => void;
  /** The log can be followed no more. */
  readonly lost: () => void;
}

/** All who listen to one team in this process. */
export function createTeamStreams(team: TeamId, from: Seq, deps: TeamStreamsDeps, { idle, lost }: Ending) {
  const { vault, access, cursors, log, pace } = deps;
  const isExpired = access.hasExpired;
  const { standingAt, sessions, viewNow } = createTeamViews(team, deps);
  const members = createMembers({ channels: () => channels, isExpired, idle });
  const { drop } = members;

  const feed = openFeed<Recheck | null>({
    vault,
    log,
    team,
    from,
    async prepare(commit) {
      const concerned = concernedBy(commit);
      return concerned && { concerned, standing: await standingAt(commit.seq, concerned.around) };
    },
    take(commit, changed) {
      if (changed) members.recheck(changed);
      offers.add(commit, channels.about(commit));
    },
    lost() {
      lost();
      members.dropAll('fault');
    },
  });
  const { position, since } = feed;
  const cursorsOf = (stream: readonly string[]) => cursors.along(team, stream);
  const offers = createOffers(pace);
  const channels = createChannels({ position, since, sessions, viewNow, cursorsOf, drop, isExpired, pace });

  /** Who the session's token stands for now that the log has been read up to `position`. */
  async function presentPrincipal({ principal, seq }: Session): Promise<Principal> {
    for (let known = seq, now: Principal | null = principal; ; ) {
      if (!now || isExpired(now)) throw unauthenticated();
      const at = feed.position();
      if (at <= known) return now;
      now = (await standingAt(at, principal.workload ? [principal.workload.project] : [])).of(principal);
      known = at;
    }
  }

  /** Starts delivery. Throws INVALID_CURSOR if the cursor is from another stream or ahead of the log. Returns an unsubscribe function. */
  async function join(joining: Joining): Promise<() => void> {
    const { session, after, stream, deliver, wording = null, operation, sink } = joining;
    const start = after === null ? session.seq : cursors.read(team, stream.name, after);
    if (start > session.seq) throw invalidCursor();
    const principal = await presentPrincipal(session);
    const subject = { stream, deliver, wording, operation: shortOf(operation) };
    const subscriber = members.enter(subject, principal, { sink, position: start, previous: start });
    return () => members.leave(subscriber);
  }

  return {
    join,
    expire: members.expire,
    isIdle: members.isEmpty,
    close(): void {
      feed.close();
      members.removeAll();
    },
  };
}
export type TeamStreams = ReturnType<typeof createTeamStreams>;
