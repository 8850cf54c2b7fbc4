import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filled, ways } from '../support/commit-ways.ts';
import { executed, totalOf } from '../support/executed.ts';
import type { TestApp } from '../support/start-app.ts';

/** What a commit and the first read after it take, counted as calls and turns of loops: the same beside few documents and many. */
const FEW = 10;
const MANY = 3_000;
const GROUPS_AND_WORKLOADS = Object.keys(ways).filter((name) =>
  /^put(SecretGroup|Service)(, a new|, with|$)/.test(name),
);

async function costOf(app: TestApp, name: string): Promise<number> {
  const way = ways[name] ?? (async () => {});
  // What is read for the first time, and kept, is no part of it.
  for (const i of [101, 102, 103]) await way(app, i);
  return totalOf(await executed(() => way(app, 104)));
}

describe.each([
  ['', {}, Object.keys(ways)],
  // Then each write has to look which environments are larger.
  [' that could overfill an environment together', { environmentVariables: 20 }, GROUPS_AND_WORKLOADS],
])(`beside ${MANY} documents of its kind instead of ${FEW}%s`, (_what, limits, names) => {
  let few: TestApp;
  let many: TestApp;
  beforeAll(async () => {
    few = await filled(FEW, limits);
    many = await filled(MANY, limits);
  });
  afterAll(async () => {
    await few.close();
    await many.close();
  });

  it.each(names)('%s takes at most 1.25 times the work', async (name) => {
    const [first, second] = [await costOf(few, name), await costOf(many, name)];
    expect(first).toBeGreaterThan(500);
    expect(second).toBeLessThan(first * 1.25);
  });
});
