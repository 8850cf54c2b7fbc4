import { Binary, MongoClient } from 'mongodb';
import { afterAll, describe, inject, it } from 'vitest';
import type { Quotas } from '../../src/store/kept.ts';
import { keyText } from '../../src/store/keys.ts';
import { commitId, firstKeptId } from '../../src/store/mongo/records.ts';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import { testMac } from '../support/a-commit.ts';
import { aDatabase } from '../support/mongodb.ts';
import { storeContract } from './store.contract.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const url = inject('mongodbUrl');

interface Named {
  readonly _id: string;
}

async function open(raw: MongoClient, at: string, quotas?: Quotas): Promise<StoreUnderTest> {
  const database = aDatabase();
  const store = await openMongoStore({ url: at, database, mac: testMac, ...(quotas ? { quotas } : {}) });
  const db = raw.db(database);
  const heads = db.collection<Named & { readonly mac: Binary }>('heads');
  const commits = db.collection<Named>('commits');
  return {
    store,
    async forget(team, first) {
      await commits.deleteMany({ _id: { $gte: commitId(team, 0), $lt: commitId(team, first) } });
      await db.collection<Named>('meta').insertOne({ _id: firstKeptId(team), value: first } as Named);
    },
    damageLog: async (team, seq) => void (await commits.deleteOne({ _id: commitId(team, seq) })),
    async forgeHead(scope) {
      const mac = Uint8Array.from((await heads.findOne({ _id: keyText(scope) }))?.mac.value() ?? []);
      mac[0] = (mac[0] ?? 0) ^ 1;
      await heads.updateOne({ _id: keyText(scope) }, { $set: { mac: new Binary(mac) } });
    },
    eraseHead: async (scope) => void (await heads.deleteOne({ _id: keyText(scope) })),
    async dispose() {
      await store.close();
      await db.dropDatabase();
    },
  };
}

if (url === null) describe.skip('mongodb store', () => it('needs a MongoDB', () => {}));
else {
  const raw = new MongoClient(url);
  afterAll(() => raw.close());
  storeContract('mongodb', (quotas) => open(raw, url, quotas), { updates: 1000, clients: 20 });
}
