import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { networkOf } from '../../src/net/client-address.ts';
import { type RunningServer, startServer } from '../support/http-app.ts';
import { until } from '../support/listening.ts';

const PROTOCOL = 'graphql-transport-ws';
const INIT = { type: 'connection_init', payload: { authorization: 'Bearer good' } };
const COUNT = { id: 'a', type: 'subscribe', payload: { query: 'subscription { count(to: 2) }' } };
const NEVER = { type: 'subscribe', payload: { query: '{ never }' } };

let server: RunningServer;
afterEach(() => server.server.close());

interface Raw {
  readonly ws: WebSocket;
  // biome-ignore lint/suspicious/noExplicitAny: messages are read as the protocol shapes them
  readonly said: any[];
  /** The code of the close frame. */
  readonly closed: Promise<number>;
  send(message: object | string): void;
}

async function dial(protocols: string | string[] = PROTOCOL, headers: Record<string, string> = {}): Promise<Raw> {
  const ws = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, protocols, { headers });
  const said: Raw['said'] = [];
  ws.on('message', (data) => said.push(JSON.parse(String(data))));
  const closed = new Promise<number>((resolve) => ws.once('close', resolve));
  await once(ws, 'open');
  return {
    ws,
    said,
    closed,
    send: (message) => ws.send(typeof message === 'string' ? message : JSON.stringify(message)),
  };
}

/** A connection that was let in. */
async function ready(): Promise<Raw> {
  const raw = await dial();
  raw.send(INIT);
  await until(() => raw.said.length === 1);
  expect(raw.said).toEqual([{ type: 'connection_ack' }]);
  raw.said.length = 0;
  return raw;
}

describe('the protocol', () => {
  it('answers queries, mutations and subscriptions', async () => {
    server = await startServer();
    const raw = await ready();
    raw.send(COUNT);
    raw.send({ id: 'b', type: 'subscribe', payload: { query: '{ hello }' } });
    raw.send({ id: 'c', type: 'subscribe', payload: { query: 'mutation { append(text: "x") }' } });
    raw.send({ type: 'ping' });
    await until(() => raw.said.length === 8);
    const of = (id: string) => raw.said.filter((message) => message.id === id);
    expect(of('a')).toEqual([
      { id: 'a', type: 'next', payload: { data: { count: 1 } } },
      { id: 'a', type: 'next', payload: { data: { count: 2 } } },
      { id: 'a', type: 'complete' },
    ]);
    expect(of('b')).toEqual([
      { id: 'b', type: 'next', payload: { data: { hello: 'Hello world' } } },
      { id: 'b', type: 'complete' },
    ]);
    expect(of('c')[0]).toEqual({ id: 'c', type: 'next', payload: { data: { append: ['x'] } } });
    expect(raw.said).toContainEqual({ type: 'pong' });
    raw.ws.close();
  });

  it('takes the token of the Authorization header, too', async () => {
    server = await startServer();
    const raw = await dial(PROTOCOL, { authorization: 'Bearer good' });
    raw.send({ type: 'connection_init' });
    await until(() => raw.said.length === 1);
    expect(raw.said).toEqual([{ type: 'connection_ack' }]);
    raw.ws.close();
  });

  it('a completed operation says nothing more, and its id is free again', async () => {
    server = await startServer();
    const raw = await ready();
    raw.send({ ...NEVER, id: 'a' });
    raw.send({ id: 'a', type: 'complete' });
    raw.send(COUNT);
    await until(() => raw.said.length === 3);
    expect(raw.said.map(({ type }) => type)).toEqual(['next', 'next', 'complete']);
    raw.ws.close();
  });

  it('ids of many bytes and large payloads come whole', async () => {
    server = await startServer();
    const raw = await ready();
    const id = '"é😀\\'.repeat(20);
    const text = 'é'.repeat(400);
    for (const size of [1, 40, 70_000]) {
      const query = `query { echo(text: ${JSON.stringify(text.repeat(Math.min(size, 40)))}) }`;
      raw.send({ id: `${id}${size}`, type: 'subscribe', payload: { query } });
    }
    raw.send({ id, type: 'subscribe', payload: { query: 'subscription { count(to: 1) }' } });
    await until(() => raw.said.length === 8);
    expect(raw.said.filter((message) => message.id === id)).toHaveLength(2);
    raw.ws.close();
  });
});

describe('case 82: what is closed, and with which code', () => {
  const cases: readonly (readonly [what: string, messages: readonly (object | string)[], code: number])[] = [
    ['a second init', [INIT, INIT], 4429],
    ['subscribe before init', [COUNT], 4401],
    ['an id that is taken', [INIT, { ...NEVER, id: 'a' }, { ...NEVER, id: 'a' }], 4409],
    ['an unknown type', [INIT, { type: 'shout' }], 4400],
    ['no JSON', ['hunter2'], 4400],
    ['a key given twice', ['{"type":"ping","type":"pong"}'], 4400],
    ['a batch', [INIT, { id: 'a', type: 'subscribe', payload: [] }], 4400],
    ['an id that is a number', [INIT, { id: 7, type: 'complete' }], 4400],
    ['a bad token', [{ type: 'connection_init', payload: { authorization: 'Bearer bad' } }], 4403],
    ['no token', [{ type: 'connection_init' }], 4403],
    ['a message too large', [{ type: 'ping', payload: { text: 'x'.repeat(70_000) } }], 1009],
  ];
  it.each(cases)('%s', async (_what, messages, code) => {
    server = await startServer();
    const raw = await dial();
    for (const message of messages) {
      raw.send(message);
      if (message === INIT && messages.length > 1 && messages[1] !== INIT) await until(() => raw.said.length > 0);
    }
    expect(await raw.closed).toBe(code);
    expect(JSON.stringify(raw.said)).not.toMatch(/hunter2/);
  });

  it('no init within its time', async () => {
    server = await startServer({ limits: { socketInitMs: 50 } });
    expect(await (await dial()).closed).toBe(4408);
  });

  it('a binary message', async () => {
    server = await startServer();
    const raw = await dial();
    raw.ws.send(Buffer.from(JSON.stringify(INIT)), { binary: true });
    expect(await raw.closed).toBe(4400);
  });

  it.each([
    ['case 85: the protocol of old', 'graphql-ws'],
    ['case 85: none', []],
  ])('%s', async (_what, protocols) => {
    server = await startServer();
    expect(await (await dial(protocols)).closed).toBe(4406);
  });
});

describe('limits', () => {
  it('case 83: operations on a connection', async () => {
    server = await startServer({ limits: { subscriptionsPerSocket: 2 } });
    const raw = await ready();
    for (const id of ['a', 'b', 'c']) raw.send({ ...NEVER, id });
    await until(() => raw.said.length === 1);
    expect(raw.said).toMatchObject([{ id: 'c', type: 'error', payload: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] }]);
    raw.ws.close();
  });

  it('case 83: messages a minute', async () => {
    server = await startServer({ limits: { socketMessagesPerMinute: 5 } });
    const raw = await ready();
    for (let i = 0; i < 5; i += 1) raw.send({ type: 'ping' });
    expect(await raw.closed).toBe(4429);
  });

  const refusalOf = async (headers: Record<string, string>, path = '/graphql'): Promise<number | undefined> => {
    const ws = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, PROTOCOL, { headers });
    ws.on('error', () => {});
    const [, response] = (await once(ws, 'unexpected-response')) as [unknown, { statusCode?: number; resume(): void }];
    response.resume();
    return response.statusCode;
  };

  it.each([
    ['case 84: another site', { origin: 'https://evil.example', cookie: 'a=b' }, '/graphql', 403],
    ['case 84: no site at all', { origin: 'null' }, '/graphql', 403],
    ['another path', {}, '/other', 404],
    ['case 7: a token in the URL', {}, '/graphql?token=hunter2', 400],
    ['a bad scheme', { authorization: 'Basic x' }, '/graphql', 401],
  ])('%s is refused before the upgrade', async (_who, headers, path, status) => {
    server = await startServer();
    expect(await refusalOf(headers, path)).toBe(status);
  });

  it('case 84: a page of its own is let in', async () => {
    server = await startServer();
    const raw = await dial(PROTOCOL, { origin: server.url });
    raw.ws.close();
  });

  it('case 239: of one address the oldest stranger makes room, and nobody who has signed in', async () => {
    server = await startServer({ limits: { strangersPerAddress: 2 } });
    const known = await ready();
    const [first, second, third] = [await dial(), await dial(), await dial()];
    expect(await first?.closed).toBe(4408);
    second?.send(INIT);
    await until(() => second?.said.length === 1);
    const fourth = await dial();
    expect([known, second, third, fourth].map((raw) => raw?.ws.readyState)).toEqual([1, 1, 1, 1]);
    for (const raw of [known, second, third, fourth]) raw?.ws.close();
  });

  it('case 239: strangers from one address lock nobody out, however many', async () => {
    server = await startServer();
    const strangers = await Promise.all(Array.from({ length: 600 }, () => dial()));
    const raw = await ready();
    raw.send(COUNT);
    await until(() => raw.said.length === 3);
    raw.ws.close();
    const open = strangers.filter(({ ws }) => ws.readyState === WebSocket.OPEN);
    expect(open.length).toBeLessThanOrEqual(400);
    for (const { ws } of strangers) ws.close();
  });

  it('case 239: behind a trusted proxy clients are told apart', async () => {
    const trustedProxies = [networkOf('127.0.0.1')].flatMap((each) => (each ? [each] : []));
    server = await startServer({ limits: { strangersPerAddress: 1 }, trustedProxies });
    const from = (address: string) => dial(PROTOCOL, { 'x-forwarded-for': address });
    const [one, two, again] = [await from('203.0.113.1'), await from('203.0.113.2'), await from('203.0.113.1')];
    expect(await one?.closed).toBe(4408);
    await until(() => server.lines.some(({ message }) => message === 'socket'));
    expect(server.lines.find(({ message }) => message === 'socket')?.fields).toMatchObject({ client: '203.0.113.1' });
    for (const raw of [two, again]) raw?.ws.close();
  });

  it('case 231: a second subscription under a long id ends that connection alone', async () => {
    server = await startServer();
    const [raw, other] = [await ready(), await ready()];
    const id = '\u20ac'.repeat(60);
    for (let i = 0; i < 2; i += 1) raw.send({ ...NEVER, id });
    expect(await raw.closed).toBe(4409);
    other.send(COUNT);
    await until(() => other.said.length === 3);
    other.ws.close();
  });

  it.each([
    ['\u20ac'.repeat(41)],
    ['\u20ac'.repeat(60)],
    ['\ud83d\ude00'.repeat(90)],
    ['\ud800'.repeat(200)],
    ['x'.repeat(200)],
  ])('case 231: a close reason with %j is cut to whole characters', async (id) => {
    server = await startServer();
    const raw = await ready();
    const reason = new Promise<string>((resolve) => raw.ws.once('close', (_code, text) => resolve(String(text))));
    for (let i = 0; i < 2; i += 1)
      raw.send(`{"id":${JSON.stringify(id)},"type":"subscribe","payload":{"query":"{ never }"}}`);
    await raw.closed;
    expect(Buffer.byteLength(await reason)).toBeLessThanOrEqual(123);
    expect(await reason).not.toContain('\ufffd');
  });

  it('a slash behind the path makes no difference', async () => {
    server = await startServer();
    const ws = new WebSocket(`${server.url.replace('http', 'ws')}/graphql/`, PROTOCOL);
    await once(ws, 'open');
    ws.close();
    const response = await fetch(`${server.url}/graphql/`, {
      method: 'POST',
      headers: { authorization: 'Bearer good', 'content-type': 'application/json' },
      body: '{"query":"{ hello }"}',
    });
    expect(await response.json()).toEqual({ data: { hello: 'Hello world' } });
  });

  it.each([[1], [null], [{}], [['a']], ['']])('an id that is %j is refused in words', async (id) => {
    server = await startServer();
    const raw = await ready();
    const reason = new Promise<string>((resolve) => raw.ws.once('close', (_code, text) => resolve(String(text))));
    raw.send({ ...NEVER, id } as object);
    expect([await raw.closed, await reason]).toEqual([4400, 'id must be a string of 1 to 200 characters']);
  });

  it('case 86: what is refused over HTTP is refused here', async () => {
    server = await startServer({ limits: { cost: 50, bodyBytes: 2_048 } });
    const raw = await ready();
    const ask = (id: string, query: string, variables: object = {}) =>
      raw.send({ id, type: 'subscribe', payload: { query, variables } });
    ask('depth', `{ group ${'{ parent '.repeat(12)} { id } ${'}'.repeat(12)} }`);
    ask('tokens', `{ ${'hello '.repeat(2_100)} }`);
    ask('aliases', `{ ${Array.from({ length: 31 }, (_, i) => `a${i}: hello`).join(' ')} }`);
    ask('cost', '{ group { items(first: 100) { nodes { name } } } }');
    ask('introspection', '{ __schema { types { name } } }');
    ask('roots', 'subscription { count(to: 2) other: count(to: 1) }');
    ask('variable', 'query ($n: [Int!]) { numbers(list: $n) }', { n: 'hunter2' });
    ask('bytes', '{ hello }', { text: 'x'.repeat(4_000) });
    await until(() => raw.said.length === 8);
    const codes = Object.fromEntries(raw.said.map(({ id, type, payload }) => [id, [type, payload[0].extensions.code]]));
    expect(codes).toEqual({
      ...Object.fromEntries(
        ['depth', 'tokens', 'aliases', 'cost', 'introspection', 'roots', 'variable'].map((id) => [
          id,
          ['error', 'BAD_REQUEST'],
        ]),
      ),
      bytes: ['error', 'TOO_LARGE'],
    });
    expect(JSON.stringify(raw.said)).not.toMatch(/hunter2/);
    raw.ws.close();
  });

  it('case 86: so is what does not end in time', async () => {
    server = await startServer({ limits: { deadlineMs: 200 } });
    const raw = await ready();
    raw.send({ ...NEVER, id: 'a' });
    await until(() => raw.said.length === 1);
    expect(raw.said).toMatchObject([{ id: 'a', type: 'error', payload: [{ extensions: { code: 'TIMEOUT' } }] }]);
    raw.ws.close();
  });

  it('case 86: so is every form that is refused over HTTP', async () => {
    server = await startServer();
    const raw = await ready();
    const many = (count: number, text: (i: number) => string): string =>
      Array.from({ length: count }, (_, i) => text(i)).join(' ');
    const forms: Readonly<Record<string, string>> = {
      'case 68: lists': `{ numbers(list: ${'['.repeat(2_000)}${']'.repeat(2_000)}) }`,
      'case 69: __typename': `{ ${many(101, (i) => `a${i}: __typename`)} }`,
      'case 70: aliases': `{ ${many(5_000, (i) => `a${i}:hello`)} }`,
      'case 71: fields': `{ ${'hello '.repeat(10_000)} }`,
      'case 72: directives': `{ hello ${'@aa '.repeat(10)} }`,
      'case 72: many directives': `{ hello ${'@a '.repeat(10_000)} }`,
      'case 74: a cycle': '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
      'case 74: spreads': `{ ...F0 } ${many(20, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)} fragment F20 on Query { hello }`,
      'case 77: a page': '{ group { items(first: 1000000000) { nodes { name } } } }',
      'case 77: a page before nothing': '{ group { items(first: -2147483648) { nodes { name } } } }',
      'case 78: introspection': '{ __type(name: "Box") { name } }',
      'case 87: nothing of its own': 'subscription { __typename }',
      'case 87: two roots by a fragment':
        'subscription { ...F } fragment F on Subscription { count(to: 1) b: count(to: 2) }',
      'case 87: none': 'subscription { count(to: 1) @skip(if: true) }',
    };
    for (const [id, query] of Object.entries(forms)) raw.send({ id, type: 'subscribe', payload: { query } });
    await until(() => raw.said.length >= Object.keys(forms).length);
    const refusals = raw.said.map(({ id, type, payload }) => [
      id,
      type,
      payload.length <= 10,
      payload[0].extensions.code,
    ]);
    expect(refusals.sort()).toEqual(
      Object.keys(forms)
        .map((id) => [id, 'error', true, 'BAD_REQUEST'])
        .sort(),
    );
    raw.send(COUNT);
    await until(() => raw.said.at(-1)?.type === 'complete');
    raw.ws.close();
  });

  it('case 83: connections in all', async () => {
    server = await startServer({ limits: { sockets: 1, strangers: 2 } });
    const [raw, second] = [await ready(), await dial()];
    second.send(INIT);
    expect(await second.closed).toBe(1013);
    const [third] = [await dial(), await dial(), await dial()];
    expect(await third?.closed).toBe(4408);
    raw.ws.close();
  });

  it('case 160: a peer that answers no ping is gone after two', async () => {
    server = await startServer({ limits: { socketPingMs: 50 } });
    const raw = await ready();
    raw.ws.pong = () => {};
    raw.ws.pause();
    await until(() => server.lines.some(({ message }) => message === 'socket'));
    expect(server.lines.find(({ message }) => message === 'socket')?.fields.code).toBe(1006);
    raw.ws.terminate();
  });

  it('case 213: a gateway that closes says so with 1001', async () => {
    server = await startServer();
    const raw = await ready();
    await Promise.all([server.server.close(), expect(raw.closed).resolves.toBe(1001)]);
  });
});
