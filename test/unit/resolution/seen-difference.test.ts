import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffMaps } from '../../../src/domain/diff.ts';
import { byCodePoint } from '../../../src/kernel/ids.ts';
import {
  type Entries,
  type EntryFacts,
  hashOfFacts,
  LaidEntries,
  PackedEntries,
} from '../../../src/modules/resolution/entry-facts.ts';
import { seenDifference } from '../../../src/modules/resolution/seen-difference.ts';
import type { Sight } from '../../../src/modules/resolution/sight.ts';

const facts: fc.Arbitrary<EntryFacts> = fc.record({
  type: fc.constantFrom('secret' as const, 'config' as const),
  own: fc.constantFrom('secret' as const, 'config' as const),
  draws: fc.constant(0),
  content: fc.constantFrom('x', 'y').map((text) => hashOfFacts([text])),
  written: fc.constantFrom('group 1', 'group 2'),
});
const packed = fc
  .uniqueArray(fc.tuple(fc.constantFrom('A', 'B', 'C', 'a', 'b'), facts), { selector: ([name]) => name })
  .map((given) => new PackedEntries(given.sort(([a], [b]) => byCodePoint(a, b))));
const entries: fc.Arbitrary<Entries> = fc.oneof(
  packed,
  fc.tuple(packed, packed).map(([own, over]) => new LaidEntries(own, over)),
);

const SIGHTS = [(): boolean => true, ({ type }: { readonly type: string }) => type === 'config', () => false].map(
  (sees, i): Sight => ({
    key: `${i}`,
    isWhole: i === 0,
    sees,
    seesType: (type) => sees({ type }),
    typeOf: (entry) => (sees(entry) ? entry.type : 'secret'),
  }),
);

/** Every name by what is told of it, without a thought of what is shared. */
const told = (given: Entries, { sees, typeOf }: Sight): ReadonlyMap<string, string> =>
  new Map(
    [...given].map(([name, entry]) => [
      name,
      sees(entry) ? `seen ${entry.content}` : `hidden ${typeOf(entry)} ${entry.written}`,
    ]),
  );

describe('what differs between two outcomes', () => {
  it('is the same whether they share something or not, and for whoever looks', () => {
    fc.assert(
      fc.property(entries, entries, (before, after) => {
        for (const sight of SIGHTS) {
          const naive = diffMaps(told(before, sight), told(after, sight));
          // Once more from what is kept.
          for (let times = 0; times < 2; times += 1) expect(seenDifference(before, after, sight)).toEqual(naive);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('is one object for all to whom nothing else happened', () => {
    const of = (content: string) =>
      new PackedEntries([
        ['A', { type: 'config', own: 'config', draws: 0, content: hashOfFacts([content]), written: 'g 1' }],
      ]);
    const own = of('own');
    const [before, after] = [of('x'), of('y')];
    const [sight] = SIGHTS as [Sight];
    const differences = [1, 2, 3].map(() => seenDifference(before, after, sight));
    expect(new Set(differences).size).toBe(1);
    expect(differences[0]).toEqual({ added: [], removed: [], changed: ['A'] });
    expect(seenDifference(new LaidEntries(own, before), new LaidEntries(own, after), sight)).toEqual({
      added: [],
      removed: [],
      changed: [],
    });
  });
});

describe("a workload's own entries over shared ones", () => {
  it('are walked through and found as one list in order', () => {
    fc.assert(
      fc.property(packed, packed, (own, over) => {
        const all = new Map([...over, ...own]);
        const sorted = [...all].sort(([a], [b]) => byCodePoint(a, b));
        const laid = new LaidEntries(own, over);
        expect([...laid]).toEqual(sorted);
        for (const [name, entry] of sorted) expect(laid.get(name)).toEqual(entry);
        expect(laid.get('nobody')).toBeUndefined();
        expect(laid.bytes).toBeLessThan(own.bytes + 64);
      }),
    );
  });
});
