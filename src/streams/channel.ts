import { setTimeout as sleep } from 'node:timers/promises';
import type { Principal } from '../access/model.ts';
import type { Session } from '../access/session.ts';
import { isAppError } from '../kernel/errors.ts';
import type { Commit, Seq } from '../store/port.ts';
import type { Pace } from './pace.ts';
import type { Delivery, End, Subject, Subscriber } from './subscriber.ts';

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
  /** Of all channels of the process. */
  readonly pace: Pace;
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
  readonly operations: ReadonlySet<string>;
}

const waitingOf = (commit: Commit): Waiting => ({
  from: commit.seq,
  commit,
  operations: new Set([commit.operation]),
});

/** Coalesces all waiting commits into the newest. */
function merged(all: readonly Waiting[]): Waiting {
  const [oldest] = all;
  const newest = all.at(-1);
  if (!oldest || !newest) throw new Error('Nothing waits');
  return { ...newest, from: oldest.from, operations: new Set(all.flatMap(({ operations }) => [...operations])) };
}

/** More commits than this are a storm. */
const STORM = 32;
/** Past this many, whoever listens is better off coming again. */
const MOST_WAITING = 20_000;
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 50;
/** Subscribers who are given a delivery between two looks at the clock. */
const GIVEN_AT_ONCE = 50;

/**
 * All subscribers to whom every delivery is the same: one operation, one set of rights. A commit is looked at once, put into
 * words once, and the same bytes go to all. Those who begin at an earlier commit are brought up by themselves first.
 */
export function createChannel(name: string, subject: Subject, principal: Principal, team: ChannelTeam) {
  const { stream, deliver } = subject;
  const live = new Set<Subscriber>();
  const members = new Set<Subscriber>();
  let waiting: Waiting[] = [];
  let working = false;
  let previous = team.position();

  /** What a commit means for the channel's viewers, in words. The last of several tries throws. `isKept`: not all are given it at once. */
  async function delivery({ commit, operations }: Waiting, since: Seq, isKept: boolean): Promise<Delivery | null> {
    const { viewer, system, stamp } = await team.sessions(principal, commit.seq);
    const cursor = team.cursorOf(stream.name, commit.seq);
    try {
      const event = await stream.event({ commit, operations, previous: since, session: viewer, system });
      return event === null ? null : await deliver({ expired: false, cursor, commit, event }, viewer, stamp, isKept);
    } catch (error) {
      if (!isExpired(error)) throw error;
      return deliver({ expired: true, cursor }, viewer, stamp, isKept);
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
    else if (made !== null) subscriber.sink.send(made);
  }

  async function work(): Promise<void> {
    for (;;) {
      if (stream.coalesces && waiting.length > STORM) waiting = [merged(waiting)];
      const [next] = waiting;
      if (next === undefined || members.size === 0) break;
      const { seq } = next.commit;
      const made = await patiently(() => team.pace.run(() => delivery(next, previous, false)));
      waiting.shift();
      previous = seq;
      let given = 0;
      // Whoever joins during a break has come past this commit already.
      for (const subscriber of live) {
        if (subscriber.position >= seq) continue;
        subscriber.position = seq;
        subscriber.previous = seq;
        give(subscriber, made);
        given += 1;
        if (given % GIVEN_AT_ONCE === 0) await team.pace.breathe();
      }
    }
    working = false;
  }

  function dropAll(why: End): void {
    waiting = [];
    working = false;
    for (const subscriber of [...members]) team.drop(subscriber, why);
  }

  /** A subscriber's own delivery of something that it missed. */
  async function tell(subscriber: Subscriber, missed: Waiting): Promise<void> {
    await subscriber.sink.ready();
    if (subscriber.left) return;
    const since = subscriber.previous;
    const made = await patiently(() => team.pace.run(() => delivery(missed, since, true)));
    subscriber.previous = missed.commit.seq;
    give(subscriber, made);
  }

  /** Whether the others wait for this commit, or for one that stands for it: from there on they share. */
  const isShared = ({ seq }: Commit): boolean => seq >= (waiting[0]?.from ?? Number.POSITIVE_INFINITY);

  /** Everything up to where the others are, commit by commit and page by page, then one of them. */
  async function bringUp(subscriber: Subscriber): Promise<void> {
    if (stream.coalesces) return bringUpAtOnce(subscriber);
    while (!subscriber.left) {
      const commits = await patiently(() => team.since(subscriber.position));
      // It may have moved on since.
      if (commits.length === 0 && team.position() <= subscriber.position) break;
      for (const commit of commits) {
        if (isShared(commit)) {
          live.add(subscriber);
          return;
        }
        if (stream.concerns(commit)) await tell(subscriber, waitingOf(commit));
        subscriber.position = commit.seq;
        if (subscriber.left) return;
      }
      await team.pace.breathe();
    }
    live.add(subscriber);
  }

  /** The same where the last of many missed commits is enough. Joins the others in the moment in which it finds nothing missed. */
  async function bringUpAtOnce(subscriber: Subscriber): Promise<void> {
    while (!subscriber.left) {
      let missed: Waiting[] = [];
      let count = 0;
      let at = subscriber.position;
      for (let isThere = false; !isThere; ) {
        const from = at;
        const commits = await patiently(() => team.since(from));
        isThere = commits.length === 0 && team.position() <= at;
        for (const commit of commits) {
          isThere = isShared(commit);
          if (isThere) break;
          at = commit.seq;
          if (!stream.concerns(commit)) continue;
          count += 1;
          missed.push(waitingOf(commit));
          if (count > STORM) missed = [merged(missed)];
        }
        if (isThere && missed.length === 0) {
          subscriber.position = at;
          live.add(subscriber);
          return;
        }
        if (!isThere) await team.pace.breathe();
      }
      for (const each of missed) {
        if (subscriber.left) return;
        await tell(subscriber, each);
      }
      subscriber.position = at;
    }
  }

  /** History does not reach back to where it was: says so, and begins anew where the others are. */
  async function startAnew(subscriber: Subscriber): Promise<void> {
    const seq = team.position();
    const { viewer, stamp } = await patiently(() => team.sessions(principal, seq));
    const cursor = team.cursorOf(stream.name, seq);
    const made = await deliver({ expired: true, cursor }, viewer, stamp, true);
    subscriber.position = seq;
    subscriber.previous = seq;
    give(subscriber, made);
    await bringUp(subscriber);
  }

  return {
    name,
    subject,
    size: () => members.size,
    offer(commit: Commit): void {
      if (members.size === 0 || !stream.concerns(commit)) return;
      waiting.push(waitingOf(commit));
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
