import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import { type Listener, listen, until } from '../support/listening.ts';
import { aGroup, aProject, done, operation } from '../support/makers.ts';
import { aDatabase } from '../support/mongodb.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { CHANGES } from '../support/stream-queries.ts';

const url = inject('mongodbUrl') ?? '';

// Two gateways on one database share nothing in memory.
describe.skipIf(url === '')('streams of several gateways on one MongoDB', () => {
  const database = aDatabase();
  const start = (): Promise<TestApp> => startApp({ open: ({ mac }) => openMongoStore({ url, database, mac }) });
  let left: TestApp;
  let right: TestApp;
  let owner: string;
  const listeners: Listener[] = [];
  const follow = async (app: TestApp, variables: Record<string, unknown> = {}, retries = 0) => {
    const listener = await listen(app.url, owner, CHANGES, { variables, retries });
    listeners.push(listener);
    return listener;
  };
  const seqsOf = ({ events }: Listener) => events.map(({ seq }) => seq);

  beforeAll(async () => {
    left = await start();
    owner = left.owner;
    await aProject(left);
    right = await start();
  });
  afterAll(async () => {
    await Promise.all(listeners.map((listener) => listener.stop()));
    await left.close();
    await right.close();
    const raw = new MongoClient(url);
    await raw.db(database).dropDatabase();
    await raw.close();
  });
  const set = (app: TestApp, id: string, value: number) =>
    done(
      app,
      operation('setSecretGroupVariable', 'secretGroup { id }'),
      { id, name: 'N', value: String(value) },
      owner,
    );

  it('a commit through one reaches the subscribers of the other: each once, in order, also after a restart', async () => {
    const { id } = await aGroup(left);
    const [atLeft, atRight] = [await follow(left), await follow(right)];
    const writer = async (app: TestApp, from: number): Promise<void> => {
      for (let i = 0; i < 5; i += 1) await set(app, id, from + i);
    };
    await Promise.all([writer(left, 100), writer(right, 200)]);
    await Promise.all([atLeft.count(10), atRight.count(10)]);
    const [first = 0] = seqsOf(atLeft);
    expect(seqsOf(atLeft)).toEqual(Array.from({ length: 10 }, (_, i) => first + i));
    expect(atRight.events).toEqual(atLeft.events);

    await right.close();
    await until(() => atRight.closed.code !== null);
    await writer(left, 300);
    right = await start();
    const back = await follow(right, { after: atRight.events[9].cursor });
    await writer(left, 400);
    await back.count(10);
    expect(seqsOf(back)).toEqual(Array.from({ length: 10 }, (_, i) => first + 10 + i));

    // The one through which the commits came, while those who listen elsewhere stay.
    await left.close();
    await writer(right, 500);
    left = await start();
    await writer(left, 600);
    await back.count(20);
    expect(seqsOf(back)).toEqual(Array.from({ length: 20 }, (_, i) => first + 10 + i));
    expect(back.closed.code).toBe(null);
    const last = await follow(left, { after: atRight.events[9].cursor });
    await last.count(20);
    expect(last.events).toEqual(back.events);
  });

  it('a token that is revoked at one is closed at the other', async () => {
    const input = { name: 'elsewhere', kind: 'MACHINE', role: 'reader' };
    const made = await done(left, operation('createToken', 'token { id } text'), input, owner);
    const listener = await listen(right.url, made.text, CHANGES);
    listeners.push(listener);
    await done(left, operation('revokeToken', 'token { id }'), { id: made.token.id }, owner);
    await until(() => listener.closed.code !== null);
    expect(listener.closed.code).toBe(4403);
  });
});
