import { describe, expect, it } from 'vitest';
import { compareTwins } from '../support/rest-twins.ts';

describe('case 226: 10,000 random operations', () => {
  it.each([1, 2, 3, 4, 5])('are the same over REST and GraphQL, seed %i', async (seed) => {
    const { statuses, differences, commits } = await compareTwins(seed, 2_000);
    expect(differences).toEqual([]);
    expect(commits[0]).toBe(commits[1]);
    for (const status of [200, 400, 403, 404, 409, 412]) expect(statuses.get(status) ?? 0).toBeGreaterThan(0);
  });
});
