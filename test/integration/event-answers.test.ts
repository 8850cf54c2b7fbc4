import { type Client, createClient } from 'graphql-sse';
import { afterEach, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../support/http-app.ts';

/** Case 242: whoever reads server-sent events gets every answer as one, so that no client takes an answer for a broken connection. */
let server: RunningServer;
let client: Client;
afterEach(async () => {
  client?.dispose();
  await server.server.close();
});

const EVENTS = { accept: 'text/event-stream' };
const eventsOf = async (response: Response) => {
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const [, data, rest] = /^event: next\ndata: ([^\n]*)\n\n(.*)$/s.exec(await response.text()) ?? [];
  expect(rest).toBe('event: complete\ndata:\n\n');
  return JSON.parse(data ?? 'null');
};

/** Asks with the published client, which asks again whenever it believes that the connection broke. */
async function asked(query: string, token = 'good', headers: Record<string, string> = {}) {
  let requests = 0;
  client = createClient({
    url: `${server.url}/graphql`,
    headers: { authorization: `Bearer ${token}`, ...headers },
    retryAttempts: 3,
    retry: async () => {},
    fetchFn: (input: string, init: RequestInit) => {
      requests += 1;
      return fetch(input, init);
    },
  });
  const results: unknown[] = [];
  const failure = await new Promise<unknown>((resolve) => {
    client.subscribe(
      { query },
      { next: (value) => void results.push(value), error: resolve, complete: () => resolve(null) },
    );
  });
  return { requests, results, failure };
}

describe('case 242: what a GraphQL answer can say is an event', () => {
  it.each<[string, string, object]>([
    ['a query', '{ hello }', { data: { hello: 'Hello world' } }],
    ['a mutation', 'mutation { append(text: "x") }', { data: { append: ['x'] } }],
    ['a validation error', '{ nothing }', { errors: [{ extensions: { code: 'BAD_REQUEST' } }] }],
    ['a syntax error', '{', { errors: [{ extensions: { code: 'BAD_REQUEST' } }] }],
    ['an error of a resolver', '{ fail(how: "unknown") }', { errors: [{ extensions: { code: 'INTERNAL' } }] }],
    ['a limit', `{ ${'hello '.repeat(2_100)} }`, { errors: [{ extensions: { code: 'BAD_REQUEST' } }] }],
  ])('%s', async (_what, query, expected) => {
    server = await startServer();
    expect(await eventsOf(await server.post(JSON.stringify({ query }), EVENTS))).toMatchObject(expected);
    server.journal.length = 0;
    const { requests, results, failure } = await asked(query);
    expect([requests, results, failure]).toMatchObject([1, [expected], null]);
    expect(server.journal).toEqual(query.startsWith('mutation') ? ['x'] : []);
  });

  it('an answer that comes too late, so that a mutation is not run again', async () => {
    server = await startServer({ limits: { deadlineMs: 100 } });
    const { requests, results } = await asked('mutation { append(text: "late", ms: 300) }');
    expect([requests, results]).toMatchObject([1, [{ errors: [{ extensions: { code: 'TIMEOUT' } }] }]]);
    await expect.poll(() => server.journal).toEqual(['late']);
  });
});

describe('case 242: what is refused before it comes to an answer keeps its status', () => {
  const QUERY = JSON.stringify({ query: 'mutation { append(text: "x") }' });
  it.each<[string, number, string, Record<string, string>]>([
    ['a stranger', 401, QUERY, { authorization: 'Bearer bad' }],
    ['a page of another site', 403, QUERY, { origin: 'https://evil.example' }],
    ['a form', 415, 'query={hello}', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['too much', 413, JSON.stringify({ query: '{ hello }', extensions: { x: 'x'.repeat(1_100_000) } }), {}],
    ['no JSON', 400, '{', {}],
  ])('%s', async (_what, status, body, headers) => {
    server = await startServer();
    const response = await server.post(body, { ...EVENTS, ...headers });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      'application/json; charset=utf-8',
    ]);
    expect(server.journal).toEqual([]);
  });

  it('a mutation by GET is 405', async () => {
    server = await startServer();
    const url = `${server.url}/graphql?query=${encodeURIComponent('mutation { append(text: "x") }')}`;
    const response = await fetch(url, { headers: { ...EVENTS, authorization: 'Bearer good' } });
    expect([response.status, response.headers.get('allow'), server.journal]).toEqual([405, 'POST', []]);
  });

  it('the published client gives up on a stranger without asking for ever, and nothing ran', async () => {
    server = await startServer();
    const { requests, failure } = await asked('mutation { append(text: "x") }', 'bad');
    expect(failure).not.toBeNull();
    expect(requests).toBeLessThanOrEqual(4);
    expect(server.journal).toEqual([]);
  });
});
