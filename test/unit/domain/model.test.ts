import { describe, expect, it } from 'vitest';
import { compareLaidOver, compareWithModel, type Hits, WANTED, WAYS } from './properties.ts';

describe('the engine and a plain model of the rules', () => {
  const hits: Hits = new Map();

  it('case 100, 104: agree on random projects, in whatever order these are given', () => {
    compareWithModel(500, hits);
  });

  it('random projects held everything that the rules speak of', () => {
    const missing = (): readonly string[] => WANTED.filter((name) => !hits.has(name));
    // By chance 500 may miss what is rare.
    for (let more = 0; more < 5 && missing().length > 0; more += 1) compareWithModel(500, hits);
    expect(missing()).toEqual([]);
  });
});

describe("a workload's own values over what its groups give", () => {
  it('make the same as the whole, whatever others lay over the same part', () => {
    const ways = new Map<string, number>();
    compareLaidOver(600, ways);
    expect(WAYS.filter((way) => !ways.has(way))).toEqual([]);
  });
});
