import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../../src/cli/suggest.ts';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['serve', 'serve', 0],
    ['serv', 'serve', 1],
    ['ehlp', 'help', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ])('%s to %s', (from, to, far) => {
    expect([editDistance(from, to), editDistance(to, from)]).toEqual([far, far]);
  });
});

describe('nearest', () => {
  const NAMES = ['serve', 'init', 'owner-token', 'version', 'help'];
  it.each([
    ['sevre', 'serve'],
    ['owner', 'owner-token'],
    ['onwer-tokn', 'owner-token'],
    ['vresion', 'version'],
    ['sudo', undefined],
    ['x', undefined],
    ['', undefined],
    ['version'.repeat(1000), undefined],
  ])('of %s', (given, name) => {
    expect(nearest(given, NAMES)).toBe(name);
  });
});
