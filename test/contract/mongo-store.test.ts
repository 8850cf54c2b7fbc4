import { Binary, MongoClient } from 'mongodb';
import { afterAll, describe, inject, it } from 'vitest';
import type { Quotas } from '../../src/store/kept.ts';
import { keyText } from '../../src/store/keys.ts';
import { commitId, commitOf, headOf, headRecord, nodeId, nodeOf } from '../../src/store/mongo/records.ts';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import { type Key, ROOT } from '../../src/store/port.ts';
import { testMac } from '../support/a-commit.ts';
import { aDatabase } from '../support/mongodb.ts';
import { rootSettled } from '../support/root-settled.ts';
import { trimmed } from '../support/trimmed-log.ts';
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
      const teams = (await heads.find().toArray())
        .map(({ _id }) => _id.split('\0'))
        .filter(({ length }) => length === 2);
      await rootSettled(
        store,
        teams.map(([name = '']) => name).filter((name) => name !== ROOT[0]),
      );
      const last = commitOf(await commits.findOne({ _id: commitId(team, first - 1) }));
      const all = new Map((await heads.find().toArray()).map((each) => [each._id, each]));
      const head = (scope: Key) => headOf(all.get(keyText(scope)));
      const next = trimmed(head([team]), head(ROOT), last, (path) => {
        const found = all.get(nodeId(ROOT, path));
        return found ? nodeOf(found) : null;
      });
      for (const each of next.heads.map(headRecord)) await heads.replaceOne({ _id: each._id }, each as never);
      for (const { path, bytes } of next.nodes) {
        await heads.updateOne({ _id: nodeId(ROOT, path) }, { $set: { node: new Binary(bytes) } });
      }
      await commits.deleteMany({ _id: { $gte: commitId(team, 0), $lt: commitId(team, first) } });
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
