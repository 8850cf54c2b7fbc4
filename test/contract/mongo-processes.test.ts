import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { FIRST_CHAIN, verifyCommits, verifyHead } from '../../src/store/chain.ts';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import type { Store } from '../../src/store/port.ts';
import { aCommit, aPut, testMac } from '../support/a-commit.ts';
import { aDatabase } from '../support/mongodb.ts';
import { codeOf, take, wholeLog } from './store-under-test.ts';

const url = inject('mongodbUrl') ?? '';

// Two stores on one database share nothing in memory, as two gateway processes do.
describe.skipIf(url === '')('mongodb store, many processes', () => {
  const database = aDatabase();
  const stores: Store[] = [];
  let attempts = 0;
  let raw: MongoClient;
  const at = (i: number): Store => {
    const store = stores[i];
    if (!store) throw new Error('not opened');
    return store;
  };

  beforeAll(async () => {
    raw = new MongoClient(url);
    const onAttempt = () => {
      attempts += 1;
    };
    const opening = [0, 1, 2].map(() => openMongoStore({ url, database, mac: testMac, onAttempt }));
    stores.push(...(await Promise.all(opening)));
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await raw.db(database).dropDatabase();
    await raw.close();
  });

  it('32 writers of one process take at most 1.1 attempts a commit', async () => {
    attempts = 0;
    const writer = async (w: number): Promise<void> => {
      for (let i = 0; i < 5; i += 1) await at(0).commit(aCommit([aPut(['calm', 'p', `${w}-${i}`])], { team: 'calm' }));
    };
    await Promise.all(Array.from({ length: 32 }, (_, w) => writer(w)));
    expect(await wholeLog(at(0), 'calm')).toHaveLength(160);
    expect(attempts / 160).toBeLessThanOrEqual(1.1);
  });

  it('writers of three processes: gap-free, chained, each commit once', async () => {
    const writer = async (w: number): Promise<void> => {
      for (let i = 0; i < 6; i += 1) {
        await at(w % 3).commit(aCommit([aPut(['crowd', 'p', `${w}-${i}`])], { team: 'crowd' }));
      }
    };
    await Promise.all(Array.from({ length: 12 }, (_, w) => writer(w)));
    const log = await wholeLog(at(1), 'crowd');
    expect(log.map(({ seq }) => seq)).toEqual(Array.from({ length: 72 }, (_, i) => i + 1));
    verifyCommits(testMac, FIRST_CHAIN, log);
    const head = await at(2).head(['crowd', 'p']);
    expect(head?.sets.get('secretGroup')?.count).toBe(72);
    if (head) verifyHead(testMac, head);
  });

  it('one key created by three processes at once: one wins, the others meet CONFLICT', async () => {
    const rivals = [0, 1, 2].map((i) => codeOf(at(i).commit(aCommit([aPut(['slug', 'p', 'one'])], { team: 'slug' }))));
    expect((await Promise.all(rivals)).sort()).toEqual(['CONFLICT', 'CONFLICT', 'none']);
  });

  it('one key outside any team, created for two teams at once: one wins', async () => {
    const rivals = ['left', 'right'].map((team, i) =>
      codeOf(at(i).commit(aCommit([aPut(['hash-of-a-token'], null, { kind: 'tokenIndex' })], { team }))),
    );
    expect((await Promise.all(rivals)).sort()).toEqual(['CONFLICT', 'none']);
  });

  it("a check of another team's document holds until the commit is done: of two that rest on each other one wins", async () => {
    const kek = ['instance', 'kek'];
    const doc = ['left', 'p', 'doc'];
    await at(0).commit(aCommit([aPut(kek, null, { kind: 'kek' })], { team: 'instance' }));
    await at(0).commit(aCommit([aPut(doc)], { team: 'left' }));
    const revisions = async () => [
      (await at(2).get('kek', kek))?.revision ?? 0,
      (await at(2).get('secretGroup', doc))?.revision ?? 0,
    ];
    for (let round = 0; round < 10; round += 1) {
      const [kekNow = 0, docNow = 0] = await revisions();
      const onKek = { op: 'check', kind: 'kek', key: kek, expected: kekNow } as const;
      const onDoc = { op: 'check', kind: 'secretGroup', key: doc, expected: docNow } as const;
      const rivals = await Promise.all([
        codeOf(at(0).commit(aCommit([onKek, aPut(doc, docNow)], { team: 'left' }))),
        codeOf(at(1).commit(aCommit([onDoc, aPut(kek, kekNow, { kind: 'kek' })], { team: 'instance' }))),
      ]);
      expect(rivals.sort()).toEqual(['CONFLICT', 'none']);
    }
  });

  it('a watch sees what other processes commit, in order, no gap, no duplicate', async () => {
    const controller = new AbortController();
    const watchers = stores.map((store) => store.watch('seen', 0, controller.signal)[Symbol.asyncIterator]());
    const seen = Promise.all(watchers.map((watching) => take(watching, 30)));
    for (let i = 0; i < 10; i += 1) {
      await Promise.all(stores.map((store) => store.commit(aCommit([], { team: 'seen' }))));
    }
    for (const commits of await seen)
      expect(commits.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    controller.abort();
  });
});
