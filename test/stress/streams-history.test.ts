import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ask, build } from '../support/built.ts';
import { dropDatabase } from '../support/canaries.ts';
import { until } from '../support/listening.ts';
import { operation } from '../support/makers.ts';
import { aDatabase } from '../support/mongodb.ts';
import { aMember, aTeamsHolders, type Holders, type Member } from '../support/stream-crowd.ts';
import { type Gateways, startGateways, TEAMS } from '../support/stream-gateways.ts';
import type { LogEntry } from '../support/stream-history.ts';
import { judge, lastSeq, statesOf, type Verdicts } from '../support/stream-judge.ts';
import { type Random, randomOf } from '../support/stream-random.ts';
import { type Subscriber, startSubscriber, type Weather } from '../support/stream-subscriber.ts';
import { aTeam, GRANTS, readLogs, type Send, sender, type Team } from '../support/stream-world.ts';
import { write, writeLast } from '../support/stream-writers.ts';

const url = inject('mongodbUrl') ?? '';
const SECONDS = Number(process.env.KEYLOOM_HISTORY_SECONDS ?? 30);
const SEED = Number(process.env.KEYLOOM_HISTORY_SEED ?? Math.floor(Math.random() * 2 ** 31));
const SUBSCRIBERS = 180;
/** Begin while others are under way, at a place where another has been. */
const LATECOMERS = 20;
const WRITERS = 6;
const REVOKED = 6;
const MIN_KILLS = 3;
const MIN_COMMITS = 60;
/** For machines that are busy with other things. */
const PATIENCE_MS = 240_000;

interface One {
  readonly member: Member;
  readonly subscriber: Subscriber;
}

describe.skipIf(url === '')('what subscribers are told, held against the log', () => {
  const database = aDatabase();
  const dir = mkdtempSync(join(tmpdir(), 'keyloom-history-'));
  const random = randomOf(SEED);
  const weather: { urls: readonly string[]; restless: boolean } & Weather = { urls: [], restless: false };
  const teams: Team[] = [];
  const holders = new Map<Team, Holders>();
  const acknowledged: { readonly owner: string; readonly seq: number; readonly operation: string }[] = [];
  const all: One[] = [];
  let work: Promise<unknown> = Promise.resolve();
  let isEnded = false;
  let gateways: Gateways;
  let send: Send;

  beforeAll(async () => {
    const started = await startGateways(build(), dir, {
      MONGODB_URL: url,
      KEYLOOM_DATABASE: database,
    });
    gateways = started.gateways;
    weather.urls = gateways.urls;
    send = sender(
      () => random.pick(gateways.urls),
      (owner, seq, operation) => acknowledged.push({ owner, seq, operation }),
    );
    for (const [place, name] of TEAMS.entries()) {
      const team = await aTeam(name, started.owners[place] ?? '', send);
      teams.push(team);
      holders.set(team, await aTeamsHolders(team, REVOKED, send));
    }
  }, 240_000);
  afterAll(async () => {
    isEnded = true;
    await work.catch(() => {});
    await Promise.all(all.map(({ subscriber }) => subscriber.stop()));
    await gateways.stop();
    await dropDatabase(url, database);
    rmSync(dir, { recursive: true, force: true });
  }, 240_000);

  const logs = () => readLogs(url, database, TEAMS);
  const enter = (member: Member): void => {
    all.push({ member, subscriber: startSubscriber(member.plan, weather, random.fork()) });
  };
  const isWhole = ({ judged }: Member): boolean => judged.by === 'environment' || judged.viewer.role !== 'revoked';

  /** Everyone who can be told something has been, so that where they stand is known. */
  async function begun(): Promise<void> {
    await until(
      async () => {
        for (const team of teams) await writeLast(team, `begin ${Math.random()}`, send);
        const now = await logs();
        return all.every(({ member, subscriber: { told } }) => told.length > 0 || lastSeq(member, now) === 0);
      },
      'the beginning of all',
      PATIENCE_MS,
    );
    weather.restless = true;
  }

  async function killNowAndThen(chance: Random, isOver: () => boolean): Promise<void> {
    for (let place = 0; !isOver(); place = 1 - place) {
      await sleep(chance.between(3_000, 8_000));
      await gateways.killAndStart(place, () => sleep(chance.between(0, 1_000)));
    }
  }

  async function takeRights(chance: Random, isOver: () => boolean): Promise<void> {
    const takings = teams.flatMap(({ owner, name }) => {
      const narrowing = { id: Buffer.from('Role:narrowing').toString('base64'), grants: GRANTS.limited };
      const tokens = [...holders].find(([team]) => team.name === name)?.[1].revocable ?? [];
      return [
        { owner, mutation: 'updateRole', input: narrowing as object },
        ...tokens.map((id) => ({ owner, mutation: 'revokeToken', input: { id } as object })),
      ];
    });
    const pause = (SECONDS * 1_000) / (takings.length + 1);
    for (const { owner, mutation, input } of takings.sort(() => chance.below(3) - 1)) {
      if (!isOver()) await sleep(chance.between(0.5 * pause, pause));
      // When an answer was lost to a kill the next one is a refusal.
      const isAnswered = async (): Promise<boolean> =>
        (await ask(chance.pick(gateways.urls), owner, operation(mutation, ''), { input }))?.data?.result != null;
      await until(isAnswered, 'taking a right', PATIENCE_MS);
    }
  }

  async function comeLate(chance: Random): Promise<void> {
    for (let i = 0; i < LATECOMERS; i += 1) {
      await sleep(chance.between(0.5, 1) * ((SECONDS * 1_000) / (LATECOMERS + 1)));
      const placed = all.filter(({ subscriber: { told } }) => told.length > 0);
      const { member, subscriber } = chance.pick(placed);
      const { seq, cursor } = chance.pick(subscriber.told);
      const plan = { ...member.plan, who: `late ${member.plan.who}`, begin: { min: seq, max: seq }, after: cursor };
      enter({ ...member, plan });
    }
  }

  /** Until everyone has what there is. Answers the logs; who has not within the patience shows in the verdicts. */
  async function settled(): Promise<ReadonlyMap<string, readonly LogEntry[]>> {
    weather.restless = false;
    for (const team of teams) {
      await until(async () => writeLast(team, `end ${Math.random()}`, send), 'the last writes', PATIENCE_MS);
    }
    const final = await logs();
    const whole = all.filter(({ member }) => isWhole(member));
    const behind = whole.map(({ member, subscriber }) => ({ subscriber, last: lastSeq(member, final) }));
    const isOver = (): boolean => behind.every(({ subscriber: { told }, last }) => (told.at(-1)?.seq ?? 0) >= last);
    await until(isOver, 'everyone current', PATIENCE_MS).catch(() => {});
    return final;
  }

  const tally = (counts: readonly ReadonlyMap<string, number>[]): string => {
    const sum = new Map<string, number>();
    for (const each of counts) for (const [what, count] of each) sum.set(what, (sum.get(what) ?? 0) + count);
    return [...sum].map(([what, count]) => `${what} ${count}`).join(', ');
  };

  function report(final: ReadonlyMap<string, readonly LogEntry[]>, phases: readonly string[]): void {
    const told = all.reduce((sum, { subscriber }) => sum + subscriber.told.length, 0);
    const connections = all.reduce((sum, { subscriber }) => sum + subscriber.connections(), 0);
    const commits = [...final.values()].reduce((sum, log) => sum + log.length, 0);
    process.stdout.write(
      `history: seed ${SEED}, ${SECONDS} s, ${commits} commits, ${all.length} subscribers, ${connections} connections, ` +
        `${told} events, ${gateways.kills()} kills; ended: ${tally(all.map(({ subscriber }) => subscriber.endings))}; ${phases.join(', ')}\n`,
    );
  }

  function expectRight(verdicts: Verdicts, final: ReadonlyMap<string, readonly LogEntry[]>): void {
    expect(verdicts).toEqual({});
    for (const { owner, seq, operation } of acknowledged) {
      const team = teams.find((each) => each.owner === owner)?.name ?? '';
      // The first commits were made before the team was known by name.
      if (team !== '') expect([seq, final.get(team)?.[seq - 1]?.operation]).toEqual([seq, operation]);
    }
  }

  it(
    `cases 148, 152, 156, 157, 165: ${SUBSCRIBERS + LATECOMERS} subscribers, random writers, kill -9: no gap, no duplicate, no reordering, nothing foreign, the right end`,
    async () => {
      const phases: string[] = [];
      const phase = (name: string): void => {
        phases.push(`${name} at ${Math.round((performance.now() - startedAt) / 1_000)} s`);
      };
      const startedAt = performance.now();
      const before = await logs();
      for (let i = 0; i < SUBSCRIBERS; i += 1) {
        const team = random.pick(teams);
        const mine = holders.get(team);
        if (mine) enter(aMember(team, mine, before.get(team.name)?.at(-1)?.seq ?? 0, random.fork()));
      }
      await begun();
      phase('all listen');
      const over = Date.now() + SECONDS * 1_000;
      // It is no proof when nothing happened, however slow the machine is.
      const enough = acknowledged.length + MIN_COMMITS;
      const isOver = (): boolean =>
        isEnded || (Date.now() > over && gateways.kills() >= MIN_KILLS && acknowledged.length > enough);
      const tasks = [
        ...Array.from({ length: WRITERS }, () => write(teams, random.fork(), send, isOver)),
        killNowAndThen(random.fork(), isOver),
        takeRights(random.fork(), isOver),
        comeLate(random.fork()),
      ];
      work = Promise.allSettled(tasks);
      await Promise.all(tasks);
      phase('writers done');
      const final = await settled();
      phase('all current');
      await Promise.all(all.map(({ subscriber }) => subscriber.stop()));
      const states = await statesOf(teams, final, gateways.urls);
      phase('past read');
      report(final, phases);
      expectRight(judge(all, final, states), final);
    },
    4 * PATIENCE_MS + SECONDS * 2_000,
  );
});
