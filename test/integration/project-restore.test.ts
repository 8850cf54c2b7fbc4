import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGroup, aProject, codeOf, done, operation, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const DAY = 86_400_000;
const RESTORE = operation('restoreProject', 'project { slug name description }');
const DELETE = operation('deleteProject', 'project { slug }');
const CREATE = operation('createProject', 'project { slug }');

let app: TestApp;
let now = Date.parse('2026-01-01T00:00:00Z');
beforeAll(async () => {
  app = await startApp({ clock: () => new Date(now), monotonic: () => now });
});
afterAll(() => app.close());

const groupsOf = async (slug: string) => {
  const { data } = await app.gql(
    'query ($slug: Slug!) { project(slug: $slug) { secretGroups(first: 10) { nodes { slug variables { value } } } } }',
    { slug },
  );
  return data.project?.secretGroups.nodes ?? null;
};

describe('a deleted project', () => {
  it('case 273: is restored within seven days with all its values, and keeps its slug meanwhile', async () => {
    const id = await aProject(app, 'Restored');
    expect(codeOf(await run(app, RESTORE, { id }))).toBe('CONFLICT');
    await aGroup(app, { project: 'restored', variables: [{ name: 'A', value: 'kept' }] });
    await done(app, DELETE, { id });
    expect(await groupsOf('restored')).toBeNull();
    const taken = await run(app, CREATE, { name: 'Restored' });
    expect(taken).toMatchObject({ code: 'CONFLICT', existing: id });
    expect(taken.message).toContain('restore it, or wait');
    now += 7 * DAY - 1;
    expect((await done(app, RESTORE, { id })).project).toMatchObject({ slug: 'restored', name: 'Restored' });
    expect(await groupsOf('restored')).toEqual([{ slug: 'example-secret', variables: [{ value: 'kept' }] }]);
    // From its last deletion on.
    await done(app, DELETE, { id });
    now += 7 * DAY;
    expect(await run(app, RESTORE, { id })).toMatchObject({
      code: 'CONFLICT',
      message: 'The seven days to restore it are over',
    });
  });

  it('is restored by those who may delete it, and is not there for those who may not see it', async () => {
    const id = await aProject(app, 'Guarded');
    await done(app, DELETE, { id });
    const role = operation('createRole', 'role { slug }');
    const grants = (verbs: readonly string[], projects: readonly string[]) => [
      { resources: ['PROJECT'], verbs, projects },
    ];
    await done(app, role, { name: 'restore writer', grants: grants(['LIST', 'WRITE'], ['guarded']) });
    await done(app, role, { name: 'restore stranger', grants: grants(['LIST', 'DELETE'], ['elsewhere']) });
    await done(app, role, { name: 'restore deleter', grants: grants(['LIST', 'DELETE'], ['guarded']) });
    const outcomes: Record<string, string> = {};
    for (const name of ['writer', 'stranger', 'deleter']) {
      outcomes[name] = codeOf(await run(app, RESTORE, { id }, await app.token(`restore-${name}`)));
    }
    expect(outcomes).toEqual({ writer: 'FORBIDDEN', stranger: 'NOT_FOUND', deleter: 'OK' });
  });
});
