import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ordered } from '../../../src/kernel/ordered.ts';

const EMPTY = Ordered.of(new Map<string, number>());
const name = fc.string({ unit: fc.constantFrom('a', 'b', '\0', '~', 'é'), maxLength: 3 });
const change = fc.tuple(name, fc.option(fc.integer(), { nil: undefined }));

const inOrder = (model: ReadonlyMap<string, number>): readonly (readonly [string, number])[] =>
  [...model].sort(([a], [b]) => (a < b ? -1 : 1));

function expectSame(ordered: Ordered<number>, model: ReadonlyMap<string, number>): void {
  expect(ordered.size).toBe(model.size);
  expect(ordered.values()).toEqual(inOrder(model).map(([, value]) => value));
  for (const [each, value] of model) expect(ordered.get(each)).toBe(value);
  for (const prefix of ['', 'a', 'ab', '\0', 'é~']) {
    const expected = inOrder(model).filter(([each]) => each.startsWith(prefix));
    expect(ordered.startingWith(prefix)).toEqual(expected.map(([, value]) => value));
  }
}

describe('values by name', () => {
  it('are as a map that is sorted, after whatever changes, and those handed out never change', () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 40 }), (steps) => {
        const made: (readonly [Ordered<number>, ReadonlyMap<string, number>])[] = [[EMPTY, new Map()]];
        for (const step of steps) {
          const [ordered, model] = made[made.length - 1] ?? [EMPTY, new Map()];
          const next = new Map(model);
          const changes = new Map(step);
          for (const [each, value] of changes) {
            if (value === undefined) next.delete(each);
            else next.set(each, value);
          }
          made.push([ordered.with(changes), next]);
        }
        for (const [ordered, model] of made) expectSame(ordered, model);
      }),
      { numRuns: 200 },
    );
  });

  it('grow and shrink one by one past every size of a block', () => {
    const names = Array.from({ length: 1_000 }, (_, i) => `name-${(i * 7_919) % 1_000}`);
    const model = new Map<string, number>();
    let ordered = EMPTY;
    for (const [i, each] of names.entries()) {
      model.set(each, i);
      ordered = ordered.with(new Map([[each, i]]));
      if (i % 97 === 0) expectSame(ordered, model);
    }
    expectSame(ordered, model);
    for (const [i, each] of names.toReversed().entries()) {
      model.delete(each);
      ordered = ordered.with(new Map([[each, undefined]]));
      if (i % 97 === 0) expectSame(ordered, model);
    }
    expect(ordered.size).toBe(0);
  });
});
