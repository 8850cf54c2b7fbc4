/**
 * Commits side by side: one writer and 32 on the embedded store with its syncs, attempts a commit on MongoDB with commits
 * that share transactions and with one each. Run on demand: `npx tsx test/bench/commits.bench.ts`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { openEmbeddedStore } from '../../src/store/embedded/open.ts';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import type { Store } from '../../src/store/port.ts';
import { aCommit, aPut, testMac } from '../support/a-commit.ts';
import { aDatabase, openTestMongo } from '../support/mongodb.ts';

const WRITERS = 32;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Commits a second of so many writers, each waiting for its own acknowledgement. */
async function rate(stores: readonly Store[], writers: number, each: number, name: string): Promise<number> {
  const began = performance.now();
  const writer = async (w: number): Promise<void> => {
    const store = stores[w % stores.length];
    for (let i = 0; store && i < each; i += 1) {
      await store.commit(aCommit([aPut(['bench', 'p', `${name}-${w}-${i}`])], { team: 'bench' }));
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, w) => writer(w)));
  return (writers * each * 1000) / (performance.now() - began);
}

async function embedded(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'keyloom-bench-'));
  const store = await openEmbeddedStore({ dir, mac: testMac });
  await rate([store], WRITERS, 20, 'warm');
  const one = await rate([store], 1, 400, 'one');
  const many = await rate([store], WRITERS, 100, 'many');
  say(`embedded, synced: ${WRITERS} writers make ${(many / one).toFixed(1)} times the commits of one (aim: 5)`);
  await store.close();
  rmSync(dir, { recursive: true, force: true });
}

/** Attempts a commit of 32 writers spread over so many stores, which share nothing but the database. */
async function attempts(url: string, processes: number): Promise<number> {
  let count = 0;
  const onAttempt = (): void => {
    count += 1;
  };
  const database = aDatabase();
  const opening = Array.from({ length: processes }, () => openMongoStore({ url, database, mac: testMac, onAttempt }));
  const stores = await Promise.all(opening);
  await rate(stores, WRITERS, 4, 'bench');
  await Promise.all(stores.map((store) => store.close()));
  const client = new MongoClient(url);
  await client.db(database).dropDatabase();
  await client.close();
  return count / (WRITERS * 4);
}

async function mongo(): Promise<void> {
  const server = await openTestMongo();
  if (!server) return;
  say(`mongodb (${server.kind}): ${(await attempts(server.url, 1)).toFixed(2)} attempts a commit (aim: at most 1.1)`);
  say(`  naive, a transaction for each commit at once: ${(await attempts(server.url, WRITERS)).toFixed(2)}`);
  await server.stop();
}

await embedded();
await mongo();
