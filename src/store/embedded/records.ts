import { unavailable } from '../../kernel/errors.ts';
import { FORMAT, otherFormat } from '../format.ts';
import { keptBytes } from '../kept.ts';
import type { Commit, Doc, Head, Json, Kind, SetHead } from '../port.ts';
import { asBytes, asCount, asDigest, asFields, asFlag, asKey, asKind, asList, asMembers, asText } from '../shape.ts';
import { damaged, decodeFrame, encodeFrame, type Frame } from './frame.ts';
import { VERSION_AT } from './places.ts';

/** A value as read from under its key; INTEGRITY when it is not what it should be. */
function reading<T>(key: Uint8Array, value: Uint8Array, read: (frame: Frame) => T): T {
  const frame = decodeFrame(key, value);
  try {
    return read(frame);
  } catch (cause) {
    throw damaged(cause);
  }
}

function exactly(frame: Frame, parts: number): readonly Uint8Array[] {
  if (frame.parts.length !== parts) throw new RangeError('another number of parts');
  return frame.parts;
}

export function encodeDoc(key: Uint8Array, doc: Doc): Uint8Array {
  const { kind, revision, seq, since, deleted, fields, body, tag, leaf } = doc;
  const facts = { kind, key: doc.key, revision, seq, since, deleted, fields };
  return encodeFrame(key, { facts, parts: [body, tag, leaf] });
}

export function decodeDoc(key: Uint8Array, value: Uint8Array): Doc {
  return reading(key, value, (frame) => {
    const facts = asMembers(frame.facts);
    const [body, tag, leaf] = exactly(frame, 3);
    return {
      kind: asKind(facts.kind),
      key: asKey(facts.key),
      revision: asCount(facts.revision),
      seq: asCount(facts.seq),
      deleted: asFlag(facts.deleted),
      fields: asFields(facts.fields),
      body: asBytes(body),
      tag: asDigest(tag),
      since: asCount(facts.since),
      leaf: asDigest(leaf),
    };
  });
}

/** What a revision counts; one that cannot be read is erased all the same. */
export function keptBytesAt(key: Uint8Array, value: Uint8Array): number {
  try {
    return keptBytes(decodeDoc(key, value));
  } catch {
    return value.length;
  }
}

export function encodeCommit(key: Uint8Array, commit: Commit): Uint8Array {
  const { id, team, seq, at, actor, operation, mac } = commit;
  const touched = commit.touched.map((t): Json => [t.kind, t.key, t.revision]);
  const cut = commit.cut.map((c): Json => [c.kind, c.key, c.since]);
  return encodeFrame(key, { facts: { id, team, seq, at, actor, operation, touched, cut }, parts: [mac] });
}

export function decodeCommit(key: Uint8Array, value: Uint8Array): Commit {
  return reading(key, value, (frame) => {
    const facts = asMembers(frame.facts);
    const counted = (items: unknown) =>
      asList(items).map((item) => {
        const [kind, documentKey, count] = asList(item);
        return { kind: asKind(kind), key: asKey(documentKey), count: asCount(count) };
      });
    const text = (name: string): string => asText(facts[name]);
    const [mac] = exactly(frame, 1);
    return {
      id: text('id'),
      team: text('team'),
      seq: asCount(facts.seq),
      at: text('at'),
      actor: text('actor'),
      operation: text('operation'),
      touched: counted(facts.touched).map(({ count: revision, ...place }) => ({ ...place, revision })),
      cut: counted(facts.cut).map(({ count: since, ...place }) => ({ ...place, since })),
      mac: asDigest(mac),
    };
  });
}

export function encodeHead(key: Uint8Array, head: Head): Uint8Array {
  const sets = [...head.sets].map(([kind, { count, seq }]): Json => [kind, count, seq]);
  const sums = [...head.sets.values()].map(({ sum }) => sum);
  return encodeFrame(key, {
    facts: {
      scope: head.scope,
      seq: head.seq,
      start: head.start.seq,
      below: head.below.count,
      sets,
      bytes: head.bytes,
    },
    parts: [head.mac, head.chain, head.start.mac, head.below.digest, ...sums],
  });
}

export function decodeHead(key: Uint8Array, value: Uint8Array): Head {
  return reading(key, value, ({ facts, parts }) => {
    const { scope, seq, start, below, sets, bytes } = asMembers(facts);
    const [mac, chain, startMac, digest, ...sums] = parts;
    const counted = asList(sets).map((item, i): readonly [Kind, SetHead] => {
      const [kind, count, changed] = asList(item);
      return [asKind(kind), { sum: asDigest(sums[i]), count: asCount(count), seq: asCount(changed) }];
    });
    if (sums.length !== counted.length) throw new RangeError('another number of sums');
    return {
      scope: asKey(scope),
      seq: asCount(seq),
      chain: asBytes(chain),
      start: { seq: asCount(start), mac: asDigest(startMac) },
      sets: new Map(counted),
      below: { digest: asDigest(digest), count: asCount(below) },
      bytes: asCount(bytes),
      mac: asDigest(mac),
    };
  });
}

/** Bytes kept by themselves: a node of a tree of heads, what a set adds up to. */
export function encodeBytes(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return encodeFrame(key, { facts: null, parts: [bytes] });
}

export function decodeBytes(key: Uint8Array, value: Uint8Array): Uint8Array {
  return reading(key, value, (frame) => asBytes(exactly(frame, 1)[0]));
}

/** A number kept by itself: the format's version, the number of a commit id. */
export function encodeNumber(key: Uint8Array, number: number): Uint8Array {
  return encodeFrame(key, { facts: number, parts: [] });
}

export function decodeNumber(key: Uint8Array, value: Uint8Array): number {
  return reading(key, value, (frame) => {
    exactly(frame, 0);
    return asCount(frame.facts);
  });
}

/** `stored`: what stands at `VERSION_AT`. UNAVAILABLE unless it is the format that this version writes. */
export function checkFormat(stored: Uint8Array): void {
  const format = decodeNumber(VERSION_AT, stored);
  if (format !== FORMAT) throw unavailable(`The data directory has format ${format}, ${otherFormat}`);
}
