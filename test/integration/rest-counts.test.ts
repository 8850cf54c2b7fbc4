import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routesOf } from '../../src/app/routes.ts';
import type { Given, RestRoute } from '../../src/rest/route.ts';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import { type Counting, counting } from '../support/counting.ts';
import { aGroupInput, aProject, aServiceInput, done, groupOp, PUT_SERVICE } from '../support/makers.ts';
import { rest } from '../support/rest.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const ROUTES = routesOf();

/** A request over REST costs the store what its document costs over GraphQL, whatever else there is. */

const PATHS: Readonly<Record<string, string>> = {
  projectId: 'default-project',
  secretId: 'example-secret',
  serviceId: 'example-service',
};
const NAMES = ['getAuth', 'listProjects', 'listSecrets', 'getSecret', 'getServiceRuntimeEnvironment'];

let app: TestApp;
let store: Counting;
beforeAll(async () => {
  // Nothing is kept, so that each request costs what it costs.
  const open = ({ mac }: Parameters<typeof openMemoryStore>[0]) => {
    const opened = openMemoryStore({ mac });
    store = counting(opened);
    return { ...opened, ...store.port };
  };
  app = await startApp({ open, cacheBytes: 0, answerCacheBytes: 0 });
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput({ variables: [{ name: 'OWN', value: 'own' }] }));
  await done(app, groupOp('createSecretGroup', 'id'), aGroupInput({ variables: [{ name: 'A', value: 'a' }] }));
});
afterAll(() => app.close());

const routeOf = (name: string): RestRoute => {
  const route = ROUTES.find((each) => each.name === name);
  if (!route) throw new Error(name);
  return route;
};

/** Counted the second time: who the caller is, is known since the first. */
async function callsOf(ask: () => Promise<{ readonly status: number }>): Promise<object> {
  await ask();
  store.reset();
  expect((await ask()).status).toBe(200);
  return { ...store.calls };
}

const overRest = (name: string): Promise<object> =>
  callsOf(() =>
    rest(
      app,
      'GET',
      routeOf(name).path.replaceAll(/\{(\w+)\}/g, (_, part) => PATHS[part] ?? ''),
    ),
  );

function overGraphql(name: string): Promise<object> {
  const route = routeOf(name);
  const given: Given = { path: PATHS, query: {}, body: {}, ifMatch: null, idempotencyKey: null };
  const page = route.isList ? { first: 50, after: null, rows: true } : {};
  return callsOf(() => app.gql(route.document, { ...route.variables(given), ...page }));
}

describe('a request over REST', () => {
  it('costs what its document costs, and no more when there is more of what it does not ask for', async () => {
    const before: Record<string, object> = {};
    for (const name of NAMES) {
      before[name] = await overRest(name);
      expect([name, await overGraphql(name)]).toEqual([name, before[name]]);
      expect(Object.keys(before[name] ?? {}).length).toBeGreaterThan(0);
    }
    await aProject(app, 'Other Project');
    for (let i = 0; i < 20; i += 1) {
      const input = aGroupInput({
        project: 'other-project',
        name: `Group ${i}`,
        variables: [{ name: 'A', value: 'a' }],
      });
      await done(app, groupOp('createSecretGroup', 'id'), input);
    }
    for (const name of NAMES) expect([name, await overRest(name)]).toEqual([name, before[name]]);
  });

  it('is refused for what is wrong with it before the store is asked for more than the token', async () => {
    const token = await (async () => {
      store.reset();
      await rest(app, 'GET', '/login');
      return { ...store.calls };
    })();
    for (const [method, path, body] of [
      ['POST', '/projects/default-project/secrets', { surprise: 1 }],
      ['GET', '/projects/default-project/secrets?per_page=0', undefined],
      ['GET', '/projects/not%20a%20slug/secrets', undefined],
    ] as const) {
      store.reset();
      const { status } = await rest(app, method, path, { body });
      expect([path, [400, 404].includes(status), store.calls]).toEqual([path, true, token]);
    }
  });
});
