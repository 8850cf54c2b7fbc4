import { afterEach, describe, expect, it } from 'vitest';
import type { Principal } from '../../../src/access/model.ts';
import type { Session } from '../../../src/access/session.ts';
import { NOTHING_SHOWN } from '../../../src/audit/notes.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { createPace } from '../../../src/kernel/pace.ts';
import { turn } from '../../../src/kernel/turn.ts';
import type { Commit } from '../../../src/store/port.ts';
import type { End } from '../../../src/streams/subscriber.ts';
import { createTeamStreams, type TeamStreams, type TeamStreamsDeps } from '../../../src/streams/team-streams.ts';
import { topic } from '../../../src/streams/topics.ts';

const opened: TeamStreams[] = [];
afterEach(() => {
  for (const streams of opened.splice(0)) streams.close();
});

type Touch = readonly [kind: string, ...key: string[]];

/** A team whose listeners are counted: what is asked of access about them, and what of their streams about a commit. */
function aTeam({ isDamaged = false, rolesNaming = () => [] as readonly string[] } = {}) {
  const commits: Commit[] = [];
  const counts = { looked: 0, asked: 0, judged: 0 };
  const revoked = new Set<string>();
  const expired = new Set<string>();
  const grants = new Map<string, object>();
  let wake = (): void => {};

  async function* watch(_team: string, after: number, signal: AbortSignal): AsyncGenerator<Commit> {
    for (let at = after; !signal.aborted; ) {
      const next = commits[at];
      if (next) yield next;
      if (next) at += 1;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  const principalOf = (id: string): Principal =>
    ({
      id,
      team: 'team',
      kind: 'machine',
      workload: null,
      expiresAt: '2030-01-01T00:00:00Z',
      endsAt: Date.parse('2030-01-01T00:00:00Z'),
      role: { slug: `role-${id}`, grants: [grants.get(id) ?? {}] },
    }) as unknown as Principal;
  const deps = {
    vault: { watch, commits: async () => [], view: async () => ({ seq: commits.length }) },
    access: {
      standing: async () => ({
        of: ({ id }: Principal) => {
          counts.looked += 1;
          return revoked.has(id) ? null : principalOf(id);
        },
        rolesNaming,
        isDamaged,
      }),
      systemIn: () => ({}),
      termsFor: () => ({ budget: {}, unitsPerPause: 1, signal: null }),
      hasExpired: ({ id }: Principal) => {
        counts.judged += 1;
        return expired.has(id);
      },
    },
    cursors: { along: () => () => 'cursor', read: () => 0 },
    log: silentLog,
    pace: createPace(),
  } as unknown as TeamStreamsDeps;
  const streams = createTeamStreams('team', 0, deps, { idle: () => {}, lost: () => {} });
  opened.push(streams);

  async function join(id: string) {
    const heard = { seqs: [] as number[], ended: null as End | null };
    const leave = await streams.join({
      stream: {
        name: [id],
        coalesces: false,
        topics: [topic('thing', id)],
        concerns: ({ touched }) => {
          counts.asked += 1;
          return touched.some(({ kind, key }) => String(kind) === 'thing' && key[1] === id);
        },
        event: async ({ commit }) => commit.seq,
      },
      session: { principal: principalOf(id), seq: commits.length } as unknown as Session,
      after: null,
      operation: id,
      deliver: async (item) => {
        heard.seqs.push(item.expired ? -1 : item.commit.seq);
        return { cursor: 'cursor', latin1: '{}', shown: NOTHING_SHOWN };
      },
      sink: {
        send: () => {},
        ready: async () => {},
        end: (why) => {
          heard.ended = why;
        },
      },
    });
    return { heard, leave };
  }

  async function commit(...touched: readonly Touch[]): Promise<void> {
    const seq = commits.length + 1;
    commits.push({
      seq,
      operation: 'something',
      touched: touched.map(([kind, ...key]) => ({ kind, key: ['team', ...key], revision: 1 })),
    } as unknown as Commit);
    wake();
    for (let i = 0; i < 30; i += 1) await turn();
  }
  const reset = (): void => void Object.assign(counts, { looked: 0, asked: 0, judged: 0 });
  return { streams, join, commit, counts, reset, revoked, expired, grants };
}

const idsOf = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => String(i));

describe.each([10, 1_000])('beside %i listeners', (count) => {
  async function aCrowd(over: Parameters<typeof aTeam>[0] = {}) {
    const team = aTeam(over);
    const listeners = [];
    for (const id of idsOf(count)) listeners.push(await team.join(id));
    for (let i = 0; i < 30; i += 1) await turn();
    team.reset();
    return { ...team, listeners };
  }

  it('a commit of a token visits whose it is', async () => {
    const { commit, counts, listeners, revoked } = await aCrowd();
    revoked.add('3');
    await commit(['token', '3']);
    expect(counts).toEqual({ looked: 1, asked: 0, judged: 0 });
    expect(listeners.filter(({ heard }) => heard.ended !== null)).toEqual([listeners[3]]);
  });

  it('a commit of a token or role that nobody here has visits nobody', async () => {
    const { commit, counts } = await aCrowd();
    await commit(['token', 'new'], ['tokenIndex', 'new'], ['role', 'new']);
    expect(counts).toEqual({ looked: 0, asked: 0, judged: 0 });
  });

  it('a commit of a role visits who has it, who then hears what it allows', async () => {
    const { commit, counts, listeners, grants } = await aCrowd();
    grants.set('5', { verbs: ['list'] });
    await commit(['role', 'role-5']);
    expect(counts.looked).toBe(1);
    await commit(['thing', '5']);
    expect(listeners[5]?.heard.seqs).toEqual([2]);
  });

  it('a commit of a project visits whose roles name it', async () => {
    const { commit, counts } = await aCrowd({ rolesNaming: () => ['role-7'] });
    await commit(['project', 'p']);
    expect(counts.looked).toBe(1);
  });

  it('where tokens or roles were tampered with, everybody is looked at', async () => {
    const { commit, counts } = await aCrowd({ isDamaged: true });
    await commit(['token', 'new']);
    expect(counts.looked).toBe(count);
  });

  it('a commit is offered to those whom it is about', async () => {
    const { commit, counts, listeners } = await aCrowd();
    await commit(['thing', '4'], ['other', '5']);
    expect(counts.asked).toBe(1);
    expect(listeners.filter(({ heard }) => heard.seqs.length > 0)).toEqual([listeners[4]]);
  });

  it('a look for tokens that have ended judges those who end first', async () => {
    const { streams, counts, listeners, expired } = await aCrowd();
    streams.expire();
    expect(counts.judged).toBe(1);
    for (const id of idsOf(count)) expired.add(id);
    streams.expire();
    expect(listeners.every(({ heard }) => heard.ended === 'forbidden')).toBe(true);
    expect(streams.isIdle()).toBe(true);
  });

  it('who has left is found nowhere', async () => {
    const { streams, commit, counts, listeners } = await aCrowd();
    for (const { leave } of listeners) leave();
    await commit(['token', '1'], ['role', 'role-2'], ['thing', '3']);
    expect([counts, streams.isIdle()]).toEqual([{ looked: 0, asked: 0, judged: 0 }, true]);
  });
});
