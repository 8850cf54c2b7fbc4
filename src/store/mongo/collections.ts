import type { Collection, Db } from 'mongodb';
import type { Kind } from '../port.ts';
import type { CommitRecord, DocRecord, HeadRecord, MetaRecord, NodeRecord, SumRecord } from './records.ts';
import { ensureKind } from './schema.ts';

/** Handles of the collections, typed. */
export interface Collections {
  readonly docs: (kind: Kind) => Collection<DocRecord>;
  /** Makes the collections of these kinds that are not there yet. */
  readonly ensure: (kinds: Iterable<Kind>) => Promise<void>;
  /** Names of all that are there. */
  readonly names: () => Promise<readonly string[]>;
  readonly revisions: Collection<DocRecord>;
  readonly commits: Collection<CommitRecord>;
  readonly heads: Collection<HeadRecord | NodeRecord>;
  readonly sums: Collection<SumRecord>;
  readonly meta: Collection<MetaRecord>;
}

export function collectionsOf(db: Db): Collections {
  const ensured = new Set<Kind>();
  return {
    async ensure(kinds) {
      for (const kind of kinds) {
        if (!ensured.has(kind)) await ensureKind(db, kind);
        ensured.add(kind);
      }
    },
    names: async () => (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name),
    docs: (kind) => db.collection<DocRecord>(kind),
    revisions: db.collection<DocRecord>('revisions'),
    commits: db.collection<CommitRecord>('commits'),
    heads: db.collection<HeadRecord | NodeRecord>('heads'),
    sums: db.collection<SumRecord>('sums'),
    meta: db.collection<MetaRecord>('meta'),
  };
}

/** Of every write: all of it is read at one moment, and acknowledged by most of the servers. */
export const TRANSACTION = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority' },
  readPreference: 'primary',
  maxCommitTimeMS: 10_000,
} as const;
