import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import { openStore } from '../../src/store/open.ts';
import { aCommit, aPut, testMac } from '../support/a-commit.ts';
import { withFailPoint } from '../support/mongo-faults.ts';
import { aDatabase, freePort, openTestMongo, SECANTUS } from '../support/mongodb.ts';
import { take } from './store-under-test.ts';

const url = inject('mongodbUrl') ?? '';
const open = (at: string, database = aDatabase()) => openMongoStore({ url: at, database, mac: testMac });
const PATIENT = { timeout: 30_000, interval: 20 };
const failure = (at: string): Promise<Error> =>
  open(at).then(
    () => new Error('it opened'),
    (error: Error) => error,
  );

describe('case 139: a connection string that asks for less than the store promises is refused', () => {
  it.each([
    ['w=1', /write concern/],
    ['w=0', /write concern/],
    ['w=2', /write concern/],
    ['w=someTag', /write concern/],
    ['journal=false', /journal/],
    ['readPreference=secondary', /secondaries/],
    ['readPreference=primaryPreferred', /secondaries/],
    ['readConcernLevel=local', /read concern/],
  ])('%s', async (option, words) => {
    const error = await failure(`mongodb://ada:hunter2@127.0.0.1:1/?${option}`);
    expect(error).toMatchObject({ code: 'UNAVAILABLE' });
    expect(error.message).toMatch(words);
    expect(`${error.message}${String(error.cause)}`).not.toMatch(/hunter2|127\.0\.0\.1/);
  });

  it('nonsense and a server that is not there: UNAVAILABLE, without quoting', async () => {
    for (const at of ['mongo//ada:hunter2@x', 'mongodb://ada:hunter2@127.0.0.1:1/?serverSelectionTimeoutMS=200']) {
      const error = await failure(at);
      expect(error).toMatchObject({ code: 'UNAVAILABLE' });
      expect(`${error.message}${String(error.cause)}`).not.toMatch(/hunter2|127\.0\.0\.1/);
    }
  });
});

describe.skipIf(url === '')('a MongoDB', () => {
  const raw = new MongoClient(url || 'mongodb://127.0.0.1:1');
  const databases: string[] = [];
  const fresh = (): string => {
    const database = aDatabase();
    databases.push(database);
    return database;
  };
  afterAll(async () => {
    for (const database of databases) await raw.db(database).dropDatabase();
    await raw.close();
  });

  it('case 135: written by a later version is refused, and nothing in it changes', async () => {
    const database = fresh();
    await (await open(url, database)).close();
    const meta = raw.db(database).collection<{ _id: string; value: number }>('meta');
    await meta.updateOne({ _id: 'format' }, { $set: { value: 99 } });
    await raw.db(database).collection('heads').drop();
    await expect(open(url, database)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/99/),
    });
    expect(await raw.db(database).listCollections({ name: 'heads' }).toArray()).toEqual([]);
  });

  it('every collection has a validator that refuses other shapes', async () => {
    const database = fresh();
    const store = await open(url, database);
    await store.commit(aCommit([aPut(['acme', 'p', 'a']), aPut(['acme', 'blue'], null, { kind: 'tag' })]));
    await store.close();
    const names = (await raw.db(database).listCollections().toArray()).map(({ name }) => name);
    expect(names.sort()).toEqual(['commits', 'heads', 'meta', 'revisions', 'secretGroup', 'sums', 'tag']);
    for (const name of names) {
      const refused = raw.db(database).collection(name).insertOne({ odd: 1 });
      await expect(refused, name).rejects.toMatchObject({ code: 121 });
    }
  });

  it('holds what was edited by hand for damaged', async () => {
    const database = fresh();
    const store = await openStore({ mongodbUrl: url, database, dir: '/nowhere', mac: testMac, log: silentLog });
    const key = ['acme', 'p', 'a'];
    await store.commit(aCommit([aPut(key)]));
    const docs = raw.db(database).collection('secretGroup');
    await docs.updateOne({}, { $set: { fields: '{"unfinished":' } }, { bypassDocumentValidation: true });
    for (const read of [
      () => store.get('secretGroup', key),
      () => store.getMany('secretGroup', [key]),
      () => store.list('secretGroup', [], { limit: 1 }),
    ]) {
      await expect(read()).rejects.toMatchObject({ code: 'INTEGRITY' });
    }
    await store.close();
  });
});

describe.skipIf(!url)('a MongoDB of its own', () => {
  // Fail points and renames concern everybody on a server, so it has one of its own.
  async function watched(
    harm: (world: { raw: MongoClient; database: string; lost: () => Promise<void> }) => Promise<void>,
  ) {
    const server = await openTestMongo({ given: false });
    if (server === null) throw new Error('It was there a moment ago');
    const database = aDatabase();
    const raw = await new MongoClient(server.url).connect();
    const warned: string[] = [];
    const log = { ...silentLog, warn: (message: string) => void warned.push(message) };
    const store = await openMongoStore({ url: server.url, database, mac: testMac, log });
    const other = await open(server.url, database);
    const watching = store.watch('acme', 0, new AbortController().signal)[Symbol.asyncIterator]();
    await other.commit(aCommit([]));
    await take(watching, 1);
    await harm({ raw, database, lost: () => expect.poll(() => warned, PATIENT).toContain('store_feed_lost') });
    const next = take(watching, 3);
    for (let i = 0; i < 3; i += 1) await other.commit(aCommit([]));
    expect((await next).map(({ seq }) => seq)).toEqual([2, 3, 4]);
    await Promise.all([store.close(), other.close(), raw.close()]);
    await server.stop();
  }
  const historyLost = {
    name: 'ChangeStreamHistoryLost',
    errorCode: 286,
    errorLabels: ['NonResumableChangeStreamError'],
  };

  it('case 140: a watch outlives the history of its change stream', () =>
    watched(({ raw, lost }) => withFailPoint(raw, historyLost, ['getMore'], { times: 1 }, lost)));

  it('case 140: a watch outlives an invalidated change stream', () =>
    watched(async ({ raw, database, lost }) => {
      await raw.db(database).collection('commits').rename('commits_away');
      await lost();
      // The next stream is open by then: a server may not bear a rename while one opens.
      await sleep(1_000);
      await raw.db(database).collection('commits_away').rename('commits');
    }));
});

describe.skipIf(!existsSync(SECANTUS))('a standalone server', () => {
  it('is refused with words that say what to do', async () => {
    const port = await freePort();
    const args = ['--host', '127.0.0.1', '--port', String(port), '--storage-path', ':memory:', '--standalone'];
    const child = spawn(SECANTUS, args, { stdio: 'ignore' });
    try {
      await expect(open(`mongodb://127.0.0.1:${port}/?serverSelectionTimeoutMS=15000`)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringMatching(/replica set/),
      });
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
});
