import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInFlight } from '../../../src/kernel/in-flight.ts';

describe('room for bytes in flight', () => {
  it('is there for exactly what a new hold could count', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.nat(120_000), fc.boolean()), { maxLength: 30 });
    fc.assert(
      fc.property(steps, (given) => {
        const inFlight = createInFlight({ noun: 'Bytes', perPrincipal: 200_000, inAll: 320_000, settings: ['A', 'B'] });
        for (const [principal, bytes, isReleased] of given) {
          const hadRoom = inFlight.hasRoom(principal, bytes);
          const hold = inFlight.hold(principal);
          let added = true;
          try {
            hold.add(bytes);
          } catch {
            added = false;
          }
          expect(hadRoom).toBe(added);
          if (isReleased) hold.release();
        }
      }),
    );
  });
});
