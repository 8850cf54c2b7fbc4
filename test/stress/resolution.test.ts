import { expect, it } from 'vitest';
import { compareWithModel, type Hits, WANTED } from '../unit/domain/properties.ts';

const RUNS = Number(process.env.KEYLOOM_RUNS ?? 10_000);

it(`case 97, 100: engine and model agree on ${RUNS} random projects`, () => {
  const hits: Hits = new Map();
  compareWithModel(RUNS, hits);
  expect(WANTED.filter((name) => !hits.has(name))).toEqual([]);
}, 600_000);
