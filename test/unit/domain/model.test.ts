import { describe, expect, it } from 'vitest';
import { compareWithModel, type Hits, WANTED } from './properties.ts';

describe('the engine and a plain model of the rules', () => {
  const hits: Hits = new Map();

  it('case 100, 104: agree on random projects, in whatever order these are given', () => {
    compareWithModel(500, hits);
  });

  it('random projects held everything that the rules speak of', () => {
    expect(WANTED.filter((name) => !hits.has(name))).toEqual([]);
  });
});
