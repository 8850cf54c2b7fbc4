import { describe, expect, it } from 'vitest';
import type { Principal } from '../../../src/access/model.ts';
import type { Session } from '../../../src/access/session.ts';
import { NOTHING_SHOWN } from '../../../src/audit/notes.ts';
import { createPace } from '../../../src/kernel/pace.ts';
import { turn } from '../../../src/kernel/turn.ts';
import type { Commit, Seq } from '../../../src/store/port.ts';
import { createChannel } from '../../../src/streams/channel.ts';
import type { ChannelTeam } from '../../../src/streams/deliveries.ts';
import type { Stream } from '../../../src/streams/stream.ts';
import type { Subject, Subscriber } from '../../../src/streams/subscriber.ts';

interface Told {
  readonly seq: Seq;
  readonly previous: Seq;
  readonly operations: readonly string[];
}

const PRINCIPAL = {} as Principal;
const PAGE = 50;

/** A log that grows, and a channel on it. Every third commit is of another operation, every fifth concerns nobody. */
function aChannel(coalesces: boolean) {
  const log: Commit[] = [];
  let reads = 0;
  const team: ChannelTeam = {
    position: () => log.length,
    async since(seq) {
      reads += 1;
      return log.slice(seq, seq + PAGE);
    },
    sessions: async () => ({ viewer: {} as Session, system: {} as Session, stamp: '' }),
    viewNow: () => null,
    cursorsOf: () => String,
    drop: (_subscriber, why) => {
      throw new Error(`dropped: ${why}`);
    },
    isExpired: () => false,
    pace: createPace(),
  };
  const stream: Stream<Told> = {
    name: ['test'],
    coalesces,
    topics: null,
    concerns: ({ seq }) => seq % 5 !== 0,
    event: async ({ commit, previous, operations }) => {
      await turn();
      return { seq: commit.seq, previous, operations: [...operations].sort() };
    },
  };
  const append = (count: number): Commit[] =>
    Array.from({ length: count }, () => {
      const seq = log.length + 1;
      const commit = { seq, operation: seq % 3 === 0 ? 'odd' : 'even', touched: [] } as unknown as Commit;
      log.push(commit);
      return commit;
    });
  const subject: Subject = {
    stream,
    operation: 'o',
    deliver: async (item) => {
      if (!item.expired) return { cursor: item.cursor, latin1: JSON.stringify(item.event), shown: NOTHING_SHOWN };
      throw new Error('expired');
    },
  };
  const subscriber = (position: Seq) => {
    const told: Told[] = [];
    const made: Subscriber = {
      sink: {
        send: ({ latin1 }) => void told.push(JSON.parse(latin1)),
        ready: async () => {},
        end: () => {},
      },
      principal: PRINCIPAL,
      channel,
      position,
      previous: position,
      left: false,
    };
    return { told, made };
  };
  const channel = createChannel('test', subject, PRINCIPAL, team);
  const write = (count: number): void => {
    for (const commit of append(count)) channel.offer(commit);
  };
  const settled = async (): Promise<void> => {
    for (let still = 0, before = -1; still < 20; ) {
      await turn();
      const now = reads;
      still = now === before ? still + 1 : 0;
      before = now;
    }
    for (let i = 0; i < 600; i += 1) await turn();
  };
  return { channel, append, write, subscriber, settled, reads: () => reads, end: () => log.length };
}

const concerning = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + 1 + i).filter((seq) => seq % 5 !== 0);

describe('a subscriber that comes again', () => {
  it.each([
    [20, concerning(0, 20)],
    [40, concerning(0, 40)],
    [118, [118]],
    [10_000, [9_999]],
  ])('after %i commits is told once where the last is enough', async (missed, seqs) => {
    const { channel, append, subscriber, settled } = aChannel(true);
    append(missed);
    const { told, made } = subscriber(0);
    channel.add(made);
    await settled();
    expect(told.map(({ seq }) => seq)).toEqual(seqs);
    expect(told[0]?.previous).toBe(0);
    if (seqs.length === 1) expect(told[0]?.operations).toEqual(['even', 'odd']);
  });

  it('is told of each commit where each counts, in order and once', async () => {
    const { channel, append, subscriber, settled } = aChannel(false);
    append(600);
    const { told, made } = subscriber(0);
    channel.add(made);
    await settled();
    expect(told.map(({ seq }) => seq)).toEqual(concerning(0, 600));
  });

  it.each([true, false])('misses nothing of what is written meanwhile (coalescing: %s)', async (coalesces) => {
    for (let round = 0; round < 30; round += 1) {
      const { channel, append, write, subscriber, settled, end } = aChannel(coalesces);
      append(round * 3);
      const early = subscriber(end());
      channel.add(early.made);
      const late = subscriber(0);
      channel.add(late.made);
      for (let i = 0; i < 12; i += 1) {
        write(1 + ((round + i) % 4));
        for (let t = 0; t < (round + i) % 5; t += 1) await turn();
      }
      await settled();
      for (const { told } of [early, late]) {
        const last = concerning(0, end()).at(-1);
        expect(told.at(-1)?.seq).toBe(last);
        // Each begins where the one before ended: whatever lies between was stood for.
        for (const [i, each] of told.entries()) if (i > 0) expect(each.seq).toBeGreaterThan(told[i - 1]?.seq ?? 0);
        if (!coalesces) expect(new Set(told.map(({ seq }) => seq)).size).toBe(told.length);
      }
      if (!coalesces) expect(late.told.map(({ seq }) => seq)).toEqual(concerning(0, end()));
    }
  });
});
