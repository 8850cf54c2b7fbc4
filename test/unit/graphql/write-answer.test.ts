import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnswerMeter } from '../../../src/graphql/engine/answer-meter.ts';
import { latin1Of, writeAnswer } from '../../../src/graphql/engine/write-answer.ts';
import { createInFlight } from '../../../src/kernel/in-flight.ts';

const MiB = 1_048_576;
const settings = ['A', 'B'] as const;
const aPool = (inAll = 100 * MiB) => createInFlight({ noun: 'The answers', perPrincipal: inAll, inAll, settings });
const aMeter = (maximum = 16 * MiB, pool = aPool()) => createAnswerMeter(maximum, pool.hold('p'));
const codeOf = (failing: Promise<unknown>) =>
  failing.then(
    () => 'fits',
    ({ code }: { code: string }) => code,
  );

/** What stands beside it makes it long. */
const LONG = 'x'.repeat(70_000);

describe('an answer as it is sent', () => {
  it('is what JSON.stringify makes of it, short or long', async () => {
    const values = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(undefined, Number.NaN, Infinity, -0, 1e21, '\u2028', '\ud800', '€', new Date(0)),
    );
    const bodies = fc.dictionary(
      fc.string({ unit: 'binary' }),
      fc.oneof(values, fc.array(values), fc.dictionary(fc.string(), values)),
    );
    await fc.assert(
      fc.asyncProperty(bodies, fc.boolean(), async (body, isLong) => {
        const whole = isLong ? { data: body, LONG } : { data: body };
        expect(await writeAnswer(whole, aMeter())).toBe(latin1Of(JSON.stringify(whole)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('lets others have a turn while a long one is written', async () => {
    const shared = Array.from({ length: 200 }, (_, i) => ({ name: `A${i}`, value: 'v'.repeat(500) }));
    const body = { data: Array.from({ length: 100 }, () => shared) };
    let turns = 0;
    let writing = true;
    const others = (): void => {
      turns += 1;
      if (writing) setImmediate(others);
    };
    setImmediate(others);
    const text = await writeAnswer(body, aMeter());
    writing = false;
    // 10 MB: a turn for each megabyte at least.
    expect(text.length).toBeGreaterThan(10 * MiB);
    expect(turns).toBeGreaterThanOrEqual(10);
  });

  it('case 235: stops at its bound, though what it is made of is small', async () => {
    const value = 'v'.repeat(900_000);
    let read = 0;
    const counted = {
      get value() {
        read += 1;
        return value;
      },
    };
    const body = { data: Array.from({ length: 300 }, () => counted) };
    expect(await codeOf(writeAnswer(body, aMeter()))).toBe('BUDGET_EXCEEDED');
    // 16 MiB are 18.6 of them.
    expect(read).toBeLessThan(25);
  });

  it('finds no room when others hold too much, and gives its own back', async () => {
    const pool = aPool(10 * MiB);
    const other = pool.hold('other');
    other.add(7 * MiB);
    const body = { data: ['v'.repeat(2 * MiB)] };
    expect(await codeOf(writeAnswer(body, aMeter(16 * MiB, pool)))).toBe('UNAVAILABLE');
    other.release();
    expect(await codeOf(writeAnswer(body, aMeter(16 * MiB, pool)))).toBe('fits');
  });
});

describe('the meter', () => {
  it('refuses once and for all, naming limit and maximum and not what it would have been', () => {
    const meter = aMeter(100_000);
    meter.made(60_000);
    expect(() => meter.made(60_000)).toThrow('KEYLOOM_LIMIT_ANSWER_BYTES');
    expect(() => meter.made(1)).toThrow('KEYLOOM_LIMIT_ANSWER_BYTES');
    expect(meter.refusal()).toMatchObject({
      code: 'BUDGET_EXCEEDED',
      details: { budget: 'answerBytes', maximum: 100_000 },
    });
  });
});
