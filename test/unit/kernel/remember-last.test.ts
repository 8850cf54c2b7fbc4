import { expect, it } from 'vitest';
import { rememberLast } from '../../../src/kernel/remember-last.ts';

it('makes the same once in a row, and anew for any other argument', () => {
  const asked: string[] = [];
  const made = rememberLast((a: string, b: object, c: number) => {
    asked.push(`${a}${c}`);
    return { a, b, c };
  });
  const [one, other] = [{}, {}];
  const first = made('x', one, 1);
  expect(made('x', one, 1)).toBe(first);
  expect(asked).toEqual(['x1']);
  for (const [a, b, c] of [
    ['y', one, 1],
    ['x', other, 1],
    ['x', one, 2],
  ] as const) {
    expect(made('x', one, 1)).toMatchObject({ a: 'x', c: 1 });
    expect(made(a, b, c)).toEqual({ a, b, c });
  }
  // Only the last one is kept: the middle one of three was asked for again each time.
  expect(asked).toEqual(['x1', 'y1', 'x1', 'x1', 'x1', 'x2']);
});

it('keeps null, asks again where nothing was known, and keeps nothing of what was refused', () => {
  const answers: (null | undefined | Error)[] = [undefined, undefined, new Error('refused'), null];
  const made = rememberLast((_name: string) => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  });
  expect(made('a')).toBeUndefined();
  expect(made('a')).toBeUndefined();
  expect(() => made('a')).toThrow('refused');
  expect(made('a')).toBeNull();
  expect(made('a')).toBeNull();
  expect(answers).toEqual([]);
});
