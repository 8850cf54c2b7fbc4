import { afterAll, describe, expect, it } from 'vitest';
import { oracles } from '../support/dialects/oracles.ts';
import { roundTrip } from '../support/dialects/round-trip.ts';

const { all, close } = oracles();
afterAll(close);

describe('100,000 values through each real parser', () => {
  it.for(all.map((oracle) => [`${oracle.dialect} by ${oracle.name}`, oracle] as const))(
    '%s',
    async ([, oracle], context) => {
      if (oracle.missing !== null) return context.skip(oracle.missing);
      const { written, refused, wrong } = await roundTrip(oracle, 100_000, 500, 77);
      expect(wrong).toEqual([]);
      expect(written).toBeGreaterThan(2 * refused);
    },
  );
});
