import { createClient as createSseClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listener, listen } from '../support/listening.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
let few: TestApp;
const workload = { project: 'default-project', kind: 'SERVICE', id: 's' };
const prepare = async (into: TestApp) => {
  await into.gql('mutation { createProject(input: { name: "Default Project" }) { __typename } }');
  await into.gql(
    'mutation { putService(input: { project: "default-project", id: "s", name: "Service", variables: [{ name: "A", value: "1" }] }) { __typename } }',
  );
};
beforeAll(async () => {
  app = await startApp({ limits: { ratePoints: 6_000 } });
  await prepare(app);
  few = await startApp({ limits: { ratePoints: 40 } });
  await prepare(few);
});
afterAll(async () => {
  await app.close();
  await few.close();
});

const post = (into: TestApp, query: string, token = into.owner, headers: Record<string, string> = {}) =>
  fetch(`${into.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify({ query }),
  });
const left = (response: Response) => Number(response.headers.get('x-ratelimit-remaining'));

const RESOLVE =
  '{ project(slug: "default-project") { service(id: "s") { environment { digest variables { name value } } } } }';
const LISTEN = `subscription { environmentChanged(project: "default-project", workload: { kind: SERVICE, id: "s" }) {
  ... on EnvironmentEvent { cursor digest } } }`;

describe('what a request costs', () => {
  it('a point, none when it is given again, one more for each 100 of static cost', async () => {
    const token = await app.token('owner');
    const first = await post(app, '{ viewer { __typename } }', token);
    expect(first.headers.get('x-ratelimit-limit')).toBe('6000');
    expect(left(first)).toBe(5_999);
    expect(Number(first.headers.get('x-ratelimit-reset'))).toBeGreaterThan(50);
    const again = await post(app, '{ viewer { __typename } }', token);
    expect(left(again)).toBe(5_999);
    // 1 + 100 x (1 + 1) + 1: two points beside the first.
    const wide = await post(app, '{ projects(first: 100) { nodes { id } } }', token);
    expect(left(wide)).toBeLessThan(5_998);
    const cost = 5_999 - left(wide) - 1;
    expect(cost).toBeGreaterThanOrEqual(1);
    // A document that is not understood costs its point as well.
    const bad = await post(app, '{ nothing }', token);
    expect(left(bad)).toBe(left(wide) - 1);
  });

  it('a dependent has ten times as many', async () => {
    const token = await app.token('dependent', { kind: 'DEPENDENT', workload });
    const response = await post(app, RESOLVE, token);
    expect([response.status, response.headers.get('x-ratelimit-limit')]).toEqual([200, '60000']);
  });
});

describe('when the points are spent', () => {
  it('case 92: POST, GET, events and WebSocket are refused alike; what was answered before is given again', async () => {
    const token = await few.token('owner');
    expect((await post(few, '{ viewer { __typename } }', token)).status).toBe(200);
    let status = 200;
    for (let i = 0; i < 60 && status === 200; i += 1) {
      const response = await post(few, `{ viewer { __typename } } # ${i}`, token);
      ({ status } = response);
      if (status !== 429) continue;
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(left(response)).toBe(0);
      const { errors } = (await response.json()) as { errors: { extensions: object }[] };
      expect(errors[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) });
    }
    expect(status).toBe(429);
    const headers = { authorization: `Bearer ${token}` };
    const url = `${few.url}/graphql`;
    const query = encodeURIComponent('{ viewer { __typename } }');
    expect((await fetch(`${url}?query=${query}`, { headers })).status).toBe(429);
    expect((await post(few, '{ viewer { id } }', token, { accept: 'text/event-stream' })).status).toBe(429);
    const listener = await listen(few.url, token, LISTEN);
    expect(listener.ended.by).toEqual(['RATE_LIMITED']);
    await listener.stop();
    const again = await post(few, '{ viewer { __typename } }', token);
    expect([again.status, left(again)]).toEqual([200, 0]);
  });

  it('a stream of events over the published client is refused as well, without a retry of its own', async () => {
    const token = await few.token('owner');
    for (let i = 0; i < 41; i += 1) await post(few, `{ viewer { __typename } } # ${i}`, token);
    let tries = 0;
    const client = createSseClient({
      url: `${few.url}/graphql`,
      headers: { authorization: `Bearer ${token}` },
      retryAttempts: 1,
      retry: async () => {},
      fetchFn: (...args: Parameters<typeof fetch>) => {
        tries += 1;
        return fetch(...args);
      },
    });
    const failed = await new Promise((resolve) =>
      client.subscribe({ query: LISTEN }, { next: () => {}, error: resolve, complete: () => resolve(null) }),
    );
    expect(failed).toBeTruthy();
    expect(tries).toBeLessThanOrEqual(2);
  });
});

it('200 listeners of one token that connect, subscribe and resolve at once are never refused', async () => {
  const token = await app.token('dependent', { kind: 'DEPENDENT', workload });
  const before = await Promise.all(
    Array.from({ length: 200 }, async (): Promise<readonly [Listener, Response]> => {
      const listener = await listen(app.url, token, LISTEN);
      return [listener, await post(app, RESOLVE, token)];
    }),
  );
  expect(before.filter(([{ closed, ended }]) => closed.code !== null || ended.by !== null)).toEqual([]);
  expect(before.map(([, { status }]) => status)).toEqual(Array(200).fill(200));
  await Promise.all(before.map(([listener]) => listener.stop()));
});

it('case 15: 700 wrong tokens from one address are told to come later, and a good one is let in', async () => {
  const statuses = await Promise.all(
    Array.from({ length: 700 }, async (_, i) => (await post(app, '{ viewer { id } }', `klm_m_${i}`)).status),
  );
  expect(statuses.filter((status) => status === 401)).toHaveLength(600);
  expect(statuses.filter((status) => status === 429)).toHaveLength(100);
  expect((await post(app, '{ viewer { id } } # good')).status).toBe(200);
});
