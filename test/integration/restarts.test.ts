import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aServiceInput, codeOf, done, environmentOf, PUT_SERVICE, run } from '../support/makers.ts';
import { ACKNOWLEDGE, aClock, aFleet, CANCEL, RESTART, requestsOf, runJobs, setA } from '../support/restarts.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const clock = aClock();
let app: TestApp;
let group: string;
beforeEach(async () => {
  app = await startApp({ clock: clock.now });
  group = await aFleet(app, 3);
});
afterEach(() => app.close());

const acknowledged = (id: string, over: object = {}, token?: string) =>
  environmentOf(app, id).then(({ seq }) =>
    run(app, ACKNOWLEDGE, { project: 'default-project', workload: { kind: 'SERVICE', id }, seq, ...over }, token),
  );
const restart = async (over: object = {}) => (await done(app, RESTART, { source: group, ...over })).restart;
const named = (nodes: readonly { workloadId: string; state: string; wave: number }[]) =>
  [...nodes].map(({ workloadId, state, wave }) => `${workloadId} ${wave} ${state}`).sort();

describe('restartDependents', () => {
  it('asks for one restart of every dependent that never said what it runs, in one commit', async () => {
    const { commit, restart: made } = await done(app, RESTART, { source: group, reason: 'new certificate' });
    expect(commit.operation).toBe('restart.request');
    expect(made).toMatchObject({ state: 'RELEASED', waves: 1, reason: 'new certificate', skipped: [] });
    expect(named(made.requests.nodes)).toEqual(['s-1 1 RELEASED', 's-2 1 RELEASED', 's-3 1 RELEASED']);
    expect(made.requests.nodes[0]).toMatchObject({ scopes: ['RUNTIME'], seq: commit.seq - 1, delivery: null });
  });

  it('asks for none of those whose digest is what they run', async () => {
    await acknowledged('s-1');
    await acknowledged('s-2');
    const { commit, restart: made } = await done(app, RESTART, { source: group });
    expect(named(made.requests.nodes)).toEqual(['s-3 1 RELEASED']);
    expect(made.skipped).toEqual([
      { workloadId: 's-1', reason: 'UNCHANGED' },
      { workloadId: 's-2', reason: 'UNCHANGED' },
    ]);
    expect(commit.seq).toBeGreaterThan(0);
    await setA(app, group, '2');
    const second = await restart();
    expect(named(second.requests.nodes)).toEqual(['s-1 1 RELEASED', 's-2 1 RELEASED', 's-3 1 RELEASED']);
    expect(named(await requestsOf(app))).toContain('s-3 1 SUPERSEDED');
  });

  it('asks for none after a change that leaves the outcome as it was', async () => {
    for (const id of ['s-1', 's-2', 's-3']) await acknowledged(id);
    await setA(app, group, '2');
    await setA(app, group, '1');
    const made = await restart();
    expect(made).toMatchObject({ state: 'RELEASED', waves: 0, requests: { nodes: [] } });
    expect(made.skipped).toHaveLength(3);
  });

  it('compares with an earlier commit if told to', async () => {
    const { seq } = await environmentOf(app, 's-1');
    expect((await restart({ onlyChangedSince: seq })).skipped).toHaveLength(3);
    await setA(app, group, '2');
    await done(
      app,
      PUT_SERVICE,
      aServiceInput({ id: 's-1', name: 'Service 1', variables: [{ name: 'A', value: '1' }] }),
    );
    const made = await restart({ onlyChangedSince: seq });
    // Its own value stands in for what the group gave it before.
    expect(named(made.requests.nodes)).toEqual(['s-2 1 RELEASED', 's-3 1 RELEASED']);
    expect(codeOf(await run(app, RESTART, { source: group, onlyChangedSince: 10_000 }))).toBe('INVALID_INPUT');
  });

  it('answers a repeated request with what the first one did', async () => {
    const first = await done(app, RESTART, { source: group, idempotencyKey: 'k' });
    expect(await done(app, RESTART, { source: group, idempotencyKey: 'k' })).toEqual(first);
    expect(await requestsOf(app)).toHaveLength(3);
  });

  it('leaves the limit of open requests as it is', async () => {
    const small = await startApp({ limits: { restartRequestsOpen: 2 } });
    try {
      const id = await aFleet(small, 3);
      const result = await run(small, RESTART, { source: id });
      expect(result).toMatchObject({ code: 'LIMIT_EXCEEDED', maximum: 2, actual: 3 });
    } finally {
      await small.close();
    }
  });
});

describe('waves', () => {
  it('are released one after another, after their pause, by whoever looks', async () => {
    const made = await restart({ waves: { size: 1, pauseSeconds: 60 } });
    expect(made).toMatchObject({ state: 'RUNNING', waves: 3, releasedWaves: 1 });
    const states = async () => named(await requestsOf(app)).map((line) => line.split(' ').slice(1).join(' '));
    clock.pass(59);
    await runJobs(app);
    expect(await states()).toEqual(['1 RELEASED', '2 WAITING', '3 WAITING']);
    clock.pass(1);
    await runJobs(app);
    await runJobs(app);
    expect(await states()).toEqual(['1 RELEASED', '2 RELEASED', '3 WAITING']);
    clock.pass(86_400);
    await runJobs(app);
    expect(await states()).toEqual(['1 RELEASED', '2 RELEASED', '3 RELEASED']);
  });

  it('case 141: begin their pause anew when the clock was set back, and release one at a time when it was set forward', async () => {
    await restart({ waves: { size: 1, pauseSeconds: 60 } });
    clock.pass(-3_600);
    await runJobs(app);
    clock.pass(60);
    await runJobs(app);
    expect(named(await requestsOf(app))).toContain('s-2 2 RELEASED');
    clock.pass(86_400);
    await runJobs(app);
    expect((await requestsOf(app)).filter(({ state }) => state === 'RELEASED')).toHaveLength(3);
  });

  it('wait for acknowledgements, and end when these do not come', async () => {
    const made = await restart({ waves: { size: 2, waitForAcknowledgement: true, timeoutSeconds: 600 } });
    const [first, second] = named(made.requests.nodes).map((line) => line.split(' ')[0] ?? '');
    await runJobs(app);
    await acknowledged(first ?? '');
    await runJobs(app);
    expect(named(await requestsOf(app))).toEqual(['s-1 1 ACKNOWLEDGED', 's-2 1 RELEASED', 's-3 2 WAITING']);
    clock.pass(600);
    await runJobs(app);
    expect(named(await requestsOf(app))).toEqual(['s-1 1 ACKNOWLEDGED', 's-2 1 RELEASED', 's-3 2 CANCELLED']);
    const again = await restart({ waves: { size: 1, waitForAcknowledgement: true } });
    expect(again.waves).toBe(2);
    await acknowledged(second ?? '');
    await runJobs(app);
    expect(named(await requestsOf(app))).toContain('s-3 2 RELEASED');
  });

  it('can be cancelled', async () => {
    const { id } = await restart({ waves: { size: 1, pauseSeconds: 1 } });
    const { restart: cancelled } = await done(app, CANCEL, { id });
    expect(cancelled.state).toBe('CANCELLED');
    expect(named(cancelled.requests.nodes)).toEqual(['s-1 1 RELEASED', 's-2 2 CANCELLED', 's-3 3 CANCELLED']);
    expect(codeOf(await run(app, CANCEL, { id }))).toBe('CONFLICT');
  });
});

const RUNNING = `query ($id: ID!) { project(slug: "default-project") { service(id: $id) {
  running { scope seq digest isCurrent isRolledBack } } } }`;
const LISTED = `query ($isOutdated: Boolean) { project(slug: "default-project") {
  runningWorkloads(filter: { isOutdated: $isOutdated }) { nodes { workload { id } isCurrent } } } }`;

describe('acknowledgements', () => {
  const runningOf = async (id: string) => (await app.gql(RUNNING, { id })).data.project.service.running;
  const listed = async (isOutdated: boolean) =>
    (await app.gql(LISTED, { isOutdated })).data.project.runningWorkloads.nodes.map(
      ({ workload }: { workload: { id: string } }) => workload.id,
    );

  const again = async (id: string): Promise<void> => {
    await app.gql(`mutation { deleteService(input: { project: "default-project", id: "${id}" }) { __typename } }`);
    await done(app, PUT_SERVICE, aServiceInput({ id, name: 'Service 1' }));
  };

  it('tell who runs what, and whether that is what it would get now', async () => {
    expect(await runningOf('s-1')).toBeNull();
    const { digest, seq } = await environmentOf(app, 's-1');
    expect((await acknowledged('s-1')).running).toMatchObject({ digest, seq, isCurrent: true, isRolledBack: false });
    await acknowledged('s-2');
    await setA(app, group, '2');
    await acknowledged('s-2');
    expect(await runningOf('s-1')).toMatchObject({ seq, isCurrent: false });
    expect([await listed(true), await listed(false)]).toEqual([['s-1'], ['s-2']]);
    await setA(app, group, '1');
    expect([await listed(true), await listed(false)]).toEqual([['s-2'], ['s-1']]);
  });

  it('end the requests that asked for no more', async () => {
    const { seq } = await environmentOf(app, 's-1');
    await setA(app, group, '2');
    await restart();
    const before = await acknowledged('s-1', { seq });
    expect(before).toMatchObject({ acknowledged: [] });
    expect((await acknowledged('s-1')).acknowledged).toEqual([{ workloadId: 's-1', state: 'ACKNOWLEDGED' }]);
  });

  it('of an earlier commit are taken as a rollback; of a later than the last are refused', async () => {
    const { seq } = await environmentOf(app, 's-1');
    await setA(app, group, '2');
    await acknowledged('s-1');
    expect((await acknowledged('s-1', { seq })).running).toMatchObject({ seq, isRolledBack: true, isCurrent: false });
    expect(await acknowledged('s-1', { seq: 10_000 })).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ path: ['seq'], rule: 'range' }],
    });
  });

  it('come from the workload itself, or from whoever may restart it', async () => {
    const own = { kind: 'DEPENDENT', workload: { project: 'default-project', kind: 'SERVICE', id: 's-1' } };
    const token = await app.token('dependent', own);
    expect(codeOf(await acknowledged('s-1', {}, token))).toBe('OK');
    expect(codeOf(await acknowledged('s-2', {}, token))).toBe('NOT_FOUND');
    expect(codeOf(await acknowledged('s-1', {}, await app.token('reader')))).toBe('FORBIDDEN');
    expect(codeOf(await acknowledged('s-1', {}, await app.token('operator')))).toBe('OK');
  });

  it('of a workload that was registered anew count no more', async () => {
    await acknowledged('s-1');
    // Whatever the clock says meanwhile.
    for (const passed of [1_000, 0, -3_600_000]) {
      await acknowledged('s-1');
      clock.pass(passed);
      await again('s-1');
      expect(await runningOf('s-1')).toBeNull();
      expect([...(await listed(true)), ...(await listed(false))]).toEqual([]);
    }
  });

  it('case 249: and what was asked of the one before is nothing to the next by its own token', async () => {
    await restart({ reason: 'for the one before' });
    await again('s-1');
    const address = { project: 'default-project', kind: 'SERVICE', id: 's-1' };
    const token = await app.token('dependent', { kind: 'DEPENDENT', workload: address });
    const ASKED = `{ project(slug: "default-project") { restartRequests(first: 9) { nodes { id workloadId reason } }
      service(id: "s-1") { restartRequests(first: 9) { nodes { id reason } } } } }`;
    const asked = async (by: string) => (await app.gql(ASKED, {}, by)).data.project;
    const { id } = (await asked(app.owner)).service.restartRequests.nodes[0];
    expect(await asked(token)).toEqual({ restartRequests: { nodes: [] }, service: { restartRequests: { nodes: [] } } });
    const node = await app.gql('query ($id: ID!) { node(id: $id) { id } }', { id }, token);
    expect([node.data, JSON.stringify(node)]).toEqual([{ node: null }, expect.not.stringContaining('one before')]);
    await setA(app, group, '2');
    await restart({ reason: 'for this one' });
    expect((await asked(token)).service.restartRequests.nodes).toMatchObject([{ reason: 'for this one' }]);
  });

  it('are of commits at which it was registered as it is now, and of no other', async () => {
    const { seq, digest } = await environmentOf(app, 's-1');
    await again('s-1');
    const { seq: own } = await environmentOf(app, 's-1');
    const workload = { kind: 'SERVICE', id: 's-1' };
    const token = await app.token('dependent', {
      kind: 'DEPENDENT',
      workload: { ...workload, project: 'default-project' },
    });
    // Of who had the id before, of no one between the two, and from before there was any.
    for (const [said, by] of [
      [{ seq }, app.owner],
      [{ seq, digest }, app.owner],
      [{ seq: own - 1 }, app.owner],
      [{ seq: 1 }, app.owner],
      [{ seq }, token],
      [{ seq, digest }, token],
    ] as const) {
      expect(await acknowledged('s-1', said, by)).toMatchObject({
        code: 'INVALID_INPUT',
        fields: [{ path: ['seq'], rule: 'registration', message: expect.stringContaining('registered as it is now') }],
      });
      expect(await runningOf('s-1')).toBeNull();
    }
    expect((await acknowledged('s-1', { seq: own }, token)).running).toMatchObject({ seq: own });
    // One that is restored is the same.
    await app.gql(`mutation { deleteService(input: { project: "default-project", id: "s-1" }) { __typename } }`);
    await app.gql(`mutation { restoreService(input: { project: "default-project", id: "s-1" }) { __typename } }`);
    expect((await acknowledged('s-1', { seq: own })).running).toMatchObject({ seq: own });
  });
});

describe('case 240: what a workload said before', () => {
  it('is no change: a thousand times the same digest is one commit', async () => {
    const say = (over: object = {}) =>
      done(app, ACKNOWLEDGE, { project: 'default-project', workload: { kind: 'SERVICE', id: 'web' }, seq: 2, ...over });
    await done(app, PUT_SERVICE, aServiceInput({ id: 'web' }));
    const { seq } = await environmentOf(app, 'web');
    const first = await say({ seq });
    const head = async () => (await app.store.head(['default']))?.seq;
    const before = await head();
    for (let i = 0; i < 1_000; i += 1) {
      const again = await say({ seq });
      expect(again.commit.seq).toBe(first.commit.seq);
    }
    expect(await head()).toBe(before);
    await done(
      app,
      PUT_SERVICE,
      aServiceInput({ id: 'web', tags: ['more'], variables: [{ name: 'MORE', value: 'x' }] }),
    );
    const now = (await environmentOf(app, 'web')).seq;
    await say({ seq: now });
    expect(await head()).toBe((before ?? 0) + 2);
  });
});
