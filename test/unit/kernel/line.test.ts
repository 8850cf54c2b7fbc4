import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Line, type Place } from '../../../src/kernel/line.ts';

it('is as a list from which some leave, twice or not', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(20)), { maxLength: 60 }), (steps) => {
      const line = new Line<number>();
      const places: Place<number>[] = [];
      const gone = new Set<number>();
      for (const step of steps) {
        const place = step === null ? undefined : places[step];
        if (place === undefined) places.push(line.join(places.length));
        else {
          line.leave(place);
          gone.add(place.value);
        }
        const there = places.map(({ value }) => value).filter((value) => !gone.has(value));
        expect([...line]).toEqual(there);
        expect(line.first).toBe(there[0] ?? null);
      }
    }),
  );
});

it('whoever left refers to nobody', () => {
  const line = new Line<string>();
  const [, middle] = [line.join('a'), line.join('b'), line.join('c')];
  line.leave(middle);
  expect(middle).toMatchObject({ before: null, after: null });
});
