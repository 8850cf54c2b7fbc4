import { Binary } from 'mongodb';
import { integrity } from '../../kernel/errors.ts';
import { keyOfText, keyText, ordinal } from '../keys.ts';
import type { Commit, Doc, Head, Key, Kind, Seq, SetHead, TeamId } from '../port.ts';
import { asCount, asDigest, asFields, asFlag, asKey, asKind, asList, asMembers, asText } from '../shape.ts';

/** Records as MongoDB has them. What people wrote is only ever a value here, never a name. */
export interface DocRecord {
  readonly _id: string;
  readonly revision: number;
  readonly seq: number;
  readonly deleted: boolean;
  /** JSON text: any name and any nesting, none of it looked at by the database. */
  readonly fields: string;
  readonly body: Binary;
  readonly tag: Binary;
  readonly since: number;
  readonly leaf: Binary;
  /** The last commit that only checked this document: makes two such transactions meet. */
  readonly guard?: string;
}

export interface CommitRecord {
  readonly _id: string;
  readonly id: string;
  readonly team: string;
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly operation: string;
  readonly touched: readonly { readonly kind: string; readonly key: readonly string[]; readonly revision: number }[];
  readonly cut: readonly { readonly kind: string; readonly key: readonly string[]; readonly since: number }[];
  readonly mac: Binary;
}

export interface HeadRecord {
  readonly _id: string;
  readonly seq: number;
  readonly chain: Binary;
  readonly start: { readonly seq: number; readonly mac: Binary };
  readonly below: { readonly digest: Binary; readonly count: number };
  readonly sets: readonly {
    readonly kind: string;
    readonly sum: Binary;
    readonly count: number;
    readonly seq: number;
  }[];
  readonly bytes: number;
  readonly mac: Binary;
}

/** A node of the tree of heads below one, kept among the heads so that one read answers both. */
export interface NodeRecord {
  readonly _id: string;
  readonly node: Binary;
}

/** What a set adds up to. */
export interface SumRecord {
  readonly _id: string;
  readonly state: Binary;
}

/** A number by name: the format's version. */
export interface MetaRecord {
  readonly _id: string;
  readonly value: number;
}

export const FORMAT_ID = 'format';
/** An empty part keeps the nodes of longer scopes apart. */
export const nodeId = (scope: Key, path: string): string => `${keyText(scope)}\0${path}\0`;
export const sumId = (scope: Key, kind: Kind): string => `${keyText(scope)}\0${kind}\0`;
export const commitId = (team: TeamId, seq: Seq): string => `${keyText([team])}${ordinal(seq)}`;
/** An empty part keeps the revisions of longer keys apart. */
export const revisionsOf = (kind: Kind, key: Key): string => `${kind}\0${keyText(key)}\0`;
export const revisionId = (kind: Kind, key: Key, revision: number): string =>
  `${revisionsOf(kind, key)}${ordinal(revision)}`;

/** Past every ordinal. */
export const AFTER_DIGITS = ':';

const bytesOf = (value: unknown): Uint8Array => {
  if (!(value instanceof Binary)) throw new TypeError('not bytes');
  return Uint8Array.from(value.value());
};

function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw integrity(`${what} is not of its shape`, cause);
  }
}

export function docRecord(id: string, doc: Doc): DocRecord {
  const { revision, seq, since, deleted, fields, body, tag, leaf } = doc;
  return {
    _id: id,
    revision,
    seq,
    deleted,
    fields: JSON.stringify(fields),
    body: new Binary(body),
    tag: new Binary(tag),
    since,
    leaf: new Binary(leaf),
  };
}

export function docOf(kind: Kind, key: Key, record: unknown): Doc {
  return reading(`a document of kind ${kind}`, () => {
    const { revision, seq, since, deleted, fields, body, tag, leaf } = asMembers(record);
    return {
      kind,
      key,
      revision: asCount(revision),
      seq: asCount(seq),
      deleted: asFlag(deleted),
      fields: asFields(JSON.parse(asText(fields))),
      body: bytesOf(body),
      tag: asDigest(bytesOf(tag)),
      since: asCount(since),
      leaf: asDigest(bytesOf(leaf)),
    };
  });
}

/** A document whose key is its id. */
export function listedDoc(kind: Kind, record: DocRecord): Doc {
  const key = keyOfText(String(record._id));
  if (!key) throw integrity(`a document of kind ${kind} has no proper key`);
  return docOf(kind, key, record);
}

export function commitRecord({ mac, touched, cut, ...facts }: Commit): CommitRecord {
  return {
    _id: commitId(facts.team, facts.seq),
    ...facts,
    touched: touched.map((t) => ({ ...t })),
    cut: cut.map((c) => ({ ...c })),
    mac: new Binary(mac),
  };
}

export function commitOf(record: unknown): Commit {
  return reading('a commit', () => {
    const { id, team, seq, at, actor, operation, touched, cut, mac } = asMembers(record);
    return {
      id: asText(id),
      team: asText(team),
      seq: asCount(seq),
      at: asText(at),
      actor: asText(actor),
      operation: asText(operation),
      touched: asList(touched).map((item) => {
        const { kind, key, revision } = asMembers(item);
        return { kind: asKind(kind), key: asKey(key), revision: asCount(revision) };
      }),
      cut: asList(cut).map((item) => {
        const { kind, key, since } = asMembers(item);
        return { kind: asKind(kind), key: asKey(key), since: asCount(since) };
      }),
      mac: asDigest(bytesOf(mac)),
    };
  });
}

export function headRecord({ scope, seq, chain, start, below, sets, bytes, mac }: Head): HeadRecord {
  const counted = [...sets].map(([kind, set]) => ({ kind, sum: new Binary(set.sum), count: set.count, seq: set.seq }));
  return {
    _id: keyText(scope),
    seq,
    chain: new Binary(chain),
    start: { seq: start.seq, mac: new Binary(start.mac) },
    below: { digest: new Binary(below.digest), count: below.count },
    sets: counted,
    bytes,
    mac: new Binary(mac),
  };
}

export function headOf(record: unknown): Head {
  return reading('a head', () => {
    const { _id, seq, chain, start, below, sets, bytes, mac } = asMembers(record);
    const [from, tree] = [asMembers(start), asMembers(below)];
    const counted = asList(sets).map((item): readonly [Kind, SetHead] => {
      const set = asMembers(item);
      const { kind, sum, count } = set;
      return [asKind(kind), { sum: asDigest(bytesOf(sum)), count: asCount(count), seq: asCount(set.seq) }];
    });
    return {
      scope: asKey(keyOfText(asText(_id))),
      seq: asCount(seq),
      chain: bytesOf(chain),
      start: { seq: asCount(from.seq), mac: asDigest(bytesOf(from.mac)) },
      below: { digest: asDigest(bytesOf(tree.digest)), count: asCount(tree.count) },
      sets: new Map(counted),
      bytes: asCount(bytes),
      mac: asDigest(bytesOf(mac)),
    };
  });
}

export const nodeOf = (record: unknown): Uint8Array =>
  reading('a node of heads', () => bytesOf(asMembers(record).node));

export const stateOf = (record: unknown): Uint8Array =>
  reading('what a set adds up to', () => bytesOf(asMembers(record).state));
