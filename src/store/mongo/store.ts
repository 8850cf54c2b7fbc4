import type { MongoClient } from 'mongodb';
import { unavailable } from '../../kernel/errors.ts';
import { type Log, silentLog } from '../../kernel/log.ts';
import { checkCommit } from '../check.ts';
import { type Quotas, USUAL_QUOTAS } from '../kept.ts';
import { createListeners } from '../listeners.ts';
import type { Mac, Made, NewCommit, OpenedStore, Store } from '../port.ts';
import { watchLog } from '../watch.ts';
import { type Collections, collectionsOf } from './collections.ts';
import { createCommitter } from './committer.ts';
import { connect } from './connect.ts';
import { createCounters } from './counters.ts';
import { mapped } from './errors.ts';
import { createFeed } from './feed.ts';
import { createReads } from './reads.ts';
import { PATIENCE, type Patience, retrying } from './retry.ts';
import { createRootKeeper } from './root.ts';
import { ensureSchema } from './schema.ts';

export interface MongoOptions {
  readonly url: string;
  readonly database: string;
  readonly mac: Mac;
  /** How much may be kept; as much as is usual unless given. */
  readonly quotas?: Quotas;
  readonly log?: Log;
  /** Called once a transaction that is begun; for those who count them. */
  readonly onAttempt?: () => void;
  /** How long to try while the database is between primaries. */
  readonly patience?: Patience;
  /** Most commits in one transaction. */
  readonly batchSize?: number;
}

const BATCH = 64;
const WATCH_PAGE = 256;

/** The store in MongoDB. UNAVAILABLE when it is not there, is no replica set, or another version of Keyloom wrote it. */
export async function openMongoStore(options: MongoOptions): Promise<OpenedStore> {
  const patience = options.patience ?? PATIENCE;
  const client = await connect(options.url);
  try {
    const db = client.db(options.database);
    await retrying(() => ensureSchema(db), patience);
    return { ...createMongoStore(client, collectionsOf(db), { ...options, patience }), counters: createCounters(db) };
  } catch (error) {
    await client.close();
    throw mapped(error);
  }
}

interface Settings extends MongoOptions {
  readonly patience: Patience;
}

function createMongoStore(client: MongoClient, collections: Collections, settings: Settings): Store {
  const { mac, quotas = USUAL_QUOTAS, patience, log = silentLog, onAttempt = () => {}, batchSize = BATCH } = settings;
  const reads = createReads(collections, patience);
  const listeners = createListeners();
  const committer = createCommitter({ client, collections, mac, quotas, log, patience, onAttempt, batchSize });
  const feed = createFeed({ commits: collections.commits, wake: listeners.wake, wakeAll: listeners.wakeAll, log });
  const root = createRootKeeper({ client, collections, mac, log, patience });
  let closing: Promise<void> | null = null;
  const whileOpen = <Args extends readonly unknown[], T>(call: (...args: Args) => Promise<T>) => {
    return async (...args: Args): Promise<T> => {
      if (closing) throw unavailable('The store is closed');
      return call(...args);
    };
  };
  const commitsAfter = whileOpen(reads.commitsAfter);

  async function close(): Promise<void> {
    await committer.idle();
    await root.close();
    listeners.wakeAll();
    await feed.close();
    await client.close();
  }

  return {
    isEmpty: whileOpen(reads.isEmpty),
    head: whileOpen(reads.head),
    newest: whileOpen(reads.newest),
    lineage: whileOpen(async (scope) => {
      const lineage = await reads.lineage(scope);
      root.saw(lineage);
      return lineage;
    }),
    get: whileOpen(reads.get),
    getMany: whileOpen(reads.getMany),
    list: whileOpen(reads.list),
    revisions: whileOpen(reads.revisions),
    holds: whileOpen(reads.holds),
    commitsAfter,
    commit: whileOpen(async (request: NewCommit, made?: (made: Made) => void) => {
      checkCommit(request);
      const commit = await committer.commit(request, made);
      root.moved(request.team);
      listeners.wake(request.team);
      return commit;
    }),
    watch(team, seq, signal) {
      const subscribe = (wake: () => void): (() => void) => {
        if (!closing) feed.start();
        return listeners.subscribe(team, wake);
      };
      return watchLog({ read: (after) => commitsAfter(team, after, WATCH_PAGE), subscribe }, seq, signal);
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}
