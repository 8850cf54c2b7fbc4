import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createRound } from '../../src/http/rate-exchange.ts';
import { createRates } from '../../src/http/rates.ts';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import type { OpenedStore } from '../../src/store/port.ts';
import { testMac } from '../support/a-commit.ts';
import { aDatabase } from '../support/mongodb.ts';

const url = inject('mongodbUrl') ?? '';

describe.skipIf(url === '')('counts of several processes on one database', () => {
  const database = aDatabase();
  const stores: OpenedStore[] = [];
  let raw: MongoClient;
  beforeAll(async () => {
    raw = new MongoClient(url);
    stores.push(...(await Promise.all([0, 1].map(() => openMongoStore({ url, database, mac: testMac })))));
  });
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await raw.db(database).dropDatabase();
    await raw.close();
  });

  it('case 92: a token that goes from one process to the other has one bucket, a round later', async () => {
    const token = { id: 'a.b$c', team: 'acme', kind: 'user' };
    const both = stores.map(({ counters }) => {
      if (!counters) throw new Error('this store has a place for counts');
      const rates = createRates({ ratePoints: 100, ratePointsDependent: 0 });
      return { rates, round: createRound(rates, counters) };
    });
    const turn = async (points: number) => {
      for (const { rates } of both) await rates.take(token, points);
      for (const { round } of both) await round();
    };
    await turn(1);
    await turn(30);
    await turn(1);
    const left = both.map(({ rates }) => Number(rates.headers(token)?.['x-ratelimit-remaining']));
    // 64 were spent, of which the first round of each only told where the other stood.
    for (const each of left) expect(each).toBeLessThanOrEqual(100 - 62);
    // One small document a process, and nothing in the log of commits.
    expect(await raw.db(database).collection('counters').countDocuments()).toBe(2);
    expect(await raw.db(database).collection('commits').countDocuments()).toBe(0);
  });
});
