import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRound } from '../../../src/http/rate-exchange.ts';
import { createRates, type Rates } from '../../../src/http/rates.ts';
import { createWrongTokens } from '../../../src/http/wrong-tokens.ts';
import { AppError, unauthenticated } from '../../../src/kernel/errors.ts';

const LIMITS = { ratePoints: 10, ratePointsDependent: 100 };
const user = { id: 'u', team: 't', kind: 'user' };
const dependent = { id: 'd', team: 't', kind: 'dependent' };
const refused = (rates: Rates, points: number, payer = user) =>
  rates.take(payer, points).then(
    () => null,
    (error: AppError) => error,
  );
const remaining = (rates: Rates, payer = user) => rates.headers(payer)?.['x-ratelimit-remaining'];

describe('points of a token', () => {
  // They tell seconds.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => void vi.useRealTimers());

  it('are full before the first, and told with every answer', async () => {
    const rates = createRates(LIMITS);
    expect(rates.headers(user)).toEqual({
      'x-ratelimit-limit': '10',
      'x-ratelimit-remaining': '10',
      'x-ratelimit-reset': '60',
    });
    await rates.take(user, 3);
    expect(rates.headers(user)).toMatchObject({ 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': '60' });
    expect(rates.headers(user)).toBe(rates.headers(user));
  });

  it('case 92: are refused when they are spent, saying when to come again and which setting it is', async () => {
    const rates = createRates(LIMITS);
    expect(await refused(rates, 10)).toBeNull();
    const error = await refused(rates, 1);
    expect(error).toMatchObject({ code: 'RATE_LIMITED', details: { retryAfter: 60 } });
    expect(error?.message).toContain('KEYLOOM_LIMIT_RATE_POINTS');
    expect(remaining(rates)).toBe('0');
    // Nobody else pays for it.
    expect(await refused(rates, 10, { ...user, id: 'other' })).toBeNull();
    expect(await refused(rates, 10, { ...user, team: 'other' })).toBeNull();
  });

  it('a dependent has more of them, and 0 is no limit', async () => {
    const rates = createRates({ ...LIMITS, ratePoints: 0 });
    expect(await refused(rates, 100, dependent)).toBeNull();
    expect((await refused(rates, 1, dependent))?.code).toBe('RATE_LIMITED');
    expect(await refused(rates, 1_000_000)).toBeNull();
    expect(rates.headers(user)).toBeNull();
  });
});

/** Processes that leave their counts with each other. */
function processes(count: number) {
  const left = new Map<number, ReadonlyMap<string, number>>();
  let writes = 0;
  const all = Array.from({ length: count }, (_, i) => {
    const rates = createRates({ ratePoints: 1_000_000, ratePointsDependent: 0 });
    const exchange = async (own: ReadonlyMap<string, number>) => {
      left.set(i, own);
      writes += 1;
      return new Map([...left].filter(([each]) => each !== i).map(([each, counts]) => [String(each), counts]));
    };
    return { rates, round: createRound(rates, { exchange }) };
  });
  return { all, writes: () => writes };
}

describe('several processes', () => {
  it('count what the others spent, once, whoever spent when', async () => {
    const spending = fc.array(
      fc.array(fc.record({ who: fc.nat(2), points: fc.integer({ min: 1, max: 50 }) }), { minLength: 0, maxLength: 4 }),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(spending, async (rounds) => {
        const { all } = processes(3);
        let total = 0;
        // Everybody is awake in every round, so that nothing is forgotten.
        const awake = async () => {
          for (const { rates } of all) await rates.take(user, 1);
          total += all.length;
        };
        await awake();
        for (const { round } of all) await round();
        await awake();
        for (const { round } of all) await round();
        for (const spent of rounds) {
          await awake();
          for (const { who, points } of spent) await all[who]?.rates.take(user, points);
          total += spent.reduce((sum, { points }) => sum + points, 0);
          for (const { round } of all) await round();
        }
        await awake();
        for (const { round } of all) await round();
        // The last one heard of all; of the first exchange only what was spent after it is told.
        const seen = 1_000_000 - Number(remaining(all[2]?.rates ?? createRates(LIMITS)));
        expect(total - seen).toBeGreaterThanOrEqual(0);
        expect(total - seen).toBeLessThanOrEqual(4);
      }),
      { numRuns: 100 },
    );
  });

  it('write nothing while nobody asks, and forget what others spent meanwhile', async () => {
    const { all, writes } = processes(2);
    const [a, b] = all;
    if (!a || !b) throw new Error('two were asked for');
    for (let i = 0; i < 5; i += 1) for (const { round } of all) await round();
    expect(writes()).toBe(0);
    await a.rates.take(user, 1);
    await b.rates.take(user, 1);
    for (const { round } of all) await round();
    expect(writes()).toBe(2);
    await a.rates.take(user, 500);
    await a.round();
    await b.round();
    expect(writes()).toBe(3);
    await b.rates.take(user, 1);
    await b.round();
    expect(remaining(b.rates)).toBe(String(1_000_000 - 2));
  });
});

describe('wrong tokens', () => {
  it('case 15: are told to come later, address by address; other errors are what they are', async () => {
    const { judge } = createWrongTokens({ wrongTokensPerAddress: 3 });
    const codes = async (address: string, count: number) => {
      const found = [];
      for (let i = 0; i < count; i += 1) found.push(((await judge(unauthenticated(), address)) as AppError).code);
      return found;
    };
    expect(await codes('192.0.2.1', 4)).toEqual([...Array(3).fill('UNAUTHENTICATED'), 'RATE_LIMITED']);
    expect(await codes('192.0.2.2', 1)).toEqual(['UNAUTHENTICATED']);
    expect(await codes('2001:db8::1', 3)).toEqual(Array(3).fill('UNAUTHENTICATED'));
    expect(await codes('2001:db8::2', 1)).toEqual(['RATE_LIMITED']);
    const other = new AppError('UNAVAILABLE', 'x');
    expect(await judge(other, '192.0.2.1')).toBe(other);
  });
});
