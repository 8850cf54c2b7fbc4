import { setTimeout as sleep } from 'node:timers/promises';
import type { Principal } from '../access/model.ts';
import type { Session } from '../access/session.ts';
import { isAppError } from '../kernel/errors.ts';
import type { Commit, Seq } from '../store/port.ts';
import type { Delivery, End, Joining, Subscriber } from './subscriber.ts';

/** What a channel asks of its team. */
export interface ChannelTeam {
  readonly position: () => Seq;
  since(seq: Seq): Promise<readonly Commit[]>;
  /** Sessions on one state of the team that has commit `seq`. */
  sessions(principal: Principal, seq: Seq): Promise<Sessions>;
  cursorOf(stream: readonly string[], seq: Seq): string;
  /** The subscriber is gone, and told why. */
  drop(subscriber: Subscriber, why: End): void;
  isExpired(principal: Principal): boolean;
}

export interface Sessions {
  readonly viewer: Session;
  readonly system: Session;
  /** What the viewer's answers depend on besides the question. */
  readonly stamp: string;
}

/** A commit that waits, with all that it stands for: from `from` on. */
interface Waiting {
  readonly from: Seq;
  readonly commit: Commit;
}

/** More commits than this are a storm. */
const STORM = 32;
/** Past this many, whoever listens is better off coming again. */
const MOST_WAITING = 20_000;
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 50;

/**
 * All subscribers to whom every delivery is the same: one operation, one set of rights. A commit is looked at once, put into
 * words once, and the same bytes go to all. Those who begin at an earlier commit are brought up by themselves first.
 */
export function createChannel(first: Joining, principal: Principal, team: ChannelTeam) {
  const { stream, deliver } = first;
  const live = new Set<Subscriber>();
  const members = new Set<Subscriber>();
  let waiting: Waiting[] = [];
  let working = false;
  let previous = team.position();

  /** What a commit means for the channel's viewers, in words. The last of several tries throws. */
  async function delivery(commit: Commit, since: Seq): Promise<Delivery | null> {
    const { viewer, system, stamp } = await team.sessions(principal, commit.seq);
    const cursor = team.cursorOf(stream.name, commit.seq);
    try {
      const event = await stream.event({ commit, previous: since, session: viewer, system });
      return event === null ? null : await deliver({ expired: false, cursor, commit, event }, viewer, stamp);
    } catch (error) {
      if (!isExpired(error)) throw error;
      return deliver({ expired: true, cursor }, viewer, stamp);
    }
  }

  async function patiently<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (attempt === ATTEMPTS || isExpired(error)) throw error;
        await sleep(FIRST_PAUSE_MS * 2 ** attempt, undefined, { ref: false });
      }
    }
  }

  function give(subscriber: Subscriber, made: Delivery | null): void {
    if (subscriber.left) return;
    if (team.isExpired(subscriber.principal)) team.drop(subscriber, 'forbidden');
    else if (made !== null) subscriber.joining.sink.send(made);
  }

  async function work(): Promise<void> {
    for (;;) {
      if (stream.coalesces && waiting.length > STORM) merge();
      const [next] = waiting;
      if (next === undefined || members.size === 0) break;
      const { seq } = next.commit;
      const made = await patiently(() => delivery(next.commit, previous));
      waiting.shift();
      previous = seq;
      for (const subscriber of live) {
        if (subscriber.position >= seq) continue;
        subscriber.position = seq;
        subscriber.previous = seq;
        give(subscriber, made);
      }
    }
    working = false;
  }

  /** One for all that wait: the last, which stands for those before it. */
  function merge(): void {
    const [oldest] = waiting;
    const newest = waiting[waiting.length - 1];
    if (oldest && newest) waiting = [{ from: oldest.from, commit: newest.commit }];
  }

  function dropAll(why: End): void {
    waiting = [];
    working = false;
    for (const subscriber of [...members]) team.drop(subscriber, why);
  }

  /** Everything up to where the others are, then one of them. */
  async function bringUp(subscriber: Subscriber): Promise<void> {
    while (!subscriber.left) {
      const commits = await patiently(() => team.since(subscriber.position));
      // It may have moved on since.
      if (commits.length === 0 && team.position() <= subscriber.position) break;
      for (const commit of commits) {
        if (commit.seq >= (waiting[0]?.from ?? Number.POSITIVE_INFINITY)) {
          live.add(subscriber);
          return;
        }
        if (stream.concerns(commit)) {
          await subscriber.joining.sink.ready();
          if (subscriber.left) return;
          const since = subscriber.previous;
          const made = await patiently(() => delivery(commit, since));
          subscriber.previous = commit.seq;
          give(subscriber, made);
        }
        subscriber.position = commit.seq;
        if (subscriber.left) return;
      }
    }
    live.add(subscriber);
  }

  /** History does not reach back to where it was: says so, and begins anew where the others are. */
  async function startAnew(subscriber: Subscriber): Promise<void> {
    const seq = team.position();
    const { viewer, stamp } = await patiently(() => team.sessions(principal, seq));
    const cursor = team.cursorOf(stream.name, seq);
    const made = await deliver({ expired: true, cursor }, viewer, stamp);
    subscriber.position = seq;
    subscriber.previous = seq;
    give(subscriber, made);
    await bringUp(subscriber);
  }

  return {
    size: () => members.size,
    offer(commit: Commit): void {
      if (members.size === 0 || !stream.concerns(commit)) return;
      waiting.push({ from: commit.seq, commit });
      if (waiting.length > MOST_WAITING) dropAll('resync');
      else if (!working) {
        working = true;
        work().catch(() => dropAll('fault'));
      }
    },
    add(subscriber: Subscriber): void {
      members.add(subscriber);
      bringUp(subscriber)
        .catch((error: unknown) => {
          if (!isExpired(error)) throw error;
          return startAnew(subscriber);
        })
        .catch(() => team.drop(subscriber, 'fault'));
    },
    remove(subscriber: Subscriber): void {
      members.delete(subscriber);
      live.delete(subscriber);
    },
    dropAll,
  };
}
export type Channel = ReturnType<typeof createChannel>;

const isExpired = (error: unknown): boolean => isAppError(error) && error.code === 'HISTORY_EXPIRED';
