import { expect, it } from 'vitest';
import { recent } from '../../../src/kernel/recent.ts';

it('keeps so many at most, those that were used last', () => {
  const kept = recent<number>(3);
  for (const [i, name] of ['a', 'b', 'c'].entries()) kept.set(name, i);
  expect(kept.get('a')).toBe(0);
  kept.set('d', 3).set('a', 4);
  expect([...kept.keys()].sort()).toEqual(['a', 'c', 'd']);
  for (let i = 0; i < 1_000; i += 1) kept.set(`${i}`, i);
  expect(kept.size).toBe(3);
  kept.delete('999');
  expect([kept.size, kept.get('998')]).toEqual([2, 998]);
});
