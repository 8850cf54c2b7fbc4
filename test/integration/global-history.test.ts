import { afterEach, beforeEach, expect, it } from 'vitest';
import { countedApp } from '../support/counted-app.ts';
import { aGlobal, globalOp } from '../support/globals.ts';
import { aProject, aServiceInput, done, ENVIRONMENT, environmentOf, PUT_SERVICE } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const DAY = 86_400_000;
let now: number;
let app: TestApp;
let id: string;
beforeEach(async () => {
  now = Date.parse('2026-01-01T00:00:00.000Z');
  app = await startApp({ clock: () => new Date(now), limits: { revisionsKept: 5 } });
  await aProject(app);
  id = (await aGlobal(app, { values: { n: 1 } })).id;
});
afterEach(() => app.close());

const kept = async () =>
  (await app.store.revisions('globalSecret', ['default', 'example-global'], { limit: 100 })).map(
    ({ revision }) => revision,
  );
const change = (n: number) => done(app, globalOp('updateGlobalSecret', 'id'), { id, values: { n } });
const service = (name: string, value: string) =>
  done(app, PUT_SERVICE, aServiceInput({ id: name, variables: [{ name: 'N', value }] }));
const NAMED = '${secrets.example-global.values.n}';

it('keeps all revisions of the last day', async () => {
  for (let n = 2; n <= 10; n += 1) await change(n);
  expect(await kept()).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  now += 2 * DAY;
  for (let n = 11; n <= 20; n += 1) await change(n);
  // Revision 10 was the present one until a moment ago.
  expect(await kept()).toEqual([20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10]);
});

it('keeps as many revisions as it should of older ones', async () => {
  for (let n = 2; n <= 10; n += 1) {
    now += 2 * DAY;
    await change(n);
  }
  expect(await kept()).toEqual([10, 9, 8, 7, 6]);
});

it('what is forgotten fails the time travel of those who name it, and of nobody else', async () => {
  await service('names', NAMED);
  await service('plain', 'plain');
  const { seq } = await environmentOf(app, 'names');
  for (let n = 2; n <= 10; n += 1) {
    now += 2 * DAY;
    await change(n);
  }
  await expect(environmentOf(app, 'names', { at: seq })).rejects.toThrow('HISTORY_EXPIRED');
  expect((await environmentOf(app, 'plain', { at: seq })).variables).toMatchObject([{ value: 'plain' }]);
  expect((await environmentOf(app, 'names')).variables).toMatchObject([{ value: '10' }]);
});

it('time travel opens only what is named', async () => {
  await service('names', NAMED);
  for (const n of [1, 2, 3]) await aGlobal(app, { name: `other ${n}`, values: { n } });
  const { seq: at } = await environmentOf(app, 'names');
  await change(2);
  const gateway = await countedApp(app.store, { cacheBytes: 64 * 1024 * 1024, answerCacheBytes: 0 });
  const asked = { project: 'default-project', service: 'names', at };
  const data = await gateway.gql(ENVIRONMENT, asked, app.owner);
  expect(data.project.service.environment.variables).toMatchObject([{ value: '1' }]);
  // The workload, and the revision of the global secret that was the present one then.
  expect(gateway.opens()).toBe(2);
  await gateway.close();
});
