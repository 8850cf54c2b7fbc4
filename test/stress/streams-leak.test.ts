import { request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import type { Store } from '../../src/store/port.ts';
import { listen, until } from '../support/listening.ts';
import { aProject, done, PUT_SERVICE } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { CHANGES } from '../support/stream-queries.ts';
import { type Random, randomOf } from '../support/stream-random.ts';

const CYCLES = Number(process.env.KEYLOOM_LEAK_CYCLES ?? 2_000);
const ROUNDS = 3;
/** Fewer than one token may hold by default: places that are not given back would run out at once. */
const AT_ONCE = 15;
/** More of the heap a cycle than this is something that was kept: a kept subscriber is several times as large. */
const MAX_BYTES = 1_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let app: TestApp;
let following = 0;
afterEach(() => app.close());

/** Counts those who follow the log at the moment. */
const watched = (store: Store): Store => ({
  ...store,
  async *watch(...args) {
    following += 1;
    try {
      yield* store.watch(...args);
    } finally {
      following -= 1;
    }
  },
});

const INIT = (token: string) =>
  JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
const SUBSCRIBE = JSON.stringify({ id: 'a', type: 'subscribe', payload: { query: CHANGES } });
const ECHO = JSON.stringify({ id: 'b', type: 'subscribe', payload: { query: '{ __typename }' } });
const COMPLETE = JSON.stringify({ id: 'a', type: 'complete' });

/** Connects, perhaps subscribes, and goes: with a word or without, early or late. */
function overSocket(random: Random): Promise<string> {
  const ws = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const leave = random.pick(['at once', 'acknowledged', 'subscribed', 'listening', 'completed', 'politely']);
  return new Promise((over) => {
    ws.on('error', () => {});
    ws.on('close', (code) => over(code === 1006 || code === 1000 || code === 1005 ? 'left' : `close ${code}`));
    ws.on('open', () => {
      ws.send(INIT(app.owner));
      if (leave === 'at once') ws.terminate();
    });
    ws.on('message', (data: Buffer) => {
      const { type, id } = JSON.parse(data.toString());
      if (type === 'connection_ack') {
        if (leave === 'acknowledged') return ws.terminate();
        ws.send(SUBSCRIBE);
        if (leave === 'subscribed') return ws.terminate();
        ws.send(ECHO);
      }
      if (type === 'complete' && id === 'b') {
        if (leave === 'listening') return ws.terminate();
        if (leave === 'completed') ws.send(COMPLETE);
        ws.close(1000);
      }
    });
  });
}

function overEvents(random: Random): Promise<string> {
  const headers = {
    authorization: `Bearer ${app.owner}`,
    'content-type': 'application/json',
    accept: 'text/event-stream',
  };
  const early = random.chance(0.3);
  return new Promise((over) => {
    const sent = request(`${app.url}/graphql`, { method: 'POST', headers, agent: false }, (response) => {
      if (response.statusCode !== 200) over(`status ${response.statusCode}`);
      response.on('error', () => {});
      response.once('data', () => sent.destroy());
    });
    sent.on('error', () => {});
    sent.on('close', () => over('left'));
    sent.end(JSON.stringify({ query: CHANGES }));
    if (early) setTimeout(() => sent.destroy(), random.between(0, 10));
  });
}

/** So many connections come and go. Answers how they ended. */
async function cycles(count: number, random: Random): Promise<ReadonlySet<string>> {
  const endings = new Set<string>();
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      endings.add(await (random.chance(0.3) ? overEvents(random) : overSocket(random)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return endings;
}

const handles = (): readonly string[] => process.getActiveResourcesInfo().sort();

/** What is there now and was not before. A connection that was kept open for later use may have gone meanwhile. */
function added(before: readonly string[]): readonly string[] {
  const left = [...before];
  return handles().filter((each) => {
    const at = left.indexOf(each);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** What the heap holds when nobody is about to be forgotten. */
async function heldBytes(): Promise<number> {
  await until(() => following === 0, 'the log left alone');
  for (let i = 0; i < 3; i += 1) {
    collect();
    await new Promise((next) => setImmediate(next));
  }
  return process.memoryUsage().heapUsed;
}

describe('what comes and goes', () => {
  it(`cases 161, 162: ${CYCLES} connections leave nothing behind: places, handles, listeners, memory`, async () => {
    const warnings: string[] = [];
    const warned = ({ name }: Error): number => warnings.push(name);
    process.on('warning', warned);
    const random = randomOf(1);
    app = await startApp({ limits: { ratePoints: 0 }, open: ({ mac }) => watched(openMemoryStore({ mac })) });
    await aProject(app);
    const put = (name: string) => done(app, PUT_SERVICE, { project: 'default-project', id: 'it', name });

    const stays = await listen(app.url, app.owner, CHANGES);
    await put('first');
    expect(await cycles(CYCLES / 4, random)).toEqual(new Set(['left']));
    await put('second');
    expect((await stays.count(2)).map(({ changes }) => changes[0].revision)).toEqual([1, 2]);
    expect(following).toBe(1);
    await stays.stop();

    await heldBytes();
    const quiet = handles();
    const grown: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = await heldBytes();
      expect(await cycles(CYCLES, random)).toEqual(new Set(['left']));
      await until(() => added(quiet).length === 0, `no more handles than before (${quiet.join()})`);
      grown.push((await heldBytes()) - before);
    }
    // Caches fill and code is compiled at some time; what is kept of each connection grows in every round.
    expect(Math.min(...grown) / CYCLES).toBeLessThan(MAX_BYTES);
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });
});
