import { setTimeout as sleep } from 'node:timers/promises';
import type { Principal } from '../access/model.ts';
import type { Session } from '../access/session.ts';
import { NOTHING_SHOWN } from '../audit/notes.ts';
import { isAppError } from '../kernel/errors.ts';
import type { Pace } from '../kernel/pace.ts';
import type { Commit, Seq } from '../store/port.ts';
import type { View } from '../vault/reading.ts';
import type { Alike, Words } from './alike.ts';
import type { Delivery, End, Subject, Subscriber } from './subscriber.ts';
import type { Waiting } from './waiting.ts';

/** What a channel asks of its team. */
export interface ChannelTeam {
  readonly position: () => Seq;
  since(seq: Seq): Promise<readonly Commit[]>;
  /** Sessions on one state of the team that has commit `seq`. */
  sessions(principal: Principal, seq: Seq): Promise<Sessions>;
  /** A state that was read and has commit `seq`; null: none was read yet. */
  viewNow(seq: Seq): View | null;
  /** Of one stream, by place. */
  cursorsOf(stream: readonly string[]): (seq: Seq) => string;
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

const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 50;

/** What commits mean for the viewers of a channel, in words. */
export function createDeliveries({ stream, deliver, wording }: Subject, principal: Principal, team: ChannelTeam) {
  const cursorOf = team.cursorsOf(stream.name);
  const said = (words: Words, { own }: Alike, seq: Seq): Delivery => {
    const cursor = cursorOf(seq);
    return { cursor, latin1: words(cursor, own), shown: NOTHING_SHOWN };
  };

  /** What many see alike, if nothing has to be read to tell; undefined: it has to be looked at as a whole. */
  function alike({ commit }: Waiting, since: Seq): Alike | null | undefined {
    if (!wording || !stream.alike) return undefined;
    const view = team.viewNow(commit.seq);
    try {
      return view === null ? undefined : stream.alike({ commit, previous: since, principal, view });
    } catch {
      // Whatever it is, the longer way meets it as well, and knows what becomes of it.
      return undefined;
    }
  }

  /** A delivery without waiting for anything; undefined: there is something to wait for. */
  function now(waiting: Waiting, since: Seq): Delivery | null | undefined {
    const found = alike(waiting, since);
    if (!found) return found;
    const words = wording?.known(found.event as object);
    return words ? said(words, found, waiting.commit.seq) : undefined;
  }

  /** The same, put into words for all if nobody did; undefined: this one has to be told by itself. */
  async function inWords(waiting: Waiting, since: Seq, viewer: Session): Promise<Delivery | null | undefined> {
    const found = alike(waiting, since);
    if (!found) return found;
    if (!wording) return undefined;
    const of = { commit: waiting.commit, event: found.event as object };
    const known = wording.known(of.event);
    const words = known === undefined ? await wording.find(of, viewer) : known;
    return words ? said(words, found, waiting.commit.seq) : undefined;
  }

  /** `isKept`: not all are given it at once. */
  async function made(waiting: Waiting, since: Seq, isKept: boolean): Promise<Delivery | null> {
    const { commit, operations } = waiting;
    const { viewer, system, stamp } = await team.sessions(principal, commit.seq);
    const found = await inWords(waiting, since, viewer);
    if (found !== undefined) return found;
    const cursor = cursorOf(commit.seq);
    try {
      const event = await stream.event({ commit, operations, previous: since, session: viewer, system });
      // What differs depends on where they were who come again, and not only on what they come to.
      const own = stream.coalesces ? `${stamp} since ${since}` : stamp;
      return event === null ? null : await deliver({ expired: false, cursor, commit, event }, viewer, own, isKept);
    } catch (error) {
      if (!isHistoryExpired(error)) throw error;
      return deliver({ expired: true, cursor }, viewer, stamp, isKept);
    }
  }

  return {
    now,
    /** For all, by whoever has a place in the pace of all channels. The last of several tries throws. */
    shared: (waiting: Waiting, since: Seq): Promise<Delivery | null> => {
      let isPlaced = true;
      return patiently(() => {
        const work = () => made(waiting, since, false);
        if (!isPlaced) return team.pace.run(work);
        isPlaced = false;
        return work();
      });
    },
    /** For one, at the pace of all channels. */
    single: (waiting: Waiting, since: Seq): Promise<Delivery | null> =>
      patiently(() => team.pace.run(() => made(waiting, since, true))),
    /** Word that some may be missing before `seq`. */
    async expiry(seq: Seq): Promise<Delivery> {
      const { viewer, stamp } = await patiently(() => team.sessions(principal, seq));
      return deliver({ expired: true, cursor: cursorOf(seq) }, viewer, stamp, true);
    },
  };
}
export type Deliveries = ReturnType<typeof createDeliveries>;

export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || isHistoryExpired(error)) throw error;
      await sleep(FIRST_PAUSE_MS * 2 ** attempt, undefined, { ref: false });
    }
  }
}

/** null: nothing. Whose time has come gets nothing more, whatever it is. */
export function give(
  subscriber: Subscriber,
  made: Delivery | null,
  team: Pick<ChannelTeam, 'isExpired' | 'drop'>,
): void {
  if (subscriber.left) return;
  if (team.isExpired(subscriber.principal)) team.drop(subscriber, 'forbidden');
  else if (made !== null) subscriber.sink.send(made);
}

export const isHistoryExpired = (error: unknown): boolean => isAppError(error) && error.code === 'HISTORY_EXPIRED';
