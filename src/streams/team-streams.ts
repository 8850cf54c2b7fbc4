import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Principal } from '../access/model.ts';
import type { AccessService, StandingNow } from '../access/service.ts';
import { createSession, type Session } from '../access/session.ts';
import { AppError, invalidCursor, unauthenticated } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { Commit, Seq, TeamId } from '../store/port.ts';
import type { Vault } from '../vault/port.ts';
import type { View } from '../vault/reading.ts';
import { retryingStale } from '../vault/stale.ts';
import { type Concerned, concernedBy, createAudience } from './audience.ts';
import { type Channel, type ChannelTeam, createChannel, type Sessions } from './channel.ts';
import type { Cursors } from './cursor.ts';
import { openFeed } from './feed.ts';
import { Multimap } from './multimap.ts';
import type { Pace } from './pace.ts';
import type { End, Joining, Subject, Subscriber } from './subscriber.ts';
import { topicsOf } from './topics.ts';

export interface TeamStreamsDeps {
  readonly vault: Vault;
  readonly access: Pick<AccessService, 'standing' | 'systemIn' | 'termsFor' | 'hasExpired'>;
  readonly cursors: Cursors;
  readonly log: Log;
  readonly pace: Pace;
}

const MOST_CURSORS = 2_000;
const EVERYTHING = '*';

const hashes = new WeakMap<Principal, string>();

/** Each who listens keeps it. */
const shortOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Equal for principals that may do the same: who they are besides makes no difference to what they may see. */
function rightsOf(principal: Principal): string {
  const { team, kind, workload, role } = principal;
  const known = hashes.get(principal);
  if (known !== undefined) return known;
  const facts = JSON.stringify([team, kind, workload, role.grants]);
  const made = shortOf(facts);
  hashes.set(principal, made);
  return made;
}

/** Who stands for what after a commit, and whom it may concern. */
interface Recheck {
  readonly standing: StandingNow;
  readonly concerned: Concerned;
}

type Placed = Pick<Subscriber, 'sink' | 'position' | 'previous'>;

export interface Ending {
  /** The last subscriber has gone. */
  readonly idle: () => void;
  /** The log can be followed no more. */
  readonly lost: () => void;
}

/** All who listen to one team in this process. */
export function createTeamStreams(team: TeamId, from: Seq, deps: TeamStreamsDeps, { idle, lost }: Ending) {
  const { vault, access, cursors, log } = deps;
  const channels = new Map<string, Channel>();
  const audience = createAudience();
  let latest: Promise<View> | null = null;

  /** One store call for all who ask about the same commit. */
  async function viewAt(seq: Seq): Promise<View> {
    const known = await latest?.catch(() => null);
    if (known && known.seq >= seq) return known;
    latest = vault.view(team);
    const view = await latest;
    if (view.seq < seq) throw new AppError('UNAVAILABLE', 'The state of the team lags behind its log');
    return view;
  }

  const standingAt = (seq: Seq, projects: Iterable<string>): Promise<StandingNow> =>
    retryingStale(async () => {
      try {
        return await access.standing(await viewAt(seq), projects);
      } catch (error) {
        latest = null;
        throw error;
      }
    });

  async function sessions(principal: Principal, seq: Seq): Promise<Sessions> {
    const view = await viewAt(seq);
    return {
      viewer: createSession(vault, principal, view, undefined, access.termsFor(principal)),
      system: access.systemIn(view, 'system:streams'),
      stamp: `${team} ${rightsOf(principal)} ${view.seq}`,
    };
  }

  const isExpired = access.hasExpired;

  /** Under `EVERYTHING` those that want to see every commit. */
  const byTopic = new Multimap<Channel>();
  const topicsFor = ({ subject }: Channel): readonly string[] => subject.stream.topics ?? [EVERYTHING];

  function about(commit: Commit): ReadonlySet<Channel> {
    const found = new Set<Channel>();
    for (const each of [EVERYTHING, ...topicsOf(commit)]) byTopic.collect(each, found);
    return found;
  }

  function channelFor(subject: Subject, principal: Principal): Channel {
    const name = `${rightsOf(principal)} ${subject.operation}`;
    const known = channels.get(name);
    if (known) return known;
    const made = createChannel(name, subject, principal, asTeam);
    channels.set(name, made);
    for (const each of topicsFor(made)) byTopic.add(each, made);
    return made;
  }

  function close(channel: Channel): void {
    channels.delete(channel.name);
    for (const each of topicsFor(channel)) byTopic.delete(each, channel);
  }

  function remove(subscriber: Subscriber): void {
    if (!audience.remove(subscriber)) return;
    subscriber.left = true;
    const { channel } = subscriber;
    channel.remove(subscriber);
    const known = channels.get(channel.name);
    if (known === channel && channel.size() === 0) close(known);
    if (audience.size() === 0) idle();
  }

  function drop(subscriber: Subscriber, why: End): void {
    if (subscriber.left) return;
    remove(subscriber);
    subscriber.sink.end(why);
  }

  function dropAll(why: End): void {
    for (const subscriber of audience.all()) drop(subscriber, why);
  }

  function enter(subject: Subject, principal: Principal, { sink, position, previous }: Placed): Subscriber {
    const channel = channelFor(subject, principal);
    const subscriber: Subscriber = { sink, channel, principal, position, previous, left: false };
    audience.add(subscriber);
    channel.add(subscriber);
    return subscriber;
  }

  /** Rights have changed: some may listen no more, some see more or less than before. */
  function recheck({ standing, concerned }: Recheck): void {
    const roles = new Set([...concerned.roles, ...standing.rolesNaming(concerned.projects)]);
    const some = standing.isDamaged ? audience.all() : audience.among({ ...concerned, roles });
    for (const subscriber of some) {
      const now = standing.of(subscriber.principal);
      if (now === null) drop(subscriber, 'forbidden');
      else if (rightsOf(now) === rightsOf(subscriber.principal)) audience.renew(subscriber, now);
      else move(subscriber, now);
    }
  }

  const moved = new WeakMap<Subscriber, Subscriber>();

  function move(subscriber: Subscriber, principal: Principal): void {
    const next = enter(subscriber.channel.subject, principal, subscriber);
    remove(subscriber);
    moved.set(subscriber, next);
  }

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
      if (changed) recheck(changed);
      for (const channel of about(commit)) channel.offer(commit);
    },
    lost() {
      lost();
      dropAll('fault');
    },
  });

  const made = new LRUCache<string, string>({ max: MOST_CURSORS });

  /** The same for all who are at the same place of a stream. */
  function cursorOf(stream: readonly string[], seq: Seq): string {
    const name = [...stream, seq].join('\0');
    const known = made.get(name) ?? cursors.of(team, stream, seq);
    made.set(name, known);
    return known;
  }

  const asTeam: ChannelTeam = {
    position: feed.position,
    since: feed.since,
    sessions,
    cursorOf,
    drop,
    isExpired,
    pace: deps.pace,
  };

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
    const { session, after, stream, deliver, operation, sink } = joining;
    const start = after === null ? session.seq : cursors.read(team, stream.name, after);
    if (start > session.seq) throw invalidCursor();
    const principal = await presentPrincipal(session);
    const subject = { stream, deliver, operation: shortOf(operation) };
    const subscriber = enter(subject, principal, { sink, position: start, previous: start });
    return () => {
      let last = subscriber;
      for (let next = moved.get(last); next; next = moved.get(last)) last = next;
      remove(last);
    };
  }

  /** Whoever's time has come goes, even when nothing happens. */
  function expire(): void {
    for (let next = audience.ended(isExpired); next; next = audience.ended(isExpired)) drop(next, 'forbidden');
  }

  return {
    join,
    expire,
    isIdle: () => audience.size() === 0,
    close(): void {
      feed.close();
      for (const subscriber of audience.all()) remove(subscriber);
    },
  };
}
export type TeamStreams = ReturnType<typeof createTeamStreams>;
