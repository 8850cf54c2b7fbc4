import { expect, it } from 'vitest';
import WebSocket from 'ws';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import type { Store } from '../../src/store/port.ts';
import { type Listener, listen, until } from '../support/listening.ts';
import { aProject, done, PUT_SERVICE } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { CHANGES } from '../support/stream-queries.ts';

/** Small crowds, and what must hold for any: how fast it is for large ones is for the benches to say. */

const CROWD = { socketsPerPrincipal: 1_000, socketsPerDependent: 1_000 };
const put = (app: TestApp, token: string, value: string) =>
  done(
    app,
    PUT_SERVICE,
    { project: 'default-project', id: 'crowded', name: 'Some Service', variables: [{ name: 'A', value }] },
    token,
  );
const many = <T>(count: number, make: (i: number) => Promise<T>): Promise<readonly T[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => make(i)));

it('case 159: all who come back at once after a restart get what they missed, each once and in order', async () => {
  let store: Store | null = null;
  const first = await startApp({
    limits: CROWD,
    open: ({ mac }) => {
      const opened = openMemoryStore({ mac });
      // It outlives its first gateway.
      store = { ...opened, close: async () => {} };
      return store;
    },
  });
  const { owner } = first;
  await aProject(first);
  const follow = (app: TestApp, after?: string): Promise<Listener> =>
    listen(app.url, owner, CHANGES, { variables: { kinds: ['SERVICE'], ...(after === undefined ? {} : { after }) } });
  const before = await many(100, () => follow(first));
  for (let i = 0; i < 5; i += 1) await put(first, owner, `early ${i}`);
  await Promise.all(before.map((listener) => listener.count(5)));
  await first.close();
  await Promise.all(before.map(({ closed }) => until(() => closed.code === 1001)));
  const second = await startApp({ limits: CROWD, open: () => store as unknown as Store });
  try {
    const missed = put(second, owner, 'missed');
    // Each was somewhere else when it broke off.
    const [again] = await Promise.all([
      many(before.length, (i) => follow(second, before[i]?.events[i % 5].cursor)),
      missed.then(() => put(second, owner, 'meanwhile')),
    ]);
    const { commit } = await put(second, owner, 'last');
    await Promise.all(again.map(({ events }) => until(() => events.at(-1)?.seq === commit.seq)));
    const all = [...(before[0]?.events ?? []).map(({ seq }) => seq), commit.seq - 2, commit.seq - 1, commit.seq];
    again.forEach(({ events }, i) => {
      expect(events.map(({ seq }) => seq)).toEqual(all.slice((i % 5) + 1));
    });
    await Promise.all([...before, ...again].map((listener) => listener.stop()));
  } finally {
    await second.close();
  }
});

it('case 151: of as many who do not read as who do, these get all, those are told to come again', async () => {
  const app = await startApp({ limits: { ...CROWD, outgoingEvents: 20, outgoingBytes: 65_536 } });
  const stalled: { readonly ws: WebSocket; closed: boolean }[] = [];
  try {
    await aProject(app);
    await put(app, app.owner, '');
    const query = `subscription { environmentChanged(project: "default-project", workload: { kind: SERVICE, id: "crowded" }) {
      ... on EnvironmentEvent { cursor seq environment { variables { name value } } } } }`;
    const good = await many(4, () => listen(app.url, app.owner, query));
    await many(4, async () => {
      const ws = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      const each = { ws, closed: false };
      stalled.push(each);
      ws.on('error', () => {});
      ws.on('close', () => {
        each.closed = true;
      });
      ws.on('open', () => {
        const payload = { authorization: `Bearer ${app.owner}` };
        ws.send(JSON.stringify({ type: 'connection_init', payload }));
      });
      await new Promise<void>((resolve) => ws.once('message', () => resolve()));
      ws.send(JSON.stringify({ id: 'a', type: 'subscribe', payload: { query } }));
      ws.send(JSON.stringify({ id: 'b', type: 'subscribe', payload: { query: '{ __typename }' } }));
      await new Promise<void>((resolve) => ws.once('message', () => resolve()));
      ws.pause();
    });
    const events = 150;
    for (let i = 1; i <= events; i += 1) {
      await put(app, app.owner, `${i}${'x'.repeat(60_000)}`);
      await Promise.all(good.map((listener) => listener.count(i)));
    }
    const [first] = good;
    for (const listener of good) {
      expect(listener.events.map(({ seq }) => seq)).toEqual(first?.events.map(({ seq }) => seq));
    }
    for (const { ws } of stalled) ws.resume();
    await until(() => stalled.every(({ closed }) => closed));
    expect(good.map(({ closed }) => closed.code)).toEqual(good.map(() => null));
    await Promise.all(good.map((listener) => listener.stop()));
  } finally {
    for (const { ws } of stalled) ws.terminate();
    await app.close();
  }
}, 120_000);
