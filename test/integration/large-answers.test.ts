import { createClient as createSseClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen, until } from '../support/listening.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
let project: string;
const big = 'v'.repeat(60_000);
const PUT = `mutation ($input: PutServiceInput!) { putService(input: $input) { __typename ... on Error { message } } }`;
const serviceInput = (last = big) => ({
  project: 'default-project',
  id: 's',
  name: 'Service',
  variables: Array.from({ length: 5 }, (_, i) => ({ name: `A${i}`, value: i === 4 ? last : big })),
});
beforeAll(async () => {
  // An environment of 0.3 MB, and answers of at most 5 MB.
  app = await startApp({
    limits: { answerBytes: 5_000_000, answerBytesInFlight: 12_000_000, deadlineMs: 60_000, cost: 100_000 },
  });
  const { data } = await app.gql(
    'mutation { createProject(input: { name: "Default Project" }) { ... on CreateProjectPayload { project { id } } } }',
  );
  project = data.createProject.project.id;
  const { data: put } = await app.gql(PUT, { input: serviceInput() });
  expect(put.putService.__typename).toBe('PutServicePayload');
});
afterAll(() => app.close());

const NODES = (count: number) =>
  `query ($ids: [ID!]!) { ${Array.from(
    { length: count },
    (_, i) =>
      `a${i}: nodes(ids: $ids) { ... on Project { service(id: "s") { environment { variables { name value } } } } }`,
  ).join(' ')} }`;
const idsOf = (count: number) => Array.from({ length: count }, () => project);

describe('an answer larger than it may be', () => {
  it('case 235: one id 100 times under three aliases is refused as a whole', async () => {
    const { status, data, errors } = await app.gql(NODES(3), { ids: idsOf(100) });
    expect([status, data]).toEqual([422, undefined]);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BUDGET_EXCEEDED', maximum: 5_000_000 });
  });

  it('one that fits is answered, small and large', async () => {
    const { status, data } = await app.gql(NODES(1), { ids: idsOf(10) });
    expect(status).toBe(200);
    expect(data.a0).toHaveLength(10);
    expect(data.a0[9].service.environment.variables[4].value).toBe(big);
  });

  it('case 235: six at once find no room together, and all do one after the other', async () => {
    const codes = (await Promise.all(Array.from({ length: 6 }, () => app.gql(NODES(1), { ids: idsOf(15) })))).map(
      ({ errors }) => errors?.[0]?.extensions.code ?? 'OK',
    );
    expect(new Set(codes)).toEqual(new Set(['OK', 'UNAVAILABLE']));
    for (let i = 0; i < 3; i += 1) expect((await app.gql(NODES(1), { ids: idsOf(15 - i) })).status).toBe(200);
  });

  it('over a WebSocket', async () => {
    const tooMuch = await listen(app.url, app.owner, NODES(3), { variables: { ids: idsOf(100) } });
    await until(() => tooMuch.ended.by !== null);
    await tooMuch.stop();
    expect(tooMuch.ended.by).toEqual(['BUDGET_EXCEEDED']);
    const fits = await listen(app.url, app.owner, NODES(1), { variables: { ids: idsOf(10) } });
    await until(() => fits.ended.by !== null);
    await fits.stop();
    expect([fits.ended.by, fits.events[0]?.length]).toEqual(['complete', 10]);
  });

  it('over server-sent events', async () => {
    const client = createSseClient({
      url: `${app.url}/graphql`,
      headers: { authorization: `Bearer ${app.owner}` },
      retryAttempts: 0,
    });
    const results: { readonly errors?: readonly { readonly extensions: unknown }[] }[] = [];
    await new Promise<void>((resolve, reject) =>
      client.subscribe(
        { query: NODES(3), variables: { ids: idsOf(100) } },
        { next: (result) => void results.push(result as never), error: reject, complete: resolve },
      ),
    );
    expect(results).toHaveLength(1);
    expect(results[0]?.errors?.[0]?.extensions).toMatchObject({ code: 'BUDGET_EXCEEDED' });
  });

  it('as an event of a stream: the error comes in its place, and the stream goes on', async () => {
    const aliases = Array.from({ length: 25 }, (_, i) => `a${i}: environment { variables { value } }`).join(' ');
    const query = `subscription { environmentChanged(project: "default-project", workload: { kind: SERVICE, id: "s" }) {
      ... on EnvironmentEvent { cursor ${aliases} } } }`;
    const listener = await listen(app.url, app.owner, query);
    await app.gql(PUT, { input: serviceInput('changed') });
    const [event] = await listener.count(1);
    expect(event).toEqual({ errors: ['BUDGET_EXCEEDED'] });
    expect(listener.closed.code).toBeNull();
    await listener.stop();
  });
});
