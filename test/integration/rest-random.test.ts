import { describe, expect, it } from 'vitest';
import { routesOf } from '../../src/app/routes.ts';
import { compareTwins } from '../support/rest-twins.ts';

const ROUTES = routesOf();

describe('case 226: REST and GraphQL', () => {
  it('answer, refuse and change the same for random roles, places and bodies', async () => {
    const { statuses, differences, commits } = await compareTwins(226, 500);
    expect(differences).toEqual([]);
    expect(commits[0]).toBe(commits[1]);
    // Not all of one kind, or nothing would be compared.
    for (const status of [200, 400, 403, 404, 409])
      expect([status, (statuses.get(status) ?? 0) > 0]).toEqual([status, true]);
    expect(ROUTES.length).toBeGreaterThan(50);
  });
});
