import type { Principal } from '../access/model.ts';
import type { Commit, Seq } from '../store/port.ts';
import { createBringingUp } from './bringing-up.ts';
import { type ChannelTeam, createDeliveries, give } from './deliveries.ts';
import type { Delivery, End, Subject, Subscriber } from './subscriber.ts';
import { merged, STORM, type Waiting, waitingOf } from './waiting.ts';

/** Past this many, whoever listens is better off coming again. */
const MAX_WAITING = 20_000;
/** Subscribers who are given a delivery between two looks at the clock. */
const GIVEN_AT_ONCE = 50;

/**
 * All subscribers to whom every delivery is the same: one operation, one set of rights. A commit is looked at once, put into
 * words once, and the same bytes go to all. Those who begin at an earlier commit are brought up by themselves first.
 */
export function createChannel(name: string, subject: Subject, principal: Principal, team: ChannelTeam) {
  const { stream } = subject;
  const live = new Set<Subscriber>();
  const members = new Set<Subscriber>();
  const make = createDeliveries(subject, principal, team);
  let waiting: Waiting[] = [];
  let working = false;
  let previous = team.position();

  /** The first of those that wait; the next has its turn when others had theirs. Answers nothing when it was done at once. */
  function work(): Promise<void> | undefined {
    if (stream.coalesces && waiting.length > STORM) waiting = [merged(waiting)];
    const [next] = waiting;
    if (next === undefined || members.size === 0) return goOn();
    const made = make.now(next, previous);
    const given = made === undefined ? make.shared(next, previous).then((late) => pass(next, late)) : pass(next, made);
    return given ? given.then(goOn) : goOn();
  }

  function pass({ commit: { seq } }: Waiting, made: Delivery | null): Promise<void> | undefined {
    waiting.shift();
    previous = seq;
    return giveAll(live, seq, made, team);
  }

  function goOn(): undefined {
    if (waiting.length > 0 && members.size > 0) begin();
    else working = false;
  }

  const fail = (): void => dropAll('fault');
  const attempt = (): Promise<void> | undefined => {
    try {
      return work()?.catch(fail);
    } catch {
      return fail() as undefined;
    }
  };
  const begin = (): void => team.pace.begin(attempt);

  function dropAll(why: End): void {
    waiting = [];
    working = false;
    for (const subscriber of [...members]) team.drop(subscriber, why);
  }

  const bringUp = createBringingUp(stream, team, make, {
    // The others wait for this commit, or for one that stands for it: from there on they share.
    isShared: ({ seq }) => seq >= (waiting[0]?.from ?? Number.POSITIVE_INFINITY),
    join: (subscriber) => void live.add(subscriber),
  });

  return {
    name,
    subject,
    size: () => members.size,
    offer(commit: Commit): void {
      if (members.size === 0 || !stream.concerns(commit)) return;
      waiting.push(waitingOf(commit));
      if (waiting.length > MAX_WAITING) dropAll('resync');
      else if (!working) {
        working = true;
        begin();
      }
    },
    add(subscriber: Subscriber): void {
      members.add(subscriber);
      bringUp(subscriber).catch(() => team.drop(subscriber, 'fault'));
    },
    remove(subscriber: Subscriber): void {
      members.delete(subscriber);
      live.delete(subscriber);
    },
    dropAll,
  };
}
export type Channel = ReturnType<typeof createChannel>;

/** Who are past the commits before it, and have not had it. */
function giveTo(subscriber: Subscriber, seq: Seq, made: Delivery | null, team: ChannelTeam): void {
  subscriber.position = seq;
  subscriber.previous = seq;
  give(subscriber, made, team);
}

/** The same to all who are past the commits before it. Done at once when they are few. */
function giveAll(
  live: ReadonlySet<Subscriber>,
  seq: Seq,
  made: Delivery | null,
  team: ChannelTeam,
): Promise<void> | undefined {
  if (live.size > GIVEN_AT_ONCE) return giveMany(live, seq, made, team);
  for (const subscriber of live) if (subscriber.position < seq) giveTo(subscriber, seq, made, team);
  return undefined;
}

async function giveMany(
  live: ReadonlySet<Subscriber>,
  seq: Seq,
  made: Delivery | null,
  team: ChannelTeam,
): Promise<void> {
  let given = 0;
  // Whoever joins during a break has come past this commit already.
  for (const subscriber of live) {
    if (subscriber.position >= seq) continue;
    giveTo(subscriber, seq, made, team);
    given += 1;
    if (given % GIVEN_AT_ONCE === 0) await team.pace.breathe();
  }
}
