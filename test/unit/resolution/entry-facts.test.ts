import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EntryFacts, hashOfFacts, PackedEntries } from '../../../src/modules/resolution/entry-facts.ts';

const facts: fc.Arbitrary<EntryFacts> = fc.record({
  type: fc.constantFrom('secret' as const, 'config' as const),
  own: fc.constantFrom('secret' as const, 'config' as const),
  draws: fc.nat(7),
  content: fc.string().map((text) => hashOfFacts([text])),
  written: fc.constantFrom('direct 1', 'direct 2', 'group 7', 'group 7 3'),
});
const entries = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), facts), {
  selector: ([name]) => name,
  maxLength: 20,
});

describe('entries, packed', () => {
  it('are what went in', () => {
    fc.assert(
      fc.property(entries, (given) => {
        expect([...new PackedEntries(given)]).toEqual(given);
      }),
    );
  });

  it('are the same when nothing differs, and only then', () => {
    fc.assert(
      fc.property(entries, entries, (a, b) => {
        expect(new PackedEntries(a).isSame(new PackedEntries(a.map(([name, each]) => [name, { ...each }])))).toBe(true);
        expect(new PackedEntries(a).isSame(new PackedEntries(b))).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  it('tell each difference of one entry', () => {
    const one: EntryFacts = {
      type: 'secret',
      own: 'config',
      draws: 1,
      content: hashOfFacts(['x', null]),
      written: 'direct 1',
    };
    const others: readonly EntryFacts[] = [
      { ...one, type: 'config' },
      { ...one, own: 'secret' },
      { ...one, draws: 5 },
      { ...one, content: hashOfFacts(['y', null]) },
      { ...one, written: 'direct 2' },
    ];
    const packed = new PackedEntries([['A', one]]);
    for (const other of others) expect(packed.isSame(new PackedEntries([['A', other]]))).toBe(false);
    expect(packed.isSame(new PackedEntries([['B', one]]))).toBe(false);
  });

  it('take some fifty bytes each, however long their values are', () => {
    const many = Array.from({ length: 50 }, (_, i): readonly [string, EntryFacts] => [
      `NAME_${i}`,
      {
        type: 'secret',
        own: 'secret',
        draws: 0,
        content: hashOfFacts(['x'.repeat(1_000 * i)]),
        written: `group ${i % 10}`,
      },
    ]);
    expect(new PackedEntries(many).bytes).toBeLessThan(50 * 56);
  });

  it('hash long and short texts alike, and no two the same', () => {
    const texts = ['', 'a', 'b', 'x'.repeat(990), 'x'.repeat(5_000), 'x'.repeat(5_001)];
    const hashes = texts.map((text) => hashOfFacts([text]));
    expect(new Set(hashes).size).toBe(texts.length);
    expect(texts.map((text) => hashOfFacts([text]))).toEqual(hashes);
    expect(hashes.every((hash) => hash.length === 32)).toBe(true);
  });
});
