import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import { type Counting, counting } from '../support/counting.ts';
import { type Listener, listen, until } from '../support/listening.ts';
import { aProject, done, operation, PUT_SERVICE } from '../support/makers.ts';
import { type AppOptions, startApp, type TestApp } from '../support/start-app.ts';
import { CHANGES, ENVIRONMENT_CHANGED } from '../support/stream-queries.ts';
import { freshApp } from '../support/whole-state.ts';

let app: TestApp;
let counted: Counting;
const listeners: Listener[] = [];
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
  await app.close();
});

async function start(options: AppOptions = {}): Promise<void> {
  app = await startApp({
    ...options,
    limits: { socketsPerPrincipal: 1_000, socketsPerDependent: 1_000, ...options.limits },
    open: ({ mac }) => {
      counted = counting(openMemoryStore({ mac }));
      return counted.port;
    },
  });
  await aProject(app);
}
const follow = async (query: string, variables: Record<string, unknown> = {}, token = app.owner) => {
  const listener = await listen(app.url, token, query, { variables });
  listeners.push(listener);
  return listener;
};
const put = (id: string, over: object = {}) =>
  done(app, PUT_SERVICE, { project: 'default-project', id, name: 'Some Service', ...over });

describe('the cost of an event', () => {
  /**
   * Store calls between a commit and its last delivery: the fewest of some commits. A delivery that had to wait for a busy
   * machine looks at the head of the store once more, however many are told. `ofOthers`: events of another service's commit.
   */
  async function callsFor(many: number, query: string, variables: object, ofOthers: number): Promise<object> {
    await put('watched', { tags: [] });
    const tokens = await Promise.all([0, 1, 2].map(() => app.token('reader')));
    for (let i = 0; i < many; i += 1) await follow(query, { ...variables }, tokens[i % 3]);
    // What is read for the first time only is read.
    await put('watched', { variables: [{ name: 'A', value: '1' }] });
    await Promise.all(listeners.map((listener) => listener.count(1)));
    const plain = await callsOf(() => put('unwatched', { variables: [{ name: 'A', value: '1' }] }));
    const before = 1 + ofOthers;
    await Promise.all(listeners.map((listener) => listener.count(before)));
    await followed();
    expect(plain).not.toEqual({});
    const rounds: Record<string, number>[] = [];
    for (let round = 1; round <= 4; round += 1) {
      const watched = await callsOf(async () => {
        await put('watched', { variables: [{ name: 'A', value: `${before + round}` }] });
        await Promise.all(listeners.map((listener) => listener.count(before + round)));
      });
      rounds.push(watched);
      await followed();
    }
    const names = new Set(rounds.flatMap((round) => Object.keys(round)));
    return Object.fromEntries([...names].map((name) => [name, Math.min(...rounds.map((round) => round[name] ?? 0))]));
  }
  /** Resolves when what followed the last commit is done: nothing calls the store any more. */
  async function followed(): Promise<void> {
    let before = '';
    for (let now = JSON.stringify(counted.calls); now !== before; now = JSON.stringify(counted.calls)) {
      before = now;
      await sleep(100);
    }
  }
  async function callsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
    counted.reset();
    await work();
    return { ...counted.calls };
  }

  it.each([
    ['changes', CHANGES, { kinds: ['SERVICE'], project: 'default-project' }, 1],
    ['environmentChanged', ENVIRONMENT_CHANGED, { service: 'watched' }, 0],
  ])('%s: store calls do not grow with the listeners', async (_name, query, variables, ofOthers) => {
    await start();
    const few = await callsFor(3, query, variables, ofOthers);
    await app.close();
    await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
    await start();
    const many = await callsFor(24, query, variables, ofOthers);
    expect(many).toEqual(few);
  });
});

describe('many who come again at once', () => {
  it('read what they missed once for all of them', async () => {
    await start();
    const first = await follow(CHANGES, { kinds: ['SERVICE'] });
    await put('begin');
    const [{ cursor }] = await first.count(1);
    await first.stop();
    for (let i = 0; i < 30; i += 1) await put(`s${i % 7}`, { variables: [{ name: 'N', value: String(i) }] });
    // As after a restart: nobody has followed the log here.
    const again = await freshApp(counted.port, app.owner);
    counted.reset();
    const resumed = [];
    for (let i = 0; i < 12; i += 1) {
      resumed.push(await listen(again.url, app.owner, CHANGES, { variables: { kinds: ['SERVICE'], after: cursor } }));
    }
    for (const listener of resumed) expect((await listener.count(30)).length).toBe(30);
    // One for what was missed, one to follow the log from here on.
    expect(counted.calls.commitsAfter).toBe(2);
    await Promise.all(resumed.map((listener) => listener.stop()));
    await again.close();
  });
});

describe('listeners that do not read', () => {
  it('case 150: are told to come again, and others get all', async () => {
    await start({ limits: { outgoingEvents: 20, outgoingBytes: 65_536 } });
    const ENTIRE = `subscription { environmentChanged(project: "default-project", workload: { kind: SERVICE, id: "large" }) {
      ... on EnvironmentEvent { cursor seq environment { variables { name value } } } } }`;
    await put('large', { tags: [] });
    const good = await follow(ENTIRE);
    const stalled = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    let code: number | null = null;
    let received = 0;
    stalled.on('close', (closed) => {
      code = closed;
    });
    stalled.on('message', () => {
      received += 1;
      if (received === 1) stalled.send(JSON.stringify({ id: 'a', type: 'subscribe', payload: { query: ENTIRE } }));
      if (received === 2) stalled.pause();
    });
    stalled.on('open', () =>
      stalled.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${app.owner}` } })),
    );
    await until(async () => {
      await put('large', { variables: [{ name: 'A', value: `${Math.random()}` }] });
      return received === 2;
    });
    const before = good.events.length;
    // More than the system keeps for a connection by itself.
    const many = 150;
    for (let i = 0; i < many; i += 1) {
      await put('large', { variables: [{ name: 'A', value: `${i}${'x'.repeat(60_000)}` }] });
      await good.count(before + 1 + i);
    }
    stalled.resume();
    await until(() => code !== null);
    expect([4413, 1006]).toContain(code);
    expect(received).toBeLessThan(before + many);
    expect(good.closed.code).toBe(null);
    expect(good.events.length).toBeGreaterThanOrEqual(before + many);
  });
});

describe('storms', () => {
  it('case 165: a listener that began long ago gets every change of the log, once and in order', async () => {
    await start();
    const first = await follow(CHANGES, { kinds: ['SERVICE'] });
    await put('begin');
    const [{ cursor, seq }] = await first.count(1);
    for (let i = 0; i < 100; i += 1) await put(`s${i % 7}`, { variables: [{ name: 'N', value: String(i) }] });
    const late = await follow(CHANGES, { kinds: ['SERVICE'], after: cursor });
    await late.count(100);
    expect(late.events.map((event) => event.seq)).toEqual(Array.from({ length: 100 }, (_, i) => seq + 1 + i));
    await first.count(101);
    expect(first.events.slice(1)).toEqual(late.events);
  });

  it('case 165: of what a workload gets, each event is right and the last is the latest', async () => {
    await start();
    await put('stormy', { tags: [] });
    const listener = await follow(ENVIRONMENT_CHANGED, { service: 'stormy' });
    const group = await done(app, operation('createSecretGroup', 'secretGroup { id }'), {
      project: 'default-project',
      name: 'Storm',
      secretType: 'ENVIRONMENT',
      priority: 1,
    });
    const { id } = group.secretGroup;
    const set = operation('setSecretGroupVariable', 'secretGroup { id }');
    const storm = Array.from({ length: 100 }, (_, i) => done(app, set, { id, name: 'N', value: String(i) }));
    const results = await Promise.all(storm);
    const newest = Math.max(...results.map(({ commit }) => commit.seq));
    await until(() => listener.events.at(-1)?.seq === newest);
    const seqs = listener.events.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    for (const { seq, digest, environment } of listener.events) expect(environment).toMatchObject({ seq, digest });
  });
});
