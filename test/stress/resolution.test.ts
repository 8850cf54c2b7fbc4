import { expect, it } from 'vitest';
import { compareLaidOver, compareWithModel, type Hits, WANTED, WAYS } from '../unit/domain/properties.ts';

const RUNS = Number(process.env.KEYLOOM_RUNS ?? 10_000);
/** Only against hanging: 10,000 take a minute or two. */
const MAX_MS = 1_200_000 * Math.max(1, RUNS / 10_000);

it(
  `case 97, 100: engine and model agree on ${RUNS} random projects`,
  () => {
    const hits: Hits = new Map();
    compareWithModel(RUNS, hits);
    expect(WANTED.filter((name) => !hits.has(name))).toEqual([]);
  },
  MAX_MS,
);

it(
  `a workload's own values over a shared part make the same as the whole and the model on ${RUNS} random projects`,
  () => {
    const ways = new Map<string, number>();
    compareLaidOver(RUNS, ways);
    expect(WAYS.filter((way) => !ways.has(way))).toEqual([]);
  },
  MAX_MS,
);
