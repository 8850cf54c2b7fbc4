import { beforeEach, describe, expect, it } from 'vitest';
import { verifyHead } from '../../../src/store/chain.ts';
import type { Engine } from '../../../src/store/embedded/engine.ts';
import { openMemoryEngine } from '../../../src/store/embedded/memory-engine.ts';
import { docAt, headAt, stateAt } from '../../../src/store/embedded/places.ts';
import { decodeHead, encodeHead } from '../../../src/store/embedded/records.ts';
import { createEmbeddedStore } from '../../../src/store/embedded/store.ts';
import { createHeads, type ReadHead } from '../../../src/store/heads.ts';
import type { Key, Mac, Made, OpenedStore } from '../../../src/store/port.ts';
import { aCommit, aPut, testMac } from '../../support/a-commit.ts';

/** What a commit computes, and that nothing is believed which the engine does not hold. */

const SCOPE: Key = ['acme', 'shop'];
const KEY: Key = [...SCOPE, 'group'];

let engine: Engine;
let store: OpenedStore;
let heads: ReadHead;
/** MACs computed. */
let macs: number;
/** Of the document. */
let revision: number;

beforeEach(async () => {
  engine = openMemoryEngine();
  macs = 0;
  revision = 0;
  const counted: Mac = (bytes) => {
    macs += 1;
    return testMac(bytes);
  };
  store = createEmbeddedStore(engine, counted);
  heads = createHeads({ store, mac: () => counted });
  await replaced();
  await heads(SCOPE);
});

async function replaced(made?: (made: Made) => void): Promise<void> {
  await store.commit(aCommit([aPut(KEY, revision || null, { body: Uint8Array.of(revision) })]), made);
  revision += 1;
}

describe('a commit', () => {
  it('computes six MACs, and reading its heads none', async () => {
    await replaced();
    await heads(SCOPE);
    macs = 0;
    await replaced();
    // The revision, its leaf, the commit, and three heads.
    expect(macs).toBe(6);
    const head = await heads(SCOPE);
    expect([macs, head?.seq]).toEqual([6, 3]);
  });

  it.each([1, 32])('computes no more when %i of them share a write', async (writers) => {
    const put = (i: number, expected: number | null) => store.commit(aCommit([aPut([...SCOPE, `of-${i}`], expected)]));
    const all = (expected: number | null) => Promise.all(Array.from({ length: writers }, (_, i) => put(i, expected)));
    await all(null);
    macs = 0;
    await all(1);
    expect(macs).toBe(6 * writers);
  });

  it('tells what it wrote, which is what can be read', async () => {
    const told: Made[] = [];
    await replaced((made) => told.push(made));
    const [made] = told;
    expect(told).toHaveLength(1);
    expect(made?.heads.map(({ scope }) => scope.join('/'))).toEqual(['acme/shop', 'acme', '~root']);
    for (const head of made?.heads ?? []) expect(await store.head(head.scope)).toEqual(head);
    expect(made?.steps.map((step) => (step.op === 'put' ? step.doc : null))).toEqual([
      await store.get('secretGroup', KEY),
    ]);
    expect(made?.states.map(({ before }) => before?.seq)).toEqual([1]);
  });

  it('tells nothing when it is refused, or was made before', async () => {
    const told: Made[] = [];
    const again = aCommit([aPut(KEY, 1)]);
    const first = await store.commit(again);
    expect(await store.commit(again, (made) => told.push(made))).toEqual(first);
    await expect(store.commit(aCommit([aPut(KEY, 1)]), (made) => told.push(made))).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(told).toEqual([]);
  });

  const places = { head: headAt(SCOPE), document: docAt('secretGroup', KEY), sum: stateAt(SCOPE, 'secretGroup') };
  it.each(Object.entries(places))('is refused upon a %s that was edited since the last one', async (_, place) => {
    await replaced();
    const value = engine.get(place) ?? new Uint8Array();
    await engine.apply([[place, Uint8Array.from(value, (byte, i) => (i === value.length - 1 ? byte ^ 1 : byte))]]);
    await expect(replaced()).rejects.toMatchObject({ code: 'INTEGRITY' });
    // And goes on once it is what it was.
    await engine.apply([[place, value]]);
    await replaced();
    expect((await store.get('secretGroup', KEY))?.revision).toBe(revision);
  });

  it('verifies a head that says what another one says under its MAC', async () => {
    const place = headAt(SCOPE);
    const head = decodeHead(place, engine.get(place) ?? new Uint8Array());
    await heads(SCOPE);
    await engine.apply([[place, encodeHead(place, { ...head, bytes: head.bytes + 1 })]]);
    await expect(heads(SCOPE)).rejects.toMatchObject({ code: 'INTEGRITY' });
    verifyHead(testMac, head);
    expect(() => verifyHead(testMac, { ...head, bytes: 0 })).toThrow(/head of acme/);
    expect(() => verifyHead((bytes) => testMac(Buffer.concat([bytes, Buffer.of(0)])), head)).toThrow(/head of acme/);
  });
});
