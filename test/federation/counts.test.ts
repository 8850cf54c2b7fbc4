import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import { type Counting, counting } from '../support/counting.ts';
import { aService, ask, gatewayToken, startFederated } from '../support/federation/ask.ts';
import { aGroup, aProject, aServiceInput, done, PUT_SERVICE } from '../support/makers.ts';
import type { TestApp } from '../support/start-app.ts';

const SERVICES = 100;
const QUERY = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on Service { environment { digest seq variables { name value } } } } }`;
const ALIASED = (from: number): string =>
  `{ project(slug: "default-project") { ${Array.from({ length: 25 }, (_, i) => `s${i}: service(id: "svc-${from + i}") { environment { digest seq variables { name value } } }`).join(' ')} } }`;

let app: TestApp;
let gateway: string;
let counted: Counting;
beforeAll(async () => {
  app = await startFederated({
    // Nothing is kept: every look-up is seen.
    cacheBytes: 0,
    answerCacheBytes: 0,
    limits: { ratePoints: 0 },
    open: ({ mac }) => {
      const store = openMemoryStore({ mac });
      counted = counting(store);
      return { ...store, ...counted.port };
    },
  });
  gateway = await gatewayToken(app);
  await aProject(app);
  for (let i = 0; i < SERVICES; i += 1)
    await done(app, PUT_SERVICE, aServiceInput({ id: `svc-${i}`, name: `Service ${i}` }));
  const variables = Array.from({ length: 50 }, (_, i) => ({ name: `NAME_${i}`, value: `value ${i}` }));
  await aGroup(app, { name: 'Fifty', variables });
}, 60_000);
afterAll(() => app.close());

const calls = (): number => Object.values(counted.calls).reduce((sum, count) => sum + count, 0);
const some = (count: number) => Array.from({ length: count }, (_, i) => aService(`svc-${i}`));

async function callsOf(count: number): Promise<number> {
  counted.reset();
  const { data, code } = await ask(app, { gateway, user: app.owner }, QUERY, { representations: some(count) });
  expect(code).toBe('OK');
  expect(data._entities).toHaveLength(count);
  for (const { environment } of data._entities) expect(environment.variables).toHaveLength(50);
  return calls();
}

describe('_entities', () => {
  it('costs the store the same however many are asked for', async () => {
    const [one, twenty, hundred] = [await callsOf(1), await callsOf(20), await callsOf(SERVICES)];
    process.stdout.write(`store calls: 1 entity ${one}, 20 ${twenty}, 100 ${hundred}\n`);
    expect(one).toBeGreaterThan(0);
    expect(twenty).toBeLessThanOrEqual(1.5 * one);
    expect(hundred).toBe(twenty);
  });

  it('looks up what is asked for twice once', async () => {
    const twice = [...some(1), ...some(1)];
    const { data } = await ask(app, { gateway, user: app.owner }, QUERY, { representations: twice });
    expect(data._entities[0]).toEqual(data._entities[1]);
  });

  it('has room for a hundred environments of fifty variables in the budget of one request', async () => {
    expect(await callsOf(SERVICES)).toBeGreaterThan(0);
  });

  it('costs the store no more than the same in four requests of aliases', async () => {
    const hundred = await callsOf(SERVICES);
    counted.reset();
    for (const from of [0, 25, 50, 75])
      expect((await ask(app, { gateway, user: app.owner }, ALIASED(from))).code).toBe('OK');
    expect(hundred).toBeLessThanOrEqual(calls());
  });
});
