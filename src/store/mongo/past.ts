import type { ClientSession, Collection } from 'mongodb';
import { keptBytes, keptBytesOf } from '../kept.ts';
import { keyText } from '../keys.ts';
import type { Key, Kind, NewCommit, Step, Write } from '../port.ts';
import * as record from './records.ts';

/** What replaced revisions count, of documents of which a batch erases some. */
export interface Past {
  /** Of those below this one; null: of all. */
  readonly bytes: (kind: Kind, key: Key, below: number | null) => number;
  /** As it is after this step. */
  readonly move: (step: Step) => void;
}

type Eraser = Extract<Write, { readonly op: 'purge' | 'remove' }>;
type Sizes = Map<number, number>;

const nameOf = (kind: Kind, key: Key): string => `${kind}\0${keyText(key)}`;
const isEraser = (write: Write): write is Eraser => write.op === 'purge' || write.op === 'remove';

/** The size of a value of this type; of another, which nobody of us wrote, none. */
const sized = (field: string, type: string, size: string) => ({
  $cond: [{ $eq: [{ $type: field }, type] }, { [size]: field }, 0],
});
const SIZES = {
  revision: 1,
  fields: sized('$fields', 'string', '$strLenBytes'),
  body: sized('$body', 'binData', '$binarySize'),
};

/** Reads the sizes of what the batch erases, and of nothing else. */
export async function loadPast(
  revisions: Collection<record.DocRecord>,
  session: ClientSession,
  batch: readonly NewCommit[],
): Promise<Past> {
  const kept = new Map<string, Sizes>();
  for (const { writes } of batch) {
    for (const write of writes.filter(isEraser)) {
      const { kind, key } = write;
      const first = record.revisionsOf(kind, key);
      const sizes: Sizes = kept.get(nameOf(kind, key)) ?? new Map();
      const end = write.op === 'purge' ? record.revisionId(kind, key, write.before) : first + record.AFTER_DIGITS;
      const ids = { $gte: first, $lt: end };
      for await (const found of revisions.aggregate([{ $match: { _id: ids } }, { $project: SIZES }], { session })) {
        sizes.set(Number(found.revision), keptBytesOf(key, Number(found.fields), Number(found.body)));
      }
      kept.set(nameOf(kind, key), sizes);
    }
  }

  const below = (kind: Kind, key: Key, before: number | null) =>
    [...(kept.get(nameOf(kind, key)) ?? [])].filter(([revision]) => before === null || revision < before);

  return {
    bytes: (kind, key, before) => below(kind, key, before).reduce((sum, [, bytes]) => sum + bytes, 0),
    move(step) {
      if (step.op === 'put') {
        const { doc, replaced } = step;
        if (replaced) kept.get(nameOf(doc.kind, doc.key))?.set(replaced.revision, keptBytes(replaced));
        return;
      }
      const { kind, key } = step.op === 'purge' ? step.doc : step;
      const gone = below(kind, key, step.op === 'purge' ? step.doc.since : null);
      for (const [revision] of gone) kept.get(nameOf(kind, key))?.delete(revision);
    },
  };
}
