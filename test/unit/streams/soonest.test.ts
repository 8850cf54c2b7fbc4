import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSoonest } from '../../../src/streams/soonest.ts';

interface Item {
  readonly at: number;
  gone: boolean;
}

describe('what ends first', () => {
  it('is taken in the order of its time, but what is gone', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ at: fc.nat(1_000), gone: fc.boolean() })), fc.nat(1_000), (given, now) => {
        const soonest = createSoonest<Item>(({ gone }) => gone);
        const items = given.map((each) => ({ ...each }));
        for (const item of items) soonest.add(item.at, item);
        const taken: number[] = [];
        const isDue = ({ at }: Item): boolean => at <= now;
        for (let next = soonest.take(isDue); next; next = soonest.take(isDue)) taken.push(next.at);
        const wanted = items.filter(({ at, gone }) => !gone && at <= now).map(({ at }) => at);
        expect(taken).toEqual(wanted.sort((a, b) => a - b));
      }),
    );
  });

  it('is found by one look, however many end later', () => {
    const soonest = createSoonest<Item>(({ gone }) => gone);
    for (let at = 10_000; at > 0; at -= 1) soonest.add(at, { at, gone: false });
    let looks = 0;
    const isDue = ({ at }: Item): boolean => {
      looks += 1;
      return at <= 0;
    };
    expect(soonest.take(isDue)).toBeUndefined();
    expect(looks).toBe(1);
  });

  it('forgets what is gone, so that it holds no more than twice what waits', () => {
    const soonest = createSoonest<Item>(({ gone }) => gone);
    const live: Item[] = [];
    for (let i = 0; i < 10_000; i += 1) {
      const item = { at: 1_000_000 + i, gone: false };
      soonest.add(item.at, item);
      live.push(item);
      if (live.length > 100) (live.shift() as Item).gone = true;
    }
    expect(soonest.size()).toBeLessThan(300);
  });
});
