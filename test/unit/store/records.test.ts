import { describe, expect, it } from 'vitest';
import { openMemoryEngine } from '../../../src/store/embedded/memory-engine.ts';
import { docAt } from '../../../src/store/embedded/places.ts';
import { decodeDoc, encodeDoc } from '../../../src/store/embedded/records.ts';
import { createEmbeddedStore } from '../../../src/store/embedded/store.ts';
import type { Doc } from '../../../src/store/port.ts';
import { aCommit, aPut, aTag, testMac } from '../../support/a-commit.ts';

const key = ['acme', 'p', 'a'];
const place = docAt('secretGroup', key);
const doc: Doc = {
  kind: 'secretGroup',
  key,
  revision: 3,
  seq: 7,
  deleted: true,
  fields: { a: 'b' },
  body: new Uint8Array([1, 2, 3]),
  tag: aTag('x'),
  since: 2,
  leaf: aTag('y'),
};

const codeAt = (at: Uint8Array, value: Uint8Array): string => {
  try {
    decodeDoc(at, value);
    return 'read';
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
};

describe('case 136: damaged records', () => {
  const value = encodeDoc(place, doc);

  it('a whole one comes back as it was', () => expect(decodeDoc(place, value)).toEqual(doc));

  it('any one bit flipped: INTEGRITY', () => {
    for (let bit = 0; bit < value.length * 8; bit += 1) {
      const flipped = Uint8Array.from(value, (byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(codeAt(place, flipped)).toBe('INTEGRITY');
    }
  });

  it("cut at any length, longer, empty, or another document's: INTEGRITY", () => {
    for (let length = 0; length < value.length; length += 1) {
      expect(codeAt(place, value.slice(0, length))).toBe('INTEGRITY');
    }
    expect(codeAt(place, Buffer.concat([value, Buffer.alloc(1)]))).toBe('INTEGRITY');
    expect(codeAt(docAt('secretGroup', ['acme', 'p', 'b']), value)).toBe('INTEGRITY');
  });

  it('through the store: INTEGRITY from every read, and others go on', async () => {
    const engine = openMemoryEngine();
    const store = createEmbeddedStore(engine, testMac);
    await store.commit(aCommit([aPut(key), aPut(['acme', 'p', 'b'])]));
    await engine.apply([[place, Buffer.from('garbage')]]);
    const reads = [
      store.get('secretGroup', key),
      store.getMany('secretGroup', [key]),
      store.list('secretGroup', ['acme'], { limit: 5 }),
      store.revisions('secretGroup', key, { limit: 5 }),
      store.commit(aCommit([aPut(key, 1)])),
    ];
    for (const read of reads) await expect(read).rejects.toMatchObject({ code: 'INTEGRITY' });
    expect((await store.get('secretGroup', ['acme', 'p', 'b']))?.revision).toBe(1);
    expect((await store.commit(aCommit([aPut(['acme', 'p', 'c'])]))).seq).toBe(2);
  });
});
