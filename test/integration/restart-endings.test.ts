import { afterEach, describe, expect, inject, it } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import { openStore } from '../../src/store/open.ts';
import { aServiceInput, done, operation, PUT_SERVICE } from '../support/makers.ts';
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
  setA,
} from '../support/restarts.ts';
import type { AppOptions, TestApp } from '../support/start-app.ts';

/** What becomes of restart requests when their workload is deleted. */

const DELETE = operation('deleteService', 'service { id }');
const RESTORE = operation('restoreService', 'service { id }');

function onMongo(): AppOptions {
  const place = { mongodbUrl: inject('mongodbUrl') ?? '', database: aDatabase(), dir: '' };
  return { open: ({ mac }) => openStore({ ...place, mac, log: silentLog }) };
}
const STORES: readonly (readonly [string, () => AppOptions])[] = [
  ['embedded', () => ({})],
  ...(inject('mongodbUrl') ? [['MongoDB', onMongo] as const] : []),
];

const clock = aClock();
let app: TestApp;
let receiver: Receiver;
let group: string;
async function start(services: number, options: AppOptions = {}): Promise<void> {
  receiver = await aReceiver();
  app = await appFor(receiver, { clock: clock.now, ...options });
  group = await aFleet(app, services);
}
afterEach(async () => {
  await app.close();
  await receiver.close();
});

const restart = async (over: object = {}) => (await done(app, RESTART, { source: group, ...over })).restart;
const remove = (id: string) => done(app, DELETE, { project: 'default-project', id });
const lines = async () =>
  (await requestsOf(app)).map(({ workloadId, state, delivery }) => `${workloadId} ${state} ${delivery?.state ?? '-'}`);

describe.each(STORES)('a workload that is deleted: %s', (_name, options) => {
  it('cancels what was asked of it, in the same commit, and of no other', async () => {
    await start(2, options());
    await restart();
    const before = await requestsOf(app);
    const { commit } = await remove('s-1');
    expect((await lines()).sort()).toEqual(['s-1 CANCELLED -', 's-2 RELEASED -']);
    const [asked] = (await requestsOf(app)).filter(({ workloadId }) => workloadId === 's-1');
    const [written] = await app.store.commitsAfter('default', commit.seq - 1, 1);
    expect(written).toMatchObject({ operation: 'service.delete', at: asked.closedAt });
    expect(written?.touched.map(({ kind }) => kind).sort()).toEqual(['restartQueue', 'restartRequest', 'service']);
    // What was asked, when and why stays to be read.
    const { state: _, closedAt: __, ...rest } = asked;
    expect(before.find(({ id }) => id === asked.id)).toMatchObject(rest);
  });

  it('and registered anew, or restored, has nothing open', async () => {
    await start(2, options());
    await restart();
    await remove('s-1');
    await done(app, RESTORE, { project: 'default-project', id: 's-1' });
    await remove('s-2');
    await done(app, PUT_SERVICE, aServiceInput({ id: 's-2', name: 'Another' }));
    expect((await lines()).sort()).toEqual(['s-1 CANCELLED -', 's-2 CANCELLED -']);
    await setA(app, group, '2');
    await restart();
    expect((await lines()).filter((line) => line.includes('RELEASED')).sort()).toEqual([
      's-1 RELEASED -',
      's-2 RELEASED -',
    ]);
  });
});

describe('a webhook', () => {
  it('is not told of it any more', async () => {
    await start(2);
    await putWebhook(app, receiver);
    await restart();
    await remove('s-1');
    await runJobs(app);
    expect(receiver.calls.map(({ body }) => JSON.stringify(body).includes('s-1'))).toEqual([false]);
    expect((await lines()).sort()).toEqual(['s-1 CANCELLED CANCELLED', 's-2 RELEASED DELIVERED']);
  });

  it('that was told of it keeps that it was', async () => {
    await start(1);
    await putWebhook(app, receiver);
    await restart();
    await runJobs(app);
    await remove('s-1');
    expect(await lines()).toEqual(['s-1 CANCELLED DELIVERED']);
  });
});

it('no wave waits for it', async () => {
  await start(2);
  const waves = { size: 1, pauseSeconds: 1, waitForAcknowledgement: true, timeoutSeconds: 3_600, onTimeout: 'CANCEL' };
  const made = await restart({ waves });
  const first = made.requests.nodes.find(({ wave }: { wave: number }) => wave === 1).workloadId;
  await remove(first);
  clock.pass(2);
  await runJobs(app);
  const states = new Map((await requestsOf(app)).map(({ workloadId, state }) => [workloadId, state]));
  expect([...states].sort()).toEqual([
    ['s-1', first === 's-1' ? 'CANCELLED' : 'RELEASED'],
    ['s-2', first === 's-2' ? 'CANCELLED' : 'RELEASED'],
  ]);
});

it('to delete one writes as much, however much is open of others', async () => {
  await start(30);
  const written = async (id: string): Promise<number> => {
    const { commit } = await remove(id);
    const [found] = await app.store.commitsAfter('default', commit.seq - 1, 1);
    return found?.touched.length ?? 0;
  };
  const none = await written('s-1');
  await restart();
  // The request, and the queue of the project.
  expect([none, await written('s-2'), await written('s-3')]).toEqual([1, 3, 3]);
});

it('whoever asks for restarts while it is deleted does not ask it', async () => {
  let meanwhile: (() => Promise<unknown>) | null = null;
  await start(2, {
    open: async ({ mac }) => {
      const store = await openMemoryStore({ mac });
      return {
        ...store,
        commit: async (request, made) => {
          const isAsking = request.operation === 'restart.request';
          const first = isAsking ? meanwhile : null;
          if (isAsking) meanwhile = null;
          await first?.();
          return store.commit(request, made);
        },
      };
    },
  });
  await restart();
  await setA(app, group, '2');
  // When it was decided whom to ask, and not written yet.
  meanwhile = () => remove('s-1');
  await restart();
  expect((await lines()).filter((line) => line.includes('RELEASED'))).toEqual(['s-2 RELEASED -']);
});
