import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, done, operation, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** Case 252: somebody can always administer; and what becomes of the tokens that a revoked one made. */
let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const REVOKE = operation('revokeToken', 'token { id } descendants { id name }');
const idOf = async (text: string): Promise<string> => (await app.gql('{ viewer { id } }', {}, text)).data.viewer.id;
const globalToken = async (text: string): Promise<string> => {
  const id = await idOf(text);
  return Buffer.from(`Token:${id}`).toString('base64');
};
const revoke = async (text: string, more: object = {}) => run(app, REVOKE, { id: await globalToken(text), ...more });
const statusOf = async (text: string): Promise<number> => (await app.gql('{ viewer { id } }', {}, text)).status;
describe('what a revoked token made', () => {
  const make = async (name: string, token: string): Promise<string> =>
    (await done(app, operation('createToken', 'text token { id }'), { name, kind: 'USER', role: 'owner' }, token)).text;

  it('lives on and is told, or ends with it, however far down', async () => {
    const child = await make('child', await app.token('owner'));
    const grandchild = await make('grandchild', child);
    const machine = await make('great grandchild', grandchild);
    const told = await revoke(child);
    expect(told.descendants.map(({ name }: { name: string }) => name).sort()).toEqual([
      'grandchild',
      'great grandchild',
    ]);
    expect(await Promise.all([child, grandchild, machine].map(statusOf))).toEqual([401, 200, 200]);
    const parent = await make('parent', grandchild);
    const below = await make('below', parent);
    const more = await revoke(grandchild, { descendants: true });
    expect(more.descendants.map(({ name }: { name: string }) => name).sort()).toEqual([
      'below',
      'great grandchild',
      'parent',
    ]);
    expect(await Promise.all([grandchild, machine, parent, below].map(statusOf))).toEqual([401, 401, 401, 401]);
  });

  it('ends in numbers that are bounded', async () => {
    const small = await startApp({ limits: { tokensPerRevocation: 1 } });
    const create = operation('createToken', 'text token { id }');
    const { text, token } = await done(small, create, { name: 'maker', kind: 'USER', role: 'owner' });
    await done(small, create, { name: 'made', kind: 'USER', role: 'owner' }, text);
    expect(codeOf(await run(small, REVOKE, { id: token.id, descendants: true }))).toBe('LIMIT_EXCEEDED');
    expect(codeOf(await run(small, REVOKE, { id: token.id }))).toBe('OK');
    await small.close();
  });
});

describe('case 252: the last token that can administer', () => {
  it('is kept, whichever way it would go', async () => {
    let now = new Date('2026-01-01T00:00:00.000Z');
    const own = await startApp({ clock: () => now });
    const id = (await own.gql('{ viewer { id } }')).data.viewer.id;
    const last = Buffer.from(`Token:${id}`).toString('base64');
    const create = operation('createToken', 'text token { id }');
    const attempts = async () => [
      codeOf(await run(own, REVOKE, { id: last })),
      codeOf(await run(own, REVOKE, { id: last, descendants: true })),
    ];
    expect(await attempts()).toEqual(['CONFLICT', 'CONFLICT']);
    // One that ends, a dependent's and one without admin on both are no way back.
    const grants = [{ resources: ['ROLE'], verbs: ['ADMIN', 'LIST'] }];
    await done(own, operation('createRole', ''), { name: 'Half', grants });
    await done(own, create, { name: 'half', kind: 'USER', role: 'half' });
    await done(own, create, { name: 'short', kind: 'USER', role: 'owner', expiresAt: '2026-01-01T01:00:00.000Z' });
    now = new Date('2026-01-01T01:00:00.000Z');
    expect(await attempts()).toEqual(['CONFLICT', 'CONFLICT']);
    // Its own descendants go with it.
    await done(own, create, { name: 'child', kind: 'USER', role: 'owner' });
    expect(codeOf(await run(own, REVOKE, { id: last, descendants: true }))).toBe('CONFLICT');
    expect(codeOf(await run(own, REVOKE, { id: last }))).toBe('OK');
    await own.close();
  });

  it('is not lost by a change of its role', async () => {
    const own = await startApp();
    const grants = [{ resources: ['ROLE', 'TOKEN'], verbs: ['ADMIN', 'LIST'] }];
    const { role } = await done(own, operation('createRole', 'role { id slug }'), { name: 'Keepers', grants });
    const keeper = await own.token(role.slug);
    const owner = Buffer.from(`Token:${(await own.gql('{ viewer { id } }')).data.viewer.id}`).toString('base64');
    expect(codeOf(await run(own, REVOKE, { id: owner }))).toBe('OK');
    const update = operation('updateRole', '');
    const less = [{ resources: ['ROLE'], verbs: ['ADMIN', 'LIST'] }];
    expect(codeOf(await run(own, update, { id: role.id, grants: less }, keeper))).toBe('CONFLICT');
    expect(codeOf(await run(own, update, { id: role.id, name: 'Keepers Still' }, keeper))).toBe('OK');
    await own.close();
  });

  it('two that revoke each other at once leave one', async () => {
    for (let round = 0; round < 5; round += 1) {
      const own = await startApp();
      const other = await own.token('owner');
      const ids = await Promise.all(
        [own.owner, other].map(async (text) => (await own.gql('{ viewer { id } }', {}, text)).data.viewer.id),
      );
      const [a, b] = ids.map((id) => Buffer.from(`Token:${id}`).toString('base64'));
      const answers = await Promise.all([
        own.gql(REVOKE, { input: { id: b } }, own.owner),
        own.gql(REVOKE, { input: { id: a } }, other),
      ]);
      expect(answers.filter(({ data }) => data?.result?.__typename === 'RevokeTokenPayload')).toHaveLength(1);
      const standing = await Promise.all(
        [own.owner, other].map(async (text) => (await own.gql('{ viewer { id } }', {}, text)).status),
      );
      expect(standing.sort()).toEqual([200, 401]);
      await own.close();
    }
  });
});
