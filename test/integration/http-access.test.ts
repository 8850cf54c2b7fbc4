import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codesOf, GOOD_TOKEN, type RunningServer, startServer } from '../support/http-app.ts';

let app: RunningServer;
beforeAll(async () => {
  app = await startServer();
});
afterAll(() => app.server.close());

/** Sends exactly these lines and reads until the server closes or `enough` is seen. */
function raw(lines: readonly string[], enough = /\r\n\r\n.*\}/s): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (enough.test(text)) socket.destroy();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    socket.write(Buffer.from(lines.join('\r\n'), 'latin1'));
  });
}

const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);

describe('answers', () => {
  it('carry what they must', async () => {
    const response = await app.gql('query Greeting { hello }');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ data: { hello: 'Hello world' } });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-length': '32',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(app.lines.at(-1)).toMatchObject({
      message: 'request',
      fields: {
        method: 'POST',
        path: '/graphql',
        status: 200,
        operation: 'Greeting',
        requestId: response.headers.get('x-request-id'),
      },
    });
  });

  it('name the type of graphql over HTTP when asked', async () => {
    const response = await app.post('{"query":"{ hello }"}', { accept: 'application/graphql-response+json' });
    expect(response.headers.get('content-type')).toMatch(/^application\/graphql-response\+json/);
  });

  it('come to GET as well', async () => {
    const query = new URLSearchParams({ query: 'query($n: String) { hello(name: $n) }', variables: '{"n":"you"}' });
    const response = await fetch(`${app.url}/graphql?${query}`, { headers: { authorization: GOOD_TOKEN } });
    expect(await response.json()).toEqual({ data: { hello: 'Hello you' } });
  });

  it.each([
    ['unknown', 'INTERNAL', 'Internal error'],
    ['integrity', 'INTEGRITY', 'Stored data failed'],
    ['known', 'NOT_FOUND', 'Group not found'],
  ])('case 205: a resolver that fails (%s) says no more than it may', async (how, code, message) => {
    const response = await app.gql('query($how: String!) { fail(how: $how) }', { how });
    expect(response.status).toBe(200);
    const requestId = response.headers.get('x-request-id');
    expect(await response.json()).toEqual({
      data: { fail: null },
      errors: [{ message, path: ['fail'], locations: [{ line: 1, column: 24 }], extensions: { code, requestId } }],
    });
    expect(JSON.stringify(app.lines)).not.toMatch(/hunter2/);
  });
});

describe('strangers', () => {
  it.each([
    ['without a token', undefined],
    ['with a wrong one', 'Bearer wrong'],
    ['case 6: with Basic', 'Basic good'],
    ['case 6: with two spaces', 'Bearer  good'],
    ['case 6: with a tab', 'Bearer\tgood'],
    ['case 6: with a no-break space', 'Bearer\u00a0good'],
    ['case 6: with two words', 'Bearer good good'],
    ['case 6: without a scheme', 'good'],
    ['case 6: with two in one', 'Bearer good, Bearer good'],
  ])('case 1: get 401 %s, whatever they send', async (_what, authorization) => {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (authorization !== undefined) headers.authorization = authorization;
    for (const body of [
      '{"query":"{ hello }"}',
      'not json',
      '{"query":"{"}',
      '[]',
      '{ "query": "{ hello }", "query": 1 }',
    ]) {
      const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(codesOf(await response.json())).toEqual(['UNAUTHENTICATED']);
    }
    const query = await fetch(
      `${app.url}/graphql?query=%7B`,
      authorization === undefined ? {} : { headers: { authorization } },
    );
    expect(query.status).toBe(401);
  });

  it('case 6: get 401 with the header twice, also when both are right', async () => {
    const text = await raw([
      'GET /graphql?query={hello} HTTP/1.1',
      'Host: x',
      `Authorization: ${GOOD_TOKEN}`,
      `Authorization: ${GOOD_TOKEN}`,
      '',
      '',
    ]);
    expect(statusOf(text)).toBe(401);
  });

  it('case 6: the scheme may be in any case', async () => {
    const response = await app.post('{"query":"{ hello }"}', { authorization: 'bearer good' });
    expect(response.status).toBe(200);
  });

  it('case 1: are refused before their body is read', async () => {
    // The body never comes: only an answer before it can end this test.
    const text = await raw([
      'POST /graphql HTTP/1.1',
      'Host: x',
      'Content-Type: application/json',
      'Content-Length: 1000',
      '',
      '',
    ]);
    expect(statusOf(text)).toBe(401);
  });

  it('case 1: are refused before they send a body that waits to be called', async () => {
    const head = [
      'POST /graphql HTTP/1.1',
      'Host: x',
      'Content-Type: application/json',
      'Expect: 100-continue',
      'Content-Length: 21',
    ];
    expect(statusOf(await raw([...head, '', '']))).toBe(401);
    expect(statusOf(await raw([...head, `Authorization: ${GOOD_TOKEN}`, '', ''], /100 Continue/))).toBe(100);
  });
});

describe('tokens in a URL', () => {
  it.each([
    '/graphql?token=hunter2',
    '/graphql?query=%7Bhello%7D&access_token=hunter2',
    '/graphql?TOKEN=hunter2',
    '/graphql?%74oken=hunter2',
    '/elsewhere?token=hunter2',
  ])('case 7: %s', async (path) => {
    const response = await fetch(`${app.url}${path}`, { headers: { authorization: GOOD_TOKEN } });
    expect(response.status).toBe(400);
    expect(await response.text()).not.toMatch(/hunter2/);
    expect(JSON.stringify(app.lines)).not.toMatch(/hunter2/);
  });
});

describe('a token in a path', () => {
  const tail = 'hunter2'.repeat(7);
  it.each([
    `/klm_u_${tail}`,
    `/v1/projects/klm_m_${tail}/secrets`,
    `/elsewhere/klmroot1_${tail}`,
    `/klm%5Fd%5F${tail}`,
    `/${'a'.repeat(180)}/KLM_U_${tail}`,
  ])('is not logged: %s', async (path) => {
    const before = app.lines.length;
    await fetch(`${app.url}${path}`, { headers: { authorization: GOOD_TOKEN } });
    expect(app.lines.length).toBeGreaterThan(before);
    expect(JSON.stringify(app.lines)).not.toMatch(/hunter2/i);
    expect(app.lines.at(-1)).toMatchObject({ fields: { path: expect.stringContaining('klm_***') } });
  });
});

describe('methods, types and paths', () => {
  it.each([
    ['application/x-www-form-urlencoded', 'query=mutation{append(text:"x")}'],
    [
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{"query":"{hello}"}\r\n--x--',
    ],
    ['text/plain', '{"query":"{ hello }"}'],
    ['application/graphql', '{ hello }'],
    ['application/json; charset=utf-16', '{"query":"{ hello }"}'],
    ['application/jsonx', '{"query":"{ hello }"}'],
    ['', '{"query":"{ hello }"}'],
  ])('case 88: the content type %j is refused', async (type, body) => {
    const response = await app.post(body, { 'content-type': type });
    expect(response.status).toBe(415);
    expect(codesOf(await response.json())).toEqual(['UNSUPPORTED_MEDIA_TYPE']);
    expect(app.journal).toEqual([]);
  });

  it('case 88: a mutation by GET changes nothing', async () => {
    const query = encodeURIComponent('mutation { append(text: "x") }');
    const response = await fetch(`${app.url}/graphql?query=${query}`, { headers: { authorization: GOOD_TOKEN } });
    expect(response.status).toBe(405);
    expect(codesOf(await response.json())).toEqual(['METHOD_NOT_ALLOWED']);
    expect(app.journal).toEqual([]);
  });

  it('case 88: GET with the content type of a form is refused', async () => {
    const headers = { authorization: GOOD_TOKEN, 'content-type': 'text/plain' };
    expect((await fetch(`${app.url}/graphql?query={hello}`, { headers })).status).toBe(415);
  });

  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])('%s is no method of /graphql', async (method) => {
    const response = await fetch(`${app.url}/graphql`, { method, headers: { authorization: GOOD_TOKEN } });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, GET']);
  });

  it.each([
    '/',
    '//graphql',
    '/GraphQL',
    '/%67raphql',
    '/graphql;x',
    '/metrics',
    '/debug',
    '/.env',
    '/.git/config',
    '/..%2fgraphql',
    '/index.js.map',
  ])('case 207, 228: there is nothing at %s', async (path) => {
    const response = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const { port } = new URL(app.url);
      httpRequest({ port, path, headers: { authorization: GOOD_TOKEN } }, (answer) => {
        let body = '';
        answer.on('data', (chunk) => {
          body += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode, body }));
      })
        .on('error', reject)
        .end();
    });
    expect(response.status).toBe(404);
    expect(JSON.parse(response.body)).toEqual({ error: { message: expect.any(String), id: expect.any(String) } });
  });

  it('case 78: there is no page outside development', async () => {
    const response = await fetch(`${app.url}/graphql`, { headers: { accept: 'text/html', authorization: GOOD_TOKEN } });
    expect(response.status).toBe(404);
  });

  it('case 78: there is one in development, and introspection', async () => {
    const development = await startServer({ development: true });
    const page = await fetch(`${development.url}/graphql`, { headers: { accept: 'text/html' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html']);
    const schema = await development.gql('{ __type(name: "Box") { name } }');
    expect(await schema.json()).toEqual({ data: { __type: { name: 'Box' } } });
    await development.server.close();
  });
});

describe('subscriptions', () => {
  it('case 87: are refused over a plain POST', async () => {
    const response = await app.gql('subscription { count(to: 2) }');
    expect([response.status, codesOf(await response.json())]).toEqual([400, ['BAD_REQUEST']]);
  });

  it('arrive as server-sent events', async () => {
    const response = await app.post('{"query":"subscription { count(to: 2) }"}', { accept: 'text/event-stream' });
    expect(response.headers.get('cache-control')).toBe('no-store');
    const events = (await response.text()).split('\n').filter((line) => line.startsWith('data: {'));
    expect(events).toEqual(['data: {"data":{"count":1}}', 'data: {"data":{"count":2}}']);
  });

  it.each([
    ['a stranger', { authorization: 'Bearer bad' }, '{"query":"subscription { count(to: 2) }"}', 401, false],
    ['two root fields', {}, '{"query":"subscription { count(to: 2) other: count(to: 1) }"}', 200, true],
    [
      'a bad variable',
      {},
      '{"query":"subscription($n: Int!) { count(to: $n) }","variables":{"n":"hunter2"}}',
      200,
      true,
    ],
    ['a query too deep', {}, `{"query":"{ group ${'{ parent '.repeat(12)} { id } ${'}'.repeat(12)} }"}`, 200, true],
  ])('case 86, 87: %s gets no stream', async (_who, headers, body, status, isEvent) => {
    const response = await app.post(body, { accept: 'text/event-stream', ...headers });
    expect(response.status).toBe(status);
    const text = await response.text();
    expect(text).not.toMatch(/hunter2/);
    // In one event: a client takes any other answer for a broken connection.
    expect([text.startsWith('event: next'), text.includes('"code":"BAD_REQUEST"')]).toEqual([isEvent, isEvent]);
  });
});
