import type { Commit } from '../store/port.ts';
import { type ChannelTeam, type Deliveries, give, isHistoryExpired, patiently } from './deliveries.ts';
import type { Stream } from './stream.ts';
import type { Subscriber } from './subscriber.ts';
import { merged, STORM, type Waiting, waitingOf } from './waiting.ts';

/** Those who are where the log is. */
interface Others {
  /** Whether they wait for this commit, or for one that stands for it: from there on they share. */
  isShared(commit: Commit): boolean;
  join(subscriber: Subscriber): void;
}

/** A subscriber's own delivery of something that it missed. */
const createTelling =
  (team: ChannelTeam, make: Deliveries) =>
  async (subscriber: Subscriber, missed: Waiting): Promise<void> => {
    await subscriber.sink.ready();
    if (subscriber.left) return;
    const made = await make.single(missed, subscriber.previous);
    subscriber.previous = missed.commit.seq;
    give(subscriber, made, team);
  };

/** Brings a subscriber that begins at an earlier commit to where the others are, and makes it one of them. */
export function createBringingUp(stream: Stream<unknown>, team: ChannelTeam, make: Deliveries, others: Others) {
  const tell = createTelling(team, make);

  /** Commit by commit and page by page. */
  async function oneByOne(subscriber: Subscriber): Promise<void> {
    while (!subscriber.left) {
      const commits = await patiently(() => team.since(subscriber.position));
      // It may have moved on since.
      if (commits.length === 0 && team.position() <= subscriber.position) break;
      for (const commit of commits) {
        if (others.isShared(commit)) return others.join(subscriber);
        if (stream.concerns(commit)) await tell(subscriber, waitingOf(commit));
        subscriber.position = commit.seq;
        if (subscriber.left) return;
      }
      await team.pace.breathe();
    }
    others.join(subscriber);
  }

  /** Where the last of many missed commits is enough. Joins the others in the moment in which it finds nothing missed. */
  async function atOnce(subscriber: Subscriber): Promise<void> {
    while (!subscriber.left) {
      let missed: Waiting[] = [];
      let count = 0;
      let at = subscriber.position;
      for (let isThere = false; !isThere; ) {
        const from = at;
        const commits = await patiently(() => team.since(from));
        isThere = commits.length === 0 && team.position() <= at;
        for (const commit of commits) {
          isThere = others.isShared(commit);
          if (isThere) break;
          at = commit.seq;
          if (!stream.concerns(commit)) continue;
          count += 1;
          missed.push(waitingOf(commit));
          if (count > STORM) missed = [merged(missed)];
        }
        if (isThere && missed.length === 0) {
          subscriber.position = at;
          return others.join(subscriber);
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

  const toOthers = stream.coalesces ? atOnce : oneByOne;

  /** History does not reach back to where it was: says so, and begins anew where the others are. */
  async function startAnew(subscriber: Subscriber): Promise<void> {
    const seq = team.position();
    const made = await make.expiry(seq);
    subscriber.position = seq;
    subscriber.previous = seq;
    give(subscriber, made, team);
    await toOthers(subscriber);
  }

  return async (subscriber: Subscriber): Promise<void> => {
    try {
      await toOthers(subscriber);
    } catch (error) {
      if (!isHistoryExpired(error)) throw error;
      await startAnew(subscriber);
    }
  };
}
