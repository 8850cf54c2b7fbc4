import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codesOf, GOOD_TOKEN, type RunningServer, startServer } from '../support/http-app.ts';

let app: RunningServer;
beforeAll(async () => {
  app = await startServer({ limits: { bodyBytes: 2_000, fileBodyBytes: 8_000 } });
});
afterAll(() => app.server.close());

/** A body of exactly this many bytes. */
function bodyOf(size: number, query = 'query($t: String!) { echo(text: $t) }', name = 't'): string {
  const empty = JSON.stringify({ query, variables: { [name]: '' } });
  return JSON.stringify({ query, variables: { [name]: 'x'.repeat(size - empty.length) } });
}

const UPLOAD = 'mutation($d: String!) { upload(data: $d) }';

/** Sends a head, then `piece` for as long as the server takes it; gives the answer. */
function endless(head: readonly string[], piece: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    let answer = '';
    const more = (): void => {
      while (piece !== '' && answer === '' && !socket.destroyed && socket.write(piece));
    };
    socket.on('drain', more);
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
    socket.write([...head, '', ''].join('\r\n'));
    more();
  });
}

const HEAD = ['POST /graphql HTTP/1.1', 'Host: x', 'Content-Type: application/json', `Authorization: ${GOOD_TOKEN}`];

describe('size of a body', () => {
  it.each([
    ['of the limit', bodyOf(2_000), 200],
    ['one byte over the limit', bodyOf(2_001), 413],
    ['of the limit for files', bodyOf(8_000, UPLOAD, 'd'), 200],
    ['one byte over the limit for files', bodyOf(8_001, UPLOAD, 'd'), 413],
    ['over the limit for a mutation without files', bodyOf(2_001, 'mutation($t: String!) { append(text: $t) }'), 413],
    [
      'over the limit for one mutation of two',
      bodyOf(2_001, 'mutation($d: String!) { upload(data: $d) append(text: "x") }', 'd'),
      413,
    ],
  ])('case 67: %s', async (_what, body, status) => {
    const response = await app.post(body);
    expect(response.status).toBe(status);
    expect(codesOf(await response.json())).toEqual(status === 413 ? ['TOO_LARGE'] : []);
    expect(app.journal).toEqual([]);
  });

  it('case 67: a chunked body without an end', async () => {
    const chunk = `1000\r\n${'x'.repeat(0x1000)}\r\n`;
    expect(await endless([...HEAD, 'Transfer-Encoding: chunked'], chunk)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('case 67: a length that promises too much', async () => {
    expect(await endless([...HEAD, 'Content-Length: 99999999'], '')).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('case 67: a length and chunks together, and two lengths', async () => {
    expect(await endless([...HEAD, 'Content-Length: 5', 'Transfer-Encoding: chunked'], '')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await endless([...HEAD, 'Content-Length: 5', 'Content-Length: 6'], '')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each(['gzip', 'br', 'deflate'])('case 67: a body packed with %s', async (encoding) => {
    const response = await app.post(new Uint8Array(gzipSync(bodyOf(1_000))), { 'content-encoding': encoding });
    expect(response.status).toBe(415);
  });

  it('case 60: a name of 8 MB', async () => {
    const response = await app.post(bodyOf(8 * 1024 * 1024));
    expect(response.status).toBe(413);
  });
});

describe('form of a body', () => {
  it.each([
    ['case 46: a key twice', '{"query":"{ hello }","variables":{"a":1,"a":2}}'],
    ['case 45: too deep', `{"query":"{ hello }","variables":{"a":${'['.repeat(100)}${']'.repeat(100)}}}`],
    ['case 75: a batch of one', '[{"query":"{ hello }"}]'],
    ['case 75: a batch of two', '[{"query":"{ hello }"},{"query":"{ hello }"}]'],
    ['no JSON', 'hunter2'],
    ['nothing', ''],
    ['null', 'null'],
    ['a text', '"hunter2"'],
    ['no query', '{"variables":{}}'],
    ['a query of another type', '{"query":["hunter2"]}'],
    ['variables of another type', '{"query":"{ hello }","variables":"hunter2"}'],
    ['case 42: a map of uploads', '{"query":"{ hello }","map":{"0":["variables.__proto__.x"]}}'],
    ['a name of another type', '{"query":"{ hello }","operationName":{"$ne":null}}'],
    ['no such operation', '{"query":"query A { hello }","operationName":"hunter2"}'],
    [
      'case 77: a page by variable',
      '{"query":"query($n: Int) { group { items(first: $n) { nodes { name } } } }","variables":{"n":2147483647}}',
    ],
    [
      'case 77: a negative page',
      '{"query":"query($n: Int) { group { items(last: $n) { nodes { name } } } }","variables":{"n":-2147483648}}',
    ],
    [
      'case 77: no number',
      '{"query":"query($n: Int) { group { items(first: $n) { nodes { name } } } }","variables":{"n":"NaN"}}',
    ],
    ['case 202: a bad variable', '{"query":"query($n: [Int!]) { numbers(list: $n) }","variables":{"n":["hunter2"]}}'],
  ])('%s is refused', async (_what, body) => {
    const response = await app.post(body);
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(codesOf(JSON.parse(text))).toEqual(['BAD_REQUEST']);
    expect(text + JSON.stringify(app.lines)).not.toMatch(/hunter2/);
  });

  it('case 47: bytes that are no UTF-8 are refused, not replaced', async () => {
    const body = Buffer.concat([
      Buffer.from('{"query":"{ hello }","variables":{"a":"'),
      Buffer.from([0xff]),
      Buffer.from('"}}'),
    ]);
    const response = await app.post(new Uint8Array(body));
    expect(response.status).toBe(400);
  });

  it('case 41: names of the prototype change nothing', async () => {
    const body = '{"__proto__":{"query":"{ hello }"},"query":"{ hello }"}';
    expect((await app.post(body)).status).toBe(400);
    const variables =
      '{"query":"query($__proto__: String) { hello(name: $__proto__) }","variables":{"__proto__":"x","constructor":1}}';
    expect((await app.post(variables)).status).toBe(200);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it.each([
    '%',
    '%ff',
    'query=%ff',
    'query={hello}&query={hello}',
    'variables={"a":1,"a":2}&query={hello}',
    'x=1&query={hello}',
  ])('a query string such as %s is refused', async (search) => {
    const response = await fetch(`${app.url}/graphql?${search}`, { headers: { authorization: GOOD_TOKEN } });
    expect(response.status).toBe(400);
  });
});

describe('time and sockets', () => {
  it('case 89: work that does not end is answered at the deadline', async () => {
    const hasty = await startServer({ limits: { deadlineMs: 300 } });
    const response = await hasty.gql('{ never }');
    expect([response.status, codesOf(await response.json())]).toEqual([504, ['TIMEOUT']]);
    await hasty.server.close();
  });

  it('case 81: 2,000 headers and a header of 64 KiB do no harm', async () => {
    const many = Array.from({ length: 2_000 }, (_, i) => `x-${i}: y`);
    expect(await endless([...HEAD.slice(0, 2), ...many], '')).toMatch(/^HTTP\/1\.1 (431|401) /);
    expect(await endless([...HEAD.slice(0, 2), `x: ${'y'.repeat(65_536)}`], '')).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('case 81: bad framing is refused, and health answers while connections idle', async () => {
    const port = Number(new URL(app.url).port);
    const idle = Array.from({ length: 200 }, () => connect(port, '127.0.0.1'));
    for (const socket of idle) socket.write('POST /graphql HTTP/1.1\r\nHost: x\r\nX');
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
    for (const socket of idle) socket.destroy();
    expect(await endless([...HEAD, 'Transfer-Encoding: xchunked'], '')).toMatch(/^HTTP\/1\.1 (400|501) /);
  });

  it('case 65: a line break in a path cannot begin a log line', async () => {
    await fetch(`${app.url}/a%0d%0ab`);
    const paths = app.lines.map(({ fields }) => String(fields.path));
    expect(paths).toContain('/a%0d%0ab');
    expect(paths.join('')).not.toMatch(/[\r\n]/);
  });
});
