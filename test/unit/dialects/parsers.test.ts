import { afterAll, describe, expect, it } from 'vitest';
import { oracles } from '../../support/dialects/oracles.ts';
import { roundTrip } from '../../support/dialects/round-trip.ts';

const { all, close } = oracles();
afterAll(close);

describe('what the real parsers read of what is written', () => {
  it.for(all.map((oracle) => [`${oracle.dialect} by ${oracle.name}`, oracle] as const))(
    '%s',
    async ([, oracle], context) => {
      if (oracle.missing !== null) return context.skip(oracle.missing);
      const { written, refused, wrong } = await roundTrip(oracle, 2_000, 250, 1);
      expect(wrong).toEqual([]);
      // Most values can be written, so nothing passes by refusing.
      expect(written).toBeGreaterThan(2 * refused);
    },
  );
});
