import type { Collection, Db } from 'mongodb';
import type { Kind } from '../port.ts';
import type { CommitRecord, DocRecord, HeadRecord, MetaRecord } from './records.ts';

/** Handles of the collections, typed. */
export interface Collections {
  readonly docs: (kind: Kind) => Collection<DocRecord>;
  readonly revisions: Collection<DocRecord>;
  readonly commits: Collection<CommitRecord>;
  readonly heads: Collection<HeadRecord>;
  readonly meta: Collection<MetaRecord>;
}

export function collectionsOf(db: Db): Collections {
  return {
    docs: (kind) => db.collection<DocRecord>(kind),
    revisions: db.collection<DocRecord>('revisions'),
    commits: db.collection<CommitRecord>('commits'),
    heads: db.collection<HeadRecord>('heads'),
    meta: db.collection<MetaRecord>('meta'),
  };
}
