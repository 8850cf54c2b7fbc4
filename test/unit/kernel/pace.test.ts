import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createPace } from '../../../src/kernel/pace.ts';
import { turn } from '../../../src/kernel/turn.ts';

/** A clock on which each piece of work takes as long as it says. */
function aClock() {
  let at = 0;
  return {
    now: () => at,
    pass: (ms: number): void => {
      at += ms;
    },
    work: (ms: number) => async () => {
      at += ms;
      return at;
    },
  };
}

describe('the pace of deliveries', () => {
  it('gives everybody else a turn after every few milliseconds, however many deliveries there are', async () => {
    const clock = aClock();
    const pace = createPace({ now: clock.now, sliceMs: 5 });
    let turns = 0;
    let since = 0;
    let max = 0;
    let isOver = false;
    const others = (async () => {
      while (!isOver) {
        await turn();
        turns += 1;
        since = 0;
      }
    })();
    const deliveries = Array.from({ length: 200 }, () =>
      pace.run(async () => {
        since += 1;
        max = Math.max(max, since);
        await clock.work(1)();
      }),
    );
    await Promise.all(deliveries);
    isOver = true;
    await others;
    // Five milliseconds of one each, and those that are at work when they are over.
    expect(max).toBeLessThanOrEqual(5 + 4);
    expect(turns).toBeGreaterThan(200 / 9);
  });

  it('keeps the order in which deliveries came', async () => {
    const pace = createPace();
    const done: number[] = [];
    await Promise.all(Array.from({ length: 50 }, (_, i) => pace.run(async () => void done.push(i))));
    expect(done).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('begins what nobody waits for in the same order, a few at a time', async () => {
    const pace = createPace({ patienceMs: 10_000 });
    const done: number[] = [];
    let active = 0;
    let max = 0;
    const one = (i: number) => async () => {
      active += 1;
      max = Math.max(max, active);
      done.push(i);
      await sleep(1);
      active -= 1;
    };
    const waited: Promise<void>[] = [];
    for (let i = 0; i < 40; i += 1) {
      if (i % 2 === 0) pace.begin(one(i));
      else waited.push(pace.run(one(i)));
    }
    // What waits costs nothing yet.
    expect(done.length).toBeLessThanOrEqual(4);
    await Promise.all(waited);
    expect(done).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(max).toBe(4);
  });

  it('goes on at once with what is done at once, and gives others their turns among it', async () => {
    const clock = aClock();
    const pace = createPace({ now: clock.now, sliceMs: 5 });
    const done: number[] = [];
    const perTurn: number[] = [];
    for (let i = 0; i < 100; i += 1) {
      pace.begin(() => {
        clock.pass(1);
        done.push(i);
        return undefined;
      });
    }
    // Never in the middle of what its caller does.
    expect(done).toEqual([]);
    for (let before = 0; done.length < 100; before = done.length) {
      await turn();
      perTurn.push(done.length - before);
    }
    expect(done).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(Math.max(...perTurn)).toBe(6);
  });

  it('has a few at work at the same time, and no more', async () => {
    const pace = createPace({ patienceMs: 10_000 });
    let active = 0;
    let max = 0;
    const one = () =>
      pace.run(async () => {
        active += 1;
        max = Math.max(max, active);
        await turn();
        active -= 1;
      });
    await Promise.all(Array.from({ length: 20 }, one));
    expect(max).toBe(4);
  });

  it('goes on past deliveries that hang', async () => {
    const pace = createPace({ patienceMs: 5 });
    const hang = new AbortController();
    const hanging = Array.from({ length: 8 }, () =>
      pace.run(() => sleep(600_000, undefined, { signal: hang.signal }).catch(() => {})),
    );
    await expect(pace.run(async () => 'delivered')).resolves.toBe('delivered');
    hang.abort();
    await Promise.all(hanging);
    await expect(pace.run(async () => 'again')).resolves.toBe('again');
  });

  it('gives the place back when a delivery fails', async () => {
    const pace = createPace();
    for (let i = 0; i < 10; i += 1) {
      await expect(pace.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    }
    await expect(pace.run(async () => 'delivered')).resolves.toBe('delivered');
  });
});
