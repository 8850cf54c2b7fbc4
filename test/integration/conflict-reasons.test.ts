import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CONFLICT_REASONS } from '../../src/kernel/errors.ts';
import { aGroupInput, aProject, aServiceInput, done, groupOp, operation, PUT_SERVICE } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** What shares the code CONFLICT is told apart by its reason. */
let app: TestApp;
let now = new Date('2026-01-01T00:00:00.000Z');
beforeAll(async () => {
  app = await startApp({ clock: () => now });
  await aProject(app);
  await done(app, groupOp('createSecretGroup', 'id'), aGroupInput({ name: 'taken' }));
  await done(app, PUT_SERVICE, aServiceInput());
  await done(app, operation('createGlobalSecret', 'globalSecret { id }'), {
    name: 'By Hand',
    type: 'CONFIG',
    values: {},
  });
});
afterAll(() => app.close());

const id = (type: string, key: string): string => Buffer.from(`${type}:${key}`).toString('base64');
const GROUP = id('SecretGroup', 'default-project/taken');

async function reasonOf(name: string, input: object): Promise<string> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { result: ${name}(input: $input) { __typename ... on ConflictError { code reason } } }`;
  const { data, errors } = await app.gql(query, { input });
  return data?.result?.reason ?? JSON.stringify([data, errors]);
}

describe('a conflict', () => {
  it.each<[keyof typeof CONFLICT_REASONS, string, object]>([
    ['TAKEN', 'createSecretGroup', aGroupInput({ name: 'taken' })],
    ['REVISION_MOVED', 'updateSecretGroup', { id: GROUP, description: 'x', expectedRevision: 7 }],
    ['NOT_THERE', 'putSecretGroup', aGroupInput({ name: 'not there', expectedRevision: 1 })],
    ['NOT_DELETED', 'restoreSecretGroup', { id: GROUP }],
    ['IN_USE', 'deleteProject', { id: id('Project', 'default-project') }],
    ['WRONG_STATE', 'syncGlobalSecret', { id: id('GlobalSecret', 'by-hand') }],
  ])('says %s: %s', async (reason, name, input) => {
    expect(await reasonOf(name, input)).toBe(reason);
  });

  it('says IDEMPOTENCY_KEY_REUSED, and TOO_LATE when the time to restore is over', async () => {
    await done(app, operation('createTag', 'tag { id }'), { name: 'one', idempotencyKey: 'k' });
    expect(await reasonOf('createTag', { name: 'two', idempotencyKey: 'k' })).toBe('IDEMPOTENCY_KEY_REUSED');
    const project = await aProject(app, 'Short Lived');
    await done(app, operation('deleteProject', 'project { id }'), { id: project });
    now = new Date(now.getTime() + 8 * 86_400_000);
    expect(await reasonOf('restoreProject', { id: project })).toBe('TOO_LATE');
  });
});
