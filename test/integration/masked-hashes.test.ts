import { afterAll, beforeAll, expect, it } from 'vitest';
import { aGroupInput, aProject, groupOp, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const HASHES = `{ project(slug: "default-project") { secretGroups { nodes { type files { path sha256 masked } } } } }`;

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  const data = Buffer.from('the same content').toString('base64');
  const files = [{ path: '/a', data }];
  await run(app, groupOp('createSecretGroup'), aGroupInput({ name: 'Hidden', type: 'SECRET', files }));
  await run(app, groupOp('createSecretGroup'), aGroupInput({ name: 'Shown', type: 'CONFIG', files }));
});
afterAll(() => app.close());

async function hashesFor(token: string): Promise<readonly string[]> {
  const { data } = await app.gql(HASHES, {}, token);
  return data.project.secretGroups.nodes.map(({ files }: { files: { sha256: string }[] }) => files[0]?.sha256);
}

it('a masked file has no hash to compare with that of a guess one may read', async () => {
  const [hidden, shown] = await hashesFor(await app.token('developer'));
  expect(hidden).toBeNull();
  expect(shown).toMatch(/^[0-9a-f]{64}$/);
});

it('whoever may read both sees that they are equal', async () => {
  const [hidden, shown] = await hashesFor(await app.token('reader'));
  expect(hidden).toBe(shown);
});
