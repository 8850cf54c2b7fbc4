import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { BSON, type Document, MongoClient } from 'mongodb';
import { silentLog } from '../../src/kernel/log.ts';
import { openEmbeddedStore } from '../../src/store/embedded/open.ts';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import { aDatabase } from './mongodb.ts';
import type { AppOptions } from './start-app.ts';

/** Stores as every format had them, in `test/golden`: files of the embedded one, and dumps of MongoDB. */

const FOLDER = join(import.meta.dirname, '../golden');
export const STORES = ['embedded', 'mongodb'] as const;
export type GoldenStore = (typeof STORES)[number];

/** What was asked when it was made, and the answers. */
export interface GoldenAnswers {
  readonly owner: string;
  readonly answers: readonly (readonly [query: string, data: unknown])[];
  readonly kinds: Readonly<Record<string, readonly [number, number]>>;
}

const folderOf = (format: number): string => join(FOLDER, `format-${format}`);
const zipped = (path: string, bytes: Uint8Array | string): void => writeFileSync(path, gzipSync(bytes, { level: 9 }));
const unzipped = (path: string): Buffer => gunzipSync(readFileSync(path));

export const goldenFormats = (): readonly number[] =>
  existsSync(FOLDER)
    ? readdirSync(FOLDER)
        .flatMap((name) => /^format-(\d+)$/.exec(name)?.[1] ?? [])
        .map(Number)
    : [];

export function writeAnswers(format: number, store: GoldenStore, answers: GoldenAnswers): void {
  mkdirSync(folderOf(format), { recursive: true });
  zipped(join(folderOf(format), `${store}-answers.json.gz`), JSON.stringify(answers));
}
export const readAnswers = (format: number, store: GoldenStore): GoldenAnswers =>
  JSON.parse(unzipped(join(folderOf(format), `${store}-answers.json.gz`)).toString('utf8')) as GoldenAnswers;

/** Where a store is made, or opened, and how it is kept and put there. */
export interface GoldenPlace {
  readonly open: NonNullable<AppOptions['open']>;
  /** Once it is closed. */
  readonly keep: (format: number) => Promise<void>;
  readonly putThere: (format: number) => Promise<void>;
  readonly dispose: () => Promise<void>;
}

function embeddedPlace(): GoldenPlace {
  const dir = mkdtempSync(join(tmpdir(), 'keyloom-golden-'));
  const file = join(dir, 'store.mdb');
  const kept = (format: number): string => join(folderOf(format), 'embedded.mdb.gz');
  return {
    open: ({ mac }) => openEmbeddedStore({ dir, mac, log: silentLog }),
    async keep(format) {
      mkdirSync(folderOf(format), { recursive: true });
      zipped(kept(format), readFileSync(file));
    },
    putThere: async (format) => writeFileSync(file, unzipped(kept(format)), { mode: 0o600 }),
    dispose: async () => rmSync(dir, { recursive: true, force: true }),
  };
}

function mongoPlace(url: string): GoldenPlace {
  const client = new MongoClient(url);
  const database = aDatabase();
  const db = client.db(database);
  const kept = (format: number): string => join(folderOf(format), 'mongodb.jsonl.gz');
  return {
    open: ({ mac }) => openMongoStore({ url, database, mac }),
    async keep(format) {
      const lines: string[] = [];
      const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
      for (const name of names.filter((each) => each !== 'counters').sort()) {
        for (const document of await db.collection(name).find().sort({ _id: 1 }).toArray()) {
          lines.push(JSON.stringify([name, BSON.EJSON.serialize(document, { relaxed: false })]));
        }
      }
      mkdirSync(folderOf(format), { recursive: true });
      zipped(kept(format), lines.join('\n'));
    },
    async putThere(format) {
      const byName = new Map<string, Document[]>();
      for (const line of unzipped(kept(format)).toString('utf8').split('\n')) {
        const [name, document] = JSON.parse(line) as [string, Document];
        byName.set(name, [...(byName.get(name) ?? []), BSON.EJSON.deserialize(document, { relaxed: false })]);
      }
      for (const [name, documents] of byName) await db.collection(name).insertMany(documents);
    },
    async dispose() {
      await db.dropDatabase();
      await client.close();
    },
  };
}

export const goldenPlace = (store: GoldenStore, mongodbUrl: string): GoldenPlace =>
  store === 'embedded' ? embeddedPlace() : mongoPlace(mongodbUrl);
