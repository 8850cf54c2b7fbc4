import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import { type Counting, counting } from '../support/counting.ts';
import { type Listener, listen, until } from '../support/listening.ts';
import { aServiceInput, done, operation, PUT_JOB, PUT_SERVICE } from '../support/makers.ts';
import { ACKNOWLEDGE, aClock, aFleet, CANCEL, RESTART, runJobs, setA } from '../support/restarts.ts';
import { type AppOptions, startApp, type TestApp } from '../support/start-app.ts';
import { RESTART_REQUESTED } from '../support/stream-queries.ts';

const clock = aClock();
let app: TestApp;
let counted: Counting;
let group: string;
const listeners: Listener[] = [];

async function start(services: number, options: AppOptions = {}): Promise<void> {
  app = await startApp({
    clock: clock.now,
    ...options,
    limits: { socketsPerPrincipal: 1_000, socketsPerDependent: 1_000, ...options.limits },
    open: ({ mac }) => {
      counted = counting(openMemoryStore({ mac }));
      return counted.port;
    },
  });
  group = await aFleet(app, services);
}
beforeEach(() => start(3));
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
  await app.close();
});

const service = (id: string) => ({ kind: 'SERVICE', id });
async function follow(id: string, over: Record<string, unknown> = {}, token = app.owner): Promise<Listener> {
  const variables = { workload: service(id), ...over };
  const listener = await listen(app.url, token, RESTART_REQUESTED, { variables });
  listeners.push(listener);
  return listener;
}
const dependentOf = (id: string) =>
  app.token('dependent', { kind: 'DEPENDENT', workload: { project: 'default-project', ...service(id) } });
const restart = async (over: object = {}) => done(app, RESTART, { source: group, ...over });

describe('restartRequested', () => {
  it('tells each workload when its wave is released, and of no other; what ends a request is no event', async () => {
    const all = [await follow('s-1'), await follow('s-2', {}, await dependentOf('s-2')), await follow('s-3')] as const;
    const { commit, restart: made } = await restart({ reason: 'new key', waves: { size: 1, pauseSeconds: 60 } });
    await all[0].count(1);
    expect(all[0].events).toMatchObject([
      {
        __typename: 'RestartRequestedEvent',
        seq: commit.seq,
        scopes: ['RUNTIME'],
        wantedSeq: commit.seq - 1,
        reason: 'new key',
        request: { workloadId: 's-1', state: 'RELEASED', wave: 1 },
      },
    ]);
    for (const wave of [1, 2]) {
      expect(all.map(({ events }) => events.length)).toEqual([1, wave === 1 ? 0 : 1, 0]);
      clock.pass(60);
      await runJobs(app);
      await all[wave as 1 | 2].count(1);
    }
    const running = { project: 'default-project', workload: service('s-2'), seq: commit.seq };
    await done(app, ACKNOWLEDGE, running);
    await setA(app, group, '2');
    await restart();
    await Promise.all(all.map((listener) => listener.count(2)));
    expect(all.map(({ events }) => events.map(({ request }) => request.workloadId))).toEqual([
      ['s-1', 's-1'],
      ['s-2', 's-2'],
      ['s-3', 's-3'],
    ]);
    expect(all[1].events.map(({ request }) => request.wave)).toEqual([2, 1]);
    expect(made.waves).toBe(3);
  });

  it('says nothing of a wave that was cancelled', async () => {
    const [first, second] = [await follow('s-1'), await follow('s-2')];
    const { restart: made } = await restart({ waves: { size: 1, pauseSeconds: 1 } });
    await first.count(1);
    await done(app, CANCEL, { id: made.id });
    clock.pass(10);
    await runJobs(app);
    await restart();
    await second.count(1);
    expect(second.events).toMatchObject([{ request: { wave: 1 } }]);
  });

  it('case 152: resumes after a cursor, each release once and in order; the request is as it is now', async () => {
    const first = await follow('s-1');
    for (const value of ['2', '3', '4']) {
      await setA(app, group, value);
      await restart({ reason: value });
    }
    await first.count(3);
    const late = await follow('s-1', { after: first.events[0].cursor });
    await late.count(2);
    expect(late.events.map(({ reason, cursor }) => [reason, cursor])).toEqual(
      first.events.slice(1).map(({ reason, cursor }) => [reason, cursor]),
    );
    expect(late.events.map(({ request }) => request.state)).toEqual(['SUPERSEDED', 'RELEASED']);
    const other = await follow('s-2', { after: first.events[0].cursor });
    await until(() => other.ended.by !== null);
    expect(other.ended.by).toEqual(['INVALID_CURSOR']);
  });

  it('case 153: a release whose request is kept no more is HistoryExpired, never silence', async () => {
    await app.close();
    await start(1, { limits: { restartRequestsKept: 2 } });
    const first = await follow('s-1');
    await restart({ reason: '1' });
    await first.count(1);
    for (let i = 2; i <= 6; i += 1) {
      clock.pass(1);
      await setA(app, group, String(i));
      await restart({ reason: String(i) });
      await runJobs(app);
    }
    await first.count(6);
    // One that remembers nothing.
    const again = await startApp({ clock: clock.now, open: () => app.store });
    const variables = { workload: service('s-1'), after: first.events[0].cursor };
    const late = await listen(again.url, app.owner, RESTART_REQUESTED, { variables });
    listeners.push(late);
    await until(() => late.events.at(-1)?.reason === '6');
    expect(late.events[0].__typename).toBe('HistoryExpired');
    const cursors = first.events.map(({ cursor }) => cursor);
    for (const { cursor } of late.events) expect(cursors).toContain(cursor);
  });

  it('tells a job apart from a service of the same id', async () => {
    await done(app, PUT_JOB, aServiceInput({ id: 's-1', name: 'Job 1' }));
    const job = await follow('s-1', { workload: { kind: 'JOB', id: 's-1' } });
    const alone = await follow('s-1');
    const { restart: made } = await restart();
    await Promise.all([job.count(1), alone.count(1)]);
    const idOf = (kind: string) =>
      made.requests.nodes.find(
        (node: { workloadKind: string; workloadId: string }) => node.workloadKind === kind && node.workloadId === 's-1',
      ).id;
    expect([job.events[0].request.id, alone.events[0].request.id]).toEqual([idOf('JOB'), idOf('SERVICE')]);
  });

  it('is refused for what one may not see, and for what is not there, alike', async () => {
    const dependent = await dependentOf('s-1');
    const cases = [
      await follow('s-2', {}, dependent),
      await follow('nobody', {}, dependent),
      await follow('s-1', { workload: { kind: 'JOB', id: 's-1' } }, dependent),
    ];
    await until(() => cases.every(({ ended }) => ended.by !== null));
    expect(cases.map(({ ended }) => ended.by)).toEqual(cases.map(() => ['NOT_FOUND']));
  });

  it('case 146: whoever may no longer list the workload hears nothing more', async () => {
    const grants = (projects: readonly string[]) => [{ resources: ['PROJECT', 'WORKLOAD'], verbs: ['LIST'], projects }];
    await done(app, operation('createRole', 'role { slug }'), { name: 'Watcher', grants: grants(['default-project']) });
    const listener = await follow('s-1', {}, await app.token('watcher'));
    const witness = await follow('s-1');
    await restart();
    await listener.count(1);
    const id = Buffer.from('Role:watcher').toString('base64');
    await done(app, operation('updateRole', 'role { slug }'), { id, grants: grants(['elsewhere']) });
    await setA(app, group, '2');
    await restart();
    await done(app, operation('updateRole', 'role { slug }'), { id, grants: grants(['default-project']) });
    await setA(app, group, '3');
    await restart();
    await Promise.all([listener.count(2), witness.count(3)]);
    expect(listener.events.map(({ seq }) => seq)).toEqual([witness.events[0].seq, witness.events[2].seq]);
  });

  it('says nothing of a workload that came anew under the same id before it did', async () => {
    const listener = await follow('s-1');
    await done(app, operation('deleteService', 'service { id }'), { project: 'default-project', id: 's-1' });
    await restart();
    const anew = await done(app, PUT_SERVICE, aServiceInput({ id: 's-1', name: 'Service 1' }));
    await setA(app, group, '2');
    const { commit } = await restart();
    await listener.count(2);
    expect(listener.events.map(({ seq }) => seq)).toEqual([anew.commit.seq, commit.seq]);
  });
});

describe('the cost of a release', () => {
  /** Store calls between a release and the last of so many who listen, each to another workload. */
  async function callsFor(many: number): Promise<number> {
    await app.close();
    await start(12);
    for (let i = 1; i <= many; i += 1) await follow(`s-${i}`);
    await restart();
    await Promise.all(listeners.map((listener) => listener.count(1)));
    await setA(app, group, '2');
    counted.reset();
    await restart();
    await Promise.all(listeners.map((listener) => listener.count(2)));
    const calls = counted.calls.revisions ?? 0;
    await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
    return calls;
  }

  it('each request is read once, for all who listen', async () => {
    expect(await callsFor(12)).toBe(await callsFor(2));
  });
});
