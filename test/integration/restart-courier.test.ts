import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { openStore } from '../../src/store/open.ts';
import { counting } from '../support/counting.ts';
import { done } from '../support/makers.ts';
import { aDatabase } from '../support/mongodb.ts';
import {
  aClock,
  aFleet,
  appFor,
  aReceiver,
  putWebhook,
  RESTART,
  type Receiver,
  requestsOf,
  runJobs,
} from '../support/restarts.ts';
import type { AppOptions, TestApp } from '../support/start-app.ts';
import { borrowed } from '../support/whole-state.ts';

let receiver: Receiver;
const apps: TestApp[] = [];
beforeEach(async () => {
  receiver = await aReceiver();
});
afterEach(async () => {
  for (const app of apps.splice(0).reverse()) await app.close();
  await receiver.close();
});

async function open(options: AppOptions = {}): Promise<TestApp> {
  const app = await appFor(receiver, options);
  apps.push(app);
  return app;
}
/** Another gateway process, as far as the store can tell. */
async function beside(first: TestApp, options: AppOptions = {}): Promise<TestApp> {
  const app = await open({ ...options, open: () => borrowed(first.store) });
  return { ...app, owner: first.owner };
}
const delivered = async (app: TestApp) =>
  (await requestsOf(app)).filter(({ delivery }) => delivery?.state === 'DELIVERED').length;

const STORES: readonly (readonly [string, AppOptions])[] = [
  ['in memory', {}],
  ...(inject('mongodbUrl') ? [['MongoDB', onMongo()] as const] : []),
];

function onMongo(): AppOptions {
  const place = { mongodbUrl: inject('mongodbUrl') ?? '', database: aDatabase(), dir: '' };
  return { open: ({ mac }) => openStore({ ...place, mac, log: silentLog }) };
}

describe('case 166: two gateways on one store', () => {
  it.each(STORES)(
    'share the work, and never ask the target at the same time: %s',
    async (_name, options) => {
      const first = await open(options);
      const second = options.open ? { ...(await open(options)), owner: first.owner } : await beside(first);
      const source = await aFleet(first, 30);
      await putWebhook(first, receiver);
      await done(first, RESTART, { source });
      await vi.waitFor(
        async () => {
          await Promise.all([runJobs(first), runJobs(second)]);
          expect(await delivered(first)).toBe(30);
        },
        { timeout: 60_000, interval: 10 },
      );
      expect(receiver.maxAtOnce()).toBe(1);
      expect(new Set(receiver.calls.map(({ body }) => body.workload.id)).size).toBe(30);
      expect(receiver.calls).toHaveLength(30);
    },
    120_000,
  );

  it('one takes over what the other was at when it died, once that has been silent for a while', async () => {
    const limits = { webhookLeaseMs: 300 };
    const first = await open({ limits });
    const source = await aFleet(first, 3);
    await putWebhook(first, receiver);
    await done(first, RESTART, { source });
    // It never hears the end of its first call: from then on its store is gone.
    let isGone = false;
    const dying = await open({
      limits,
      open: () => {
        const lost = new Error('killed');
        const store = borrowed(first.store);
        return { ...store, commit: (request) => (isGone ? Promise.reject(lost) : store.commit(request)) };
      },
    });
    receiver.answer = (_call, response) => {
      isGone = true;
      response.writeHead(204).end();
    };
    await expect(runJobs(dying)).rejects.toThrow('killed');
    const before = receiver.calls.length;
    expect(before).toBeGreaterThan(0);
    await runJobs(first);
    // Its lease is seen for the first time: nobody knows how long it has been silent.
    expect(receiver.calls).toHaveLength(before);
    await vi.waitFor(
      async () => {
        await runJobs(first);
        expect(await delivered(first)).toBe(3);
      },
      { timeout: 60_000, interval: 20 },
    );
    const twice = receiver.calls.slice(0, before).map(({ headers }) => headers['idempotency-key']);
    const all = receiver.calls.map(({ headers }) => headers['idempotency-key']);
    // At least once, and each repetition by the same key.
    expect(new Set(all).size).toBe(3);
    expect(all.slice(before)).toEqual(expect.arrayContaining(twice));
  });
});

describe('a target', () => {
  it('that is down is left alone after three failures, and tried with one delivery after that', async () => {
    const clock = aClock();
    const app = await open({ clock: clock.now });
    const source = await aFleet(app, 10);
    await putWebhook(app, receiver);
    receiver.answer = (_call, response) => response.writeHead(503).end();
    await done(app, RESTART, { source });
    await runJobs(app);
    expect(receiver.calls).toHaveLength(3);
    clock.pass(10);
    await runJobs(app);
    expect(receiver.calls).toHaveLength(4);
    receiver.answer = (_call, response) => response.writeHead(204).end();
    clock.pass(3_600);
    await runJobs(app);
    await runJobs(app);
    expect(await delivered(app)).toBe(10);
  });

  it('that refuses one delivery gets all others', async () => {
    const clock = aClock();
    const app = await open({ clock: clock.now });
    const source = await aFleet(app, 5);
    await putWebhook(app, receiver);
    receiver.answer = ({ body }, response) => response.writeHead(body.workload.id === 's-3' ? 500 : 204).end();
    await done(app, RESTART, { source });
    for (let i = 0; i < 6; i += 1) {
      await runJobs(app);
      clock.pass(3_600);
    }
    expect(await delivered(app)).toBe(4);
    expect((await requestsOf(app)).find(({ workloadId }) => workloadId === 's-3').delivery.state).toBe('FAILED');
  });

  it('gets what was cut off by the end of the gateway again, and it counts as no failure', async () => {
    const app = await open();
    const source = await aFleet(app, 1);
    await putWebhook(app, receiver);
    const stop = new AbortController();
    receiver.answer = () => stop.abort();
    await done(app, RESTART, { source });
    await runJobs(app, stop.signal);
    expect((await requestsOf(app))[0].delivery).toMatchObject({ state: 'PENDING', attemptCount: 0 });
    receiver.answer = (_call, response) => response.writeHead(204).end();
    await runJobs(app);
    expect(await delivered(app)).toBe(1);
  });
});

describe('case 218: a long queue', () => {
  it('is bounded, is worked off in batches, and costs the same idle as an empty one', async () => {
    const limits = { restartRequestsOpen: 60, restartRequestsKept: 10 };
    const base = await open({ limits });
    const source = await aFleet(base, 60);
    await putWebhook(base, receiver);
    await done(base, RESTART, { source });
    // Asking again supersedes: there are never more open than workloads.
    for (let i = 0; i < 3; i += 1) await done(base, RESTART, { source });
    const counts = counting(borrowed(base.store));
    const worker = await open({ limits, open: () => counts.port });
    counts.reset();
    await runJobs(worker);
    expect(receiver.calls).toHaveLength(60);
    // Three batches of twenty, taken and settled, and what is over forgotten.
    expect(counts.calls.commit).toBe(7);
    await runJobs(worker);
    expect((await requestsOf(base)).length).toBe(10);
    counts.reset();
    await runJobs(worker);
    // The teams, and the head of each.
    expect(counts.calls).toEqual({ list: 1, lineage: 1 });
  });
});
