import { sameBytes } from '../store/chain.ts';
import type { Commit, Fields, Key, Kind, Seq, TeamId, Write } from '../store/port.ts';
import type { DocumentType, Stored } from './document.ts';
import { encodeBody } from './seal.ts';

/** A write as use cases say it: in plain fields and bodies. */
export type Change =
  | {
      readonly op: 'put';
      readonly kind: Kind;
      readonly key: Key;
      readonly expected: number | null;
      readonly fields: Fields;
      readonly body: Uint8Array;
      readonly deleted: boolean;
      /** Tag of the revision it replaces. */
      readonly replaces?: Uint8Array;
    }
  | Exclude<Write, { readonly op: 'put' }>
  | { readonly op: 'raw'; readonly write: Write };

/** What one commit is made of. */
export interface CommitRequest {
  readonly team: TeamId;
  readonly actor: string;
  readonly operation: string;
  readonly changes: readonly Change[];
}

export type CommitFacts = Pick<Commit, 'seq' | 'at' | 'actor' | 'operation'>;

/** Plain fields but for the time of the change, in one order. */
const timeless = (fields: Fields): string =>
  JSON.stringify(Object.entries({ ...fields, updatedAt: null }).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Makes changes of one kind of document. */
export function changesOf<F extends Fields, B>(type: DocumentType<F, B>) {
  const put = (key: Key, before: Stored<F, B> | null, fields: F, body: B, deleted = false): Change => ({
    op: 'put',
    kind: type.kind,
    key,
    expected: before?.revision ?? null,
    fields,
    body: encodeBody(type, body),
    deleted,
    ...(before ? { replaces: before.tag } : {}),
  });
  return {
    create: (key: Key, fields: F, body: B): Change => put(key, null, fields, body),
    replace: (before: Stored<F, B>, fields: F, body: B): Change => put(before.key, before, fields, body),
    /** Marks as deleted. The body stays, to be restored, unless another is given. */
    erase: (before: Stored<F, B>, fields: F, body = before.body()): Change =>
      put(before.key, before, fields, body, true),
    /**
     * Number of the commit that stands when nothing but the time would be another; null: it is a change. Only for what brings no
     * value: a commit that is missing would tell that a guess was right.
     */
    standing(before: Stored<F, B> | null, change: Change): Seq | null {
      if (!before || before.deleted || change.op !== 'put' || change.deleted) return null;
      const isSame = timeless(before.fields) === timeless(change.fields);
      return isSame && sameBytes(encodeBody(type, before.body()), change.body) ? before.seq : null;
    },
    /** The document must still be at the revision that the decision was made on. */
    unchanged: (before: Stored<F, B>): Change => ({
      op: 'check',
      kind: type.kind,
      key: before.key,
      expected: before.revision,
    }),
  };
}
