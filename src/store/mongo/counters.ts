import { randomUUID } from 'node:crypto';
import type { Collection, Db } from 'mongodb';
import type { Counters } from '../../kernel/counters.ts';

/** What one process counted. A field's name is no place for what people name. */
interface CountRecord {
  readonly _id: string;
  readonly at: Date;
  readonly counts: readonly { readonly name: string; readonly count: number }[];
}

/** Processes that ended leave their counts behind for so long. */
const KEPT_SECONDS = 600;
const MAX_PROCESSES = 1_000;

/** One small document a process, which the next one replaces. Losing it loses a second of counting, so nothing waits for a majority. */
export function createCounters(db: Db): Counters {
  const collection: Collection<CountRecord> = db.collection('counters', { writeConcern: { w: 1 } });
  const _id = randomUUID();
  let indexed: Promise<unknown> | null = null;
  return {
    async exchange(own) {
      indexed ??= collection.createIndex({ at: 1 }, { expireAfterSeconds: KEPT_SECONDS });
      await indexed;
      const counts = [...own].map(([name, count]) => ({ name, count }));
      await collection.replaceOne({ _id }, { at: new Date(), counts }, { upsert: true });
      const others = await collection
        .find({ _id: { $ne: _id } })
        .limit(MAX_PROCESSES)
        .toArray();
      return new Map(others.map((other) => [other._id, new Map(other.counts.map(({ name, count }) => [name, count]))]));
    },
  };
}
