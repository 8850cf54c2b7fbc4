import type { LookupFunction } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FetchRules, guardedFetch } from '../../../src/net/guarded-fetch.ts';
import { isPrivateAddress } from '../../../src/net/private-address.ts';
import { createReach } from '../../../src/net/reach.ts';
import { type HttpStub, httpStub } from '../../support/http-stub.ts';

let stub: HttpStub;
let asked = 0;
beforeAll(async () => {
  stub = await httpStub((request, response) => {
    asked += 1;
    if (request.url === '/redirect') return void response.writeHead(302, { location: '/' }).end();
    if (request.url === '/large') return void response.end(Buffer.alloc(2_000));
    if (request.url === '/silent') return;
    if (request.url === '/halting') return void response.writeHead(200).write('a');
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":1}');
  });
});
afterAll(() => stub.close());

const fetchWith = (over: Partial<FetchRules> = {}) =>
  guardedFetch({
    reach: createReach([stub.host]),
    maxBytes: 1_000,
    deadlineMs: 5_000,
    signal: new AbortController().signal,
    ...over,
  });
const answersWith = (addresses: readonly string[]): LookupFunction => {
  return (_host, options, done) => {
    const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (options.all) done(null, all);
    else done(null, all[0]?.address ?? '', all[0]?.family);
  };
};

describe('a plugin`s fetch', () => {
  it('answers from a host that the operator allows', async () => {
    expect(await (await fetchWith()(`${stub.url}/`)).json()).toEqual({ a: 1 });
  });

  it.each([
    ['a redirect', '/redirect', /redirect/],
    ['too large an answer', '/large', /more than 1000 bytes/],
  ])('refuses %s', async (_what, path, words) => {
    await expect(fetchWith()(`${stub.url}${path}`)).rejects.toThrow(words);
  });

  it.each(['/silent', '/halting'])('ends at its deadline: %s', async (path) => {
    await expect(fetchWith({ deadlineMs: 100 })(`${stub.url}${path}`)).rejects.toThrow();
  });

  it('ends when the gateway stops', async () => {
    const stop = new AbortController();
    const answer = fetchWith({ signal: stop.signal })(`${stub.url}/silent`);
    stop.abort();
    await expect(answer).rejects.toThrow();
  });

  it.each([
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'https://user:hunter2canary@example.com/',
    'no URL hunter2canary',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://[fd00::1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://10.0.0.1/',
  ])('case 167: refuses %s without asking anyone', async (url) => {
    const before = asked;
    const error: unknown = await fetchWith({ reach: createReach([]) })(url).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'UNAVAILABLE' });
    expect(String(error)).not.toContain('hunter2canary');
    expect(asked).toBe(before);
  });

  it.each([[['127.0.0.1']], [['93.184.216.34', '10.0.0.1']], [['::ffff:127.0.0.1']], [['fe80::1']]])(
    'case 168: refuses a name that leads to %j at the moment of connecting',
    async (addresses) => {
      const rules = { reach: createReach([], answersWith(addresses)) };
      await expect(fetchWith(rules)('https://looks-fine.example.com/')).rejects.toThrow(/private address/);
    },
  );
});

it.each([
  ['8.8.8.8', false],
  ['2606:4700::1111', false],
  ['172.31.255.255', true],
  ['172.32.0.1', false],
  ['100.64.0.1', true],
  ['0.0.0.0', true],
  ['64:ff9b::7f00:1', true],
  ['2002:7f00:1::', true],
  ['::ffff:8.8.8.8', true],
  ['', true],
])('%s is private: %s', (address, isPrivate) => {
  expect(isPrivateAddress(address)).toBe(isPrivate);
});
