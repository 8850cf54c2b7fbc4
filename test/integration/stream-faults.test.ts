import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { unavailable } from '../../src/kernel/errors.ts';
import type { MacHolder } from '../../src/keys/mac-holder.ts';
import { openMemoryEngine } from '../../src/store/embedded/memory-engine.ts';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import type { Store } from '../../src/store/port.ts';
import { storeOverEngine } from '../support/engine-store.ts';
import { type Listener, listen, until } from '../support/listening.ts';
import { aGroup, aProject, done, operation, PUT_SERVICE, run } from '../support/makers.ts';
import { type AppOptions, startApp, type TestApp } from '../support/start-app.ts';
import { CHANGES, ENVIRONMENT_CHANGED } from '../support/stream-queries.ts';
import { borrowed } from '../support/whole-state.ts';

const listeners: Listener[] = [];
const apps: TestApp[] = [];
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
  for (const app of apps.splice(0)) await app.close();
});
async function start(options: AppOptions = {}): Promise<TestApp> {
  const app = await startApp({ limits: { socketsPerPrincipal: 1_000, socketsPerDependent: 1_000 }, ...options });
  apps.push(app);
  return app;
}
async function follow(app: TestApp, query: string, variables: Record<string, unknown> = {}, token = app.owner) {
  const listener = await listen(app.url, token, query, { variables });
  listeners.push(listener);
  return listener;
}
const put = (app: TestApp, id: string, over: object = {}) =>
  done(app, PUT_SERVICE, { project: 'default-project', id, name: 'Some Service', ...over });
const seqsOf = ({ events }: Listener): readonly number[] => events.map(({ seq }) => seq);

/** The store with a method in front of each reading call. */
function before(store: Store, wait: (method: keyof Store, args: readonly unknown[]) => Promise<void>): Store {
  const guarded =
    <Args extends readonly unknown[], Result>(name: keyof Store, call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      await wait(name, args);
      return call(...args);
    };
  return {
    ...store,
    lineage: guarded('lineage', store.lineage.bind(store)),
    get: guarded('get', store.get.bind(store)),
    getMany: guarded('getMany', store.getMany.bind(store)),
    list: guarded('list', store.list.bind(store)),
    commit: guarded('commit', store.commit.bind(store)),
    commitsAfter: guarded('commitsAfter', store.commitsAfter.bind(store)),
    revisions: guarded('revisions', store.revisions.bind(store)),
  };
}

it('case 142: while the store is slow requests end at their deadline; listeners get all when it is not any more', async () => {
  let slowness = 0;
  const slow = (store: Store): Store =>
    before(store, () => (slowness > 0 ? sleep(slowness * (0.5 + Math.random())) : Promise.resolve()));
  // What has to be done by itself is done through another gateway, however busy the machine is.
  const patient = await start();
  const hasty = await start({ limits: { deadlineMs: 400 }, open: () => slow(borrowed(patient.store)) });
  const app = { ...hasty, owner: patient.owner };
  await aProject(patient);
  const isThere = async (): Promise<Listener | null> => {
    const listener = await follow(app, CHANGES, { kinds: ['SERVICE'] }, app.owner);
    return listener.closed.code === null && listener.ended.by === null ? listener : null;
  };
  let found = await isThere();
  while (found === null) found = await isThere();
  const listener = found;
  await put(patient, 'early');
  await listener.count(1);
  slowness = 1_000;
  const late = put(app, 'late').catch((error: unknown) => String(error));
  const { status, errors } = await app.gql('{ commits { edges { node { seq } } } }', {}, app.owner);
  expect([status, errors?.[0]?.extensions.code]).toEqual([504, 'TIMEOUT']);
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  expect(await late).toMatch(/TIMEOUT/);
  slowness = 0;
  await put(patient, 'again');
  await until(() => listener.events.at(-1)?.changes[0].name === 'again');
  const seqs = seqsOf(listener);
  const log = await app.store.commitsAfter('default', (seqs[0] ?? 0) - 1, 100);
  expect(seqs).toEqual(log.map(({ seq }) => seq));
  expect(listener.closed.code).toBe(null);
});

describe('case 153: a log that was cut', () => {
  it('is told of as HistoryExpired with a cursor to go on from, and never passed over in silence', async () => {
    const engine = openMemoryEngine();
    const under = ({ mac }: MacHolder) => storeOverEngine(engine, () => {}, undefined, mac);
    const stores: ReturnType<typeof under>[] = [];
    const open = (holder: MacHolder) => {
      const opened = under(holder);
      stores.push(opened);
      return opened.store;
    };
    const app = await start({ open });
    await aProject(app);
    const first = await follow(app, CHANGES, { kinds: ['SERVICE'] });
    for (const id of ['a', 'b', 'c', 'd']) await put(app, id);
    await first.count(4);
    await stores[0]?.forget('default', first.events[2].seq);
    // Another process: it has no recent commits of its own.
    const other = { ...(await start({ open })), owner: app.owner };
    const resumed = await listen(other.url, app.owner, CHANGES, {
      variables: { kinds: ['SERVICE'], after: first.events[0].cursor },
    });
    listeners.push(resumed);
    await resumed.count(1);
    await put(other, 'e');
    await resumed.count(2);
    expect(resumed.events).toMatchObject([
      { __typename: 'HistoryExpired', cursor: first.events[3].cursor },
      { __typename: 'CommitEvent', changes: [{ name: 'e' }] },
    ]);
    const again = await listen(other.url, app.owner, CHANGES, {
      variables: { kinds: ['SERVICE'], after: resumed.events[0].cursor },
    });
    listeners.push(again);
    await again.count(1);
    expect(again.events).toEqual(resumed.events.slice(1));
  });
});

it('case 155: a deletion right after the place where a listener begins is seen, once', async () => {
  const app = await start();
  await aProject(app);
  for (let i = 0; i < 10; i += 1) {
    const made = await put(app, 'there');
    const [from] = (await app.store.commitsAfter('default', made.commit.seq - 1, 1)).slice(-1);
    const witness = await follow(app, CHANGES, { kinds: ['SERVICE'] });
    const gone = operation('deleteService', 'service { id }');
    const [early, result] = await Promise.all([
      follow(app, CHANGES, { kinds: ['SERVICE'] }),
      done(app, gone, { project: 'default-project', id: 'there' }),
    ]);
    await witness.count(1);
    const late = await follow(app, CHANGES, { kinds: ['SERVICE'], after: witness.events[0].cursor });
    const marker = await put(app, 'marker', { tags: [`t${i}`] });
    await Promise.all([early, late, witness].map((each) => until(() => seqsOf(each).at(-1) === marker.commit.seq)));
    expect(seqsOf(witness)).toEqual([result.commit.seq, marker.commit.seq]);
    expect(seqsOf(late)).toEqual([marker.commit.seq]);
    // It began before or after the deletion; nothing comes twice.
    expect([seqsOf(witness), seqsOf(late)]).toContainEqual(seqsOf(early));
    expect(result.commit.seq).toBe((from?.seq ?? 0) + 1);
    await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
  }
});

it('case 158: a mutation that changes 50 keys is one event', async () => {
  const app = await start();
  await aProject(app);
  await put(app, 'reader');
  const { id } = await aGroup(app);
  const [changes, environment] = [
    await follow(app, CHANGES),
    await follow(app, ENVIRONMENT_CHANGED, { service: 'reader' }),
  ];
  const names = Array.from({ length: 50 }, (_, i) => `KEY_${String(i).padStart(2, '0')}`);
  const variables = names.map((name) => ({ name, value: 'x' }));
  const update = operation('updateSecretGroup', 'secretGroup { id }');
  const { commit } = await done(app, update, { id, variables });
  await done(app, update, { id, variables: [] });
  await Promise.all([changes.count(2), environment.count(2)]);
  expect(seqsOf(changes)).toEqual([commit.seq, commit.seq + 1]);
  expect(seqsOf(environment)).toEqual(seqsOf(changes));
  expect(changes.events[0].changes[0].keys.variables.added).toEqual(names);
  expect(environment.events.map(({ variables: each }) => each)).toEqual([
    { added: names, removed: [], changed: [] },
    { added: [], removed: names, changed: [] },
  ]);
});

it('case 162: many listeners cause no warning, and leave nothing behind', async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', note);
  try {
    const app = await start();
    await aProject(app);
    const many = await Promise.all(
      Array.from({ length: 60 }, (_, i) => follow(app, CHANGES, i % 2 ? {} : { kinds: ['SERVICE'] })),
    );
    await put(app, 'heard');
    await Promise.all(many.map((listener) => listener.count(1)));
    await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
    await put(app, 'unheard');
    expect(many.map(({ events }) => events.length)).toEqual(many.map(() => 1));
  } finally {
    process.off('warning', note);
  }
  expect(warnings.filter((name) => name === 'MaxListenersExceededWarning')).toEqual([]);
});

it('case 163: what fails for one listener fails for that one alone', async () => {
  let isBroken = false;
  const breaks = async (method: keyof Store, args: readonly unknown[]): Promise<void> => {
    if (!JSON.stringify(args).includes('other-project')) return;
    // From the moment on when something happens there.
    if (method === 'commit') isBroken = armed;
    else if (isBroken) throw unavailable('The store does not answer');
  };
  let armed = false;
  const app = await start({ open: ({ mac }) => before(openMemoryStore({ mac }), breaks) });
  await aProject(app);
  await aProject(app, 'Other Project');
  await put(app, 'reader');
  await done(app, PUT_SERVICE, { project: 'other-project', id: 'reader', name: 'Some Service' });
  const { id } = await aGroup(app);
  const elsewhere = ENVIRONMENT_CHANGED.replaceAll('default-project', 'other-project');
  const broken = await follow(app, elsewhere, { service: 'reader' });
  const whole = await follow(app, ENVIRONMENT_CHANGED, { service: 'reader' });
  const log = await follow(app, CHANGES, { kinds: ['SERVICE'] });
  const mine = await follow(app, CHANGES, { kinds: ['SERVICE'], project: 'default-project' });
  armed = true;
  const variables = [{ name: 'A', value: '1' }];
  await run(app, PUT_SERVICE, { project: 'other-project', id: 'reader', name: 'Some Service', variables });
  expect(isBroken).toBe(true);
  await until(() => broken.closed.code !== null, 'the close', 60_000);
  expect([broken.closed.code, broken.events]).toEqual([1013, []]);
  await done(app, operation('setSecretGroupVariable', 'secretGroup { id }'), { id, name: 'A', value: '2' });
  await put(app, 'reader', { tags: ['x'] });
  await whole.count(1);
  await Promise.all([log.count(2), mine.count(1)]);
  // Which keys changed could not be read; what can be told is.
  expect(log.events[0]).toEqual({ errors: ['UNAVAILABLE'] });
  expect(log.events[1].changes).toEqual(mine.events[0].changes);
  expect([whole, log, mine].map(({ closed }) => closed.code)).toEqual([null, null, null]);
}, 120_000);

describe('case 141: a clock that jumps', () => {
  const HOUR = 3_600_000;
  it('moves neither the order of events nor their places; a token ends by the clock', async () => {
    let now = Date.parse('2026-01-02T03:04:05.000Z');
    const app = await start({ clock: () => new Date(now) });
    await aProject(app);
    const token = await app.token('reader', { expiresAt: new Date(now + 2 * HOUR).toISOString() });
    const [first, dying] = [await follow(app, CHANGES, { kinds: ['SERVICE'] }), await follow(app, CHANGES, {}, token)];
    for (const jump of [0, -HOUR, -24 * HOUR, 2 * HOUR]) {
      now += jump;
      await put(app, 'jumping', { tags: [`at-${Math.abs(jump)}`] });
    }
    await Promise.all([first.count(4), dying.count(4)]);
    const [from = 0] = seqsOf(first);
    expect(seqsOf(first)).toEqual([from, from + 1, from + 2, from + 3]);
    expect(first.events.map(({ changes }) => changes[0].revision)).toEqual([1, 2, 3, 4]);
    const resumed = await follow(app, CHANGES, { kinds: ['SERVICE'], after: first.events[0].cursor });
    await resumed.count(3);
    expect(resumed.events).toEqual(first.events.slice(1));
    expect(dying.closed.code).toBe(null);
    // Past its end; less than a day ahead of where the clock began, which a process may find its clock to be.
    now += 26 * HOUR;
    await until(() => dying.closed.code !== null);
    expect(dying.closed.code).toBe(4403);
    expect((await app.gql('{ viewer { name } }', {}, token)).status).toBe(401);
    await put(app, 'later');
    await first.count(5);
  });
});

it('case 83: a token has so many connections, and one more when one of them ends', async () => {
  const app = await start({ limits: { socketsPerPrincipal: 2 } });
  await aProject(app);
  const token = await app.token('reader');
  const [first, second] = [await follow(app, CHANGES, {}, token), await follow(app, CHANGES, {}, token)];
  const third = await follow(app, CHANGES, {}, token);
  expect([first, second, third].map(({ closed }) => closed.code)).toEqual([null, null, 1013]);
  expect((await follow(app, CHANGES, {})).closed.code).toBe(null);
  await first.stop();
  await until(async () => (await follow(app, CHANGES, {}, token)).closed.code === null);
});
