import { expect, it } from 'vitest';
import { endOf, type Principal } from '../../../src/access/model.ts';
import { expiredBy } from '../../../src/access/principals.ts';
import { createAudience } from '../../../src/streams/audience.ts';
import type { Subscriber } from '../../../src/streams/subscriber.ts';

const NOON = Date.parse('2026-01-01T12:00:00Z');

let looks = 0;
const hasExpired = expiredBy({
  now: () => {
    looks += 1;
    return new Date(NOON);
  },
} as Parameters<typeof expiredBy>[0]);

/** Who must not be asked for the text: it is parsed where the principal is made. */
const endingAt = (expiresAt: string | null, via?: Principal): Principal =>
  ({
    id: 'a',
    role: { slug: 'reader' },
    workload: null,
    endsAt: endOf(expiresAt),
    get expiresAt(): string {
      throw new Error('the text is read again');
    },
    ...(via && { via }),
  }) as unknown as Principal;

it.each([
  ['2026-01-01T11:59:59.999Z', true],
  ['2026-01-01T12:00:00Z', true],
  ['2026-01-01T13:00:00+01:00', true],
  ['2026-01-01T12:00:00.001Z', false],
  [null, false],
])('a token that ends at %s, judged at noon: %s', (expiresAt, isOver) => {
  expect(hasExpired(endingAt(expiresAt))).toBe(isOver);
  expect(hasExpired(endingAt(null, endingAt(expiresAt)))).toBe(isOver);
});

it('what never ends needs no look at the clock', () => {
  looks = 0;
  expect(hasExpired(endingAt(null, endingAt(null)))).toBe(false);
  expect(looks).toBe(0);
});

it('whoever listens is found by the number alone', () => {
  const audience = createAudience();
  const subscriber = { principal: endingAt('2026-01-01T11:00:00Z'), left: false } as unknown as Subscriber;
  audience.add(subscriber);
  expect(audience.ended(hasExpired)).toBe(subscriber);
});
