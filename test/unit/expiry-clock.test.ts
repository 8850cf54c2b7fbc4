import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../src/kernel/errors.ts';
import { createExpiryClock } from '../../src/kernel/expiry-clock.ts';

const HOUR = 3_600_000;
const START = Date.parse('2026-01-01T00:00:00.000Z');
const iso = (at: number): string => new Date(at).toISOString();

/** A wall clock and a beat that go together until one is told otherwise. */
function clocks() {
  let wall = START;
  let beat = 0;
  const clock = createExpiryClock(
    () => new Date(wall),
    () => beat,
  );
  return {
    clock,
    now: () => wall,
    pass(ms: number) {
      wall += ms;
      beat += ms;
    },
    set(ms: number) {
      wall += ms;
    },
  };
}

const isRefused = (work: () => void): boolean => {
  try {
    work();
    return false;
  } catch (error) {
    return isAppError(error) && error.code === 'UNAVAILABLE';
  }
};

describe('the clock that expiry is judged by', () => {
  it('only goes forward, and is never before the newest commit or the wall clock, whatever happens to that', () => {
    const step = fc.oneof(
      fc.record({ pass: fc.integer({ min: 0, max: 48 * HOUR }) }),
      fc.record({ set: fc.integer({ min: -400 * HOUR, max: 400 * HOUR }) }),
      fc.record({ commit: fc.integer({ min: -48 * HOUR, max: 48 * HOUR }) }),
    );
    const property = fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { clock, now, pass, set } = clocks();
      let newest = Number.NEGATIVE_INFINITY;
      let last = Number.NEGATIVE_INFINITY;
      for (const each of steps) {
        if ('pass' in each) pass(each.pass);
        else if ('set' in each) set(each.set);
        else {
          newest = Math.max(newest, now() + each.commit);
          clock.saw(iso(now() + each.commit));
        }
        const told = clock.now().getTime();
        expect(told).toBeGreaterThanOrEqual(Math.max(last, newest, now()));
        expect(clock.behindMs()).toBe(Math.max(0, newest - now()));
        last = told;
      }
    });
    fc.assert(property);
  });

  it.each([
    ['a day passes', 25 * HOUR, 0, false],
    ['the clock jumps an hour', 0, HOUR, false],
    ['the clock jumps two days', 0, 48 * HOUR, true],
    ['the clock jumps two days back', 0, -48 * HOUR, false],
    ['a month passes and the clock jumps two days', 30 * 24 * HOUR, 48 * HOUR, true],
  ])('refuses a commit far ahead of the last only where the clock jumped: %s', (_what, passed, jump, isSo) => {
    const { clock, pass, set, now } = clocks();
    clock.saw(iso(now()));
    pass(passed);
    set(jump);
    expect(isRefused(() => clock.requireSteady(new Date(now())))).toBe(isSo);
  });
});
