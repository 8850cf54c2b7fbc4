import { createHmac, randomUUID } from 'node:crypto';
import { leafOf, numberedTag } from '../../src/store/chain.ts';
import type { Key, Kind, Mac, NewCommit, Write } from '../../src/store/port.ts';

/** A keyed MAC for stores under test. */
export const testMac: Mac = (bytes) => createHmac('sha256', 'a key for tests').update(bytes).digest();

type Put = Extract<Write, { op: 'put' }>;

/** 32 bytes that depend on all of `facts`. */
export const aTag = (...facts: readonly (string | number)[]): Uint8Array =>
  new Uint8Array(createHmac('sha256', 'tags for tests').update(facts.join('\0')).digest());

/** What a store keeps of a write's tag, once its commit has its number. */
export const keptTag = (tag: Uint8Array, seq: number): Uint8Array => numberedTag(testMac, tag, seq);

/** What its set adds up of a document that a commit wrote. */
export const keptLeaf = (tag: Uint8Array, seq: number, since = 1): Uint8Array =>
  leafOf(testMac, { tag: keptTag(tag, seq), since });

/** A put of the revision after `expected` (null: a creation). */
export function aPut(key: Key, expected: number | null = null, over: Partial<Put> = {}): Put {
  const kind: Kind = over.kind ?? 'secretGroup';
  return {
    op: 'put',
    kind,
    key,
    expected,
    deleted: false,
    fields: { name: key.at(-1) ?? '' },
    body: Buffer.from(`body of ${key.join('/')} ${expected ?? 0}`),
    tag: aTag(kind, ...key, (expected ?? 0) + 1),
    ...over,
  };
}

/** A commit of these writes under an id of its own. */
export function aCommit(writes: readonly Write[], over: Partial<NewCommit> = {}): NewCommit {
  return {
    id: randomUUID(),
    team: 'acme',
    at: '2026-01-02T03:04:05.678Z',
    actor: 'user/ada',
    operation: 'secretGroup.put',
    writes,
    ...over,
  };
}
