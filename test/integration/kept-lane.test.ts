import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayToken } from '../support/federation/ask.ts';
import { aTwin, comparable, type Twin } from '../support/kept-twins.ts';
import { aGroupInput, aProject, aServiceInput, done, groupOp, operation, PUT_SERVICE } from '../support/makers.ts';
import { promisesOf } from '../support/promises.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const REVOKE = operation('revokeToken', '');
const VIEWER = JSON.stringify({ query: '{ viewer { name role { slug } } }' });
const ENVIRONMENT = JSON.stringify({
  query: `query Runtime { project(slug: "default-project") { service(id: "example-service") {
    environment { seq digest variables { name value masked } } } } }`,
});
const ENTITIES = JSON.stringify({
  query: `query ($all: [_Any!]!) { _entities(representations: $all) { ... on Service { environment { variables { name value } } } } }`,
  variables: { all: [{ __typename: 'Service', projectId: 'default-project', id: 'example-service' }] },
});
const BODIES = [
  VIEWER,
  ENVIRONMENT,
  ENVIRONMENT,
  ENTITIES,
  JSON.stringify({ query: '{ viewer { unheard } }' }),
  JSON.stringify({ query: '{ project(slug: "nothing") { slug } }' }),
  JSON.stringify({ query: '{ viewer { name } }', variables: { long: 'x'.repeat(2_000) } }),
  JSON.stringify({ query: `{ viewer { name } } #${'x'.repeat(17_000)}` }),
  '{"query":',
  '',
];

interface Request {
  readonly path: string;
  readonly token: number;
  readonly authorization: string;
  readonly gateway: number | null;
  readonly headers: readonly string[];
  readonly body: string;
  readonly form: 'one' | 'split' | 'chunked' | 'expect';
  readonly connection: number;
  /** How often it is asked, one time after the other. */
  readonly times: number;
}

const mostly = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 20, arbitrary: fc.constant(usual) }, { weight: 2, arbitrary: fc.constantFrom(...others) });

const requests: fc.Arbitrary<Request> = fc.record({
  path: fc.oneof(
    { weight: 10, arbitrary: fc.constant('/graphql') },
    { weight: 5, arbitrary: fc.constant('/federation') },
    { weight: 1, arbitrary: fc.constantFrom('/graphql/', '/graphql?a=b', '/graphql?token=klm_u_x', '/nowhere') },
  ),
  token: fc.oneof({ weight: 2, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(6) }),
  authorization: mostly(
    'Authorization: Bearer @',
    'authorization: bearer @',
    'authorization: Basic @',
    'x: @',
    'authorization: Bearer  @',
    'authorization: Bearer @\r\nauthorization: Bearer @',
  ),
  gateway: mostly<number | null>(7, null, 8, 0),
  headers: fc
    .tuple(
      mostly(
        'content-type: application/json',
        'Content-Type: application/json; charset=utf-8',
        'content-type: text/plain',
        'x: y',
        'content-type: application/json\r\ncontent-type: text/plain',
      ),
      mostly(
        'x: y',
        'accept: application/graphql-response+json',
        'accept: text/event-stream',
        'accept: */*\r\naccept: application/graphql-response+json',
        'accept: application/json',
      ),
      mostly(
        'x: y',
        'content-encoding: gzip',
        'content-encoding: identity',
        'origin: https://elsewhere.example.com',
        'connection: close',
      ),
      mostly('x: y', 'x-forwarded-for: 10.1.2.3', 'x-forwarded-for: 192.0.2.1', 'x-forwarded-for: 10.1.2.3, nonsense'),
    )
    .map((lines) => lines.filter((line) => line !== 'x: y')),
  body: fc.constantFrom(...BODIES),
  form: mostly<Request['form']>('one', 'split', 'chunked', 'expect'),
  connection: fc.nat(1),
  times: fc.integer({ min: 1, max: 3 }),
});

type Event = { readonly event: 'commit' | 'revoke' | 'expire' | 'role' };
const events: fc.Arbitrary<Event> = fc.record({
  event: fc.constantFrom('commit', 'commit', 'revoke', 'expire', 'role'),
});

const PLAIN: Request = {
  path: '/graphql',
  token: 0,
  authorization: 'authorization: Bearer @',
  gateway: null,
  headers: ['content-type: application/json'],
  body: VIEWER,
  form: 'one',
  connection: 0,
  times: 1,
};

function piecesOf({ path, authorization, headers, body, form }: Request, token: string, gateway: string | null) {
  const isChunked = form === 'chunked';
  const lines = [
    `POST ${path} HTTP/1.1`,
    'Host: keyloom.test',
    authorization.replaceAll('@', token),
    ...(gateway === null ? [] : [`X-Keyloom-Gateway: ${gateway}`]),
    ...headers,
    isChunked ? 'transfer-encoding: chunked' : `Content-Length: ${body.length}`,
    ...(form === 'expect' ? ['expect: 100-continue'] : []),
  ];
  const head = `${lines.join('\r\n')}\r\n\r\n`;
  if (isChunked) return [`${head}${body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`}0\r\n\r\n`];
  if (form === 'one') return [head + body];
  return [head + body.slice(0, 5), body.slice(5)].filter((piece) => piece !== '');
}

let app: TestApp;
let now = Date.parse('2026-05-06T07:08:09Z');
let group: string;
/** Of an owner, a reader, an auditor, a workload, one who is revoked, one that ends, nobody; then of two gateways. */
let tokens: string[] = [];
interface Twins {
  readonly short: Twin;
  readonly usual: Twin;
  readonly anew: Twin | null;
}
let twins: Twins;

async function aWorld(): Promise<void> {
  app = await startApp({ clock: () => new Date(now), limits: { ratePoints: 0, ratePointsDependent: 0 } });
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput());
  const variables = [{ name: 'A', value: 'one' }];
  group = (await done(app, groupOp('createSecretGroup'), aGroupInput({ type: 'SECRET', variables }))).secretGroup.id;
  const workload = { project: 'default-project', kind: 'SERVICE', id: 'example-service' };
  await done(app, operation('createRole', ''), {
    name: 'Changing',
    grants: [{ resources: ['PROJECT', 'WORKLOAD', 'SECRET_GROUP'], verbs: ['LIST', 'RESOLVE', 'READ'] }],
  });
  tokens = [
    app.owner,
    await app.token('changing'),
    await app.token('auditor'),
    await app.token('dependent', { kind: 'DEPENDENT', workload }),
    '',
    '',
    'klm_u_nobody',
    await gatewayToken(app),
    await gatewayToken(app, { networks: ['10.0.0.0/8'] }),
  ];
  await newTokens();
}

/** One that can be revoked, and one that ends. */
async function newTokens(): Promise<void> {
  tokens[4] = await app.token('owner', { name: 'to be revoked' });
  tokens[5] = await app.token('owner', { expiresAt: new Date(now + 60_000).toISOString() });
}

let commits = 0;
/** Whether the role of the second token shows no values just now. */
let isNarrow = false;
async function happen({ event }: Event): Promise<void> {
  commits += 1;
  if (event === 'commit')
    await done(app, groupOp('setSecretGroupVariable', 'id'), { id: group, name: 'A', value: `${commits}` });
  else if (event === 'expire') now += 61_000;
  else if (event === 'role') {
    const { data } = await app.gql('{ roles { id slug revision } }');
    const { id, revision } = data.roles.find(({ slug }: { readonly slug: string }) => slug === 'changing');
    isNarrow = !isNarrow;
    const verbs = isNarrow ? ['LIST'] : ['LIST', 'RESOLVE', 'READ'];
    const grants = [{ resources: ['PROJECT', 'WORKLOAD', 'SECRET_GROUP'], verbs }];
    await done(app, operation('updateRole', ''), { id, expectedRevision: revision, grants });
  } else {
    const { data } = await app.gql('{ tokens { id name } }');
    for (const { id, name } of data.tokens) if (name === 'to be revoked') await done(app, REVOKE, { id });
  }
}

beforeAll(async () => {
  await aWorld();
  const anew = await aTwin(app, { answerCacheBytes: 0 });
  twins = { short: await aTwin(app, { isShort: true }), usual: await aTwin(app, {}), anew };
}, 60_000);
afterAll(async () => {
  await closed(twins);
  await app.close();
});

async function closed({ short, usual, anew }: Twins): Promise<void> {
  for (const twin of [short, usual, anew]) await twin?.close();
}

/** Those whose tokens may spend little, and none that pays for what the others keep. */
async function rated(): Promise<Twins> {
  const limits = { ratePoints: 15, ratePointsDependent: 15 };
  return { short: await aTwin(app, { isShort: true, limits }), usual: await aTwin(app, { limits }), anew: null };
}

async function asked(twin: Twin, request: Request) {
  const { token, gateway, connection } = request;
  const pieces = piecesOf(request, tokens[token] ?? '', gateway === null ? null : (tokens[gateway] ?? ''));
  const answer = await twin.connections[connection]?.ask(pieces);
  if (!answer) throw new Error('No connection');
  return comparable(answer);
}

describe('an answer that is given again the short way', () => {
  it('is what the usual way gives, and what is made anew: status, headers, body and log', async () => {
    let [all, short] = [0, 0];
    const steps = fc.array(fc.oneof({ weight: 9, arbitrary: requests }, { weight: 1, arbitrary: events }), {
      minLength: 15,
      maxLength: 40,
    });
    const walk = async ({ short: subject, usual, anew }: Twins, step: Request): Promise<void> => {
      for (let time = 0; time < step.times; time += 1) {
        const before = subject.usual();
        const first = await asked(subject, step);
        expect(first).toEqual(await asked(usual, step));
        if (anew) expect(first).toEqual(await asked(anew, step));
        all += 1;
        if (first.status === 200 && subject.usual() === before) short += 1;
      }
    };
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (given, isRated) => {
        const these = isRated ? await rated() : twins;
        await newTokens();
        for (const step of given) await ('event' in step ? happen(step) : walk(these, step));
        // Said when the connection is done with a request, which is after its answer was read.
        await expect.poll(() => these.short.logged).toEqual(these.usual.logged);
        if (isRated) await closed(these);
      }),
      { numRuns: 25, endOnFailure: true },
    );
    process.stdout.write(`${short} of ${all} requests were answered the short way\n`);
    expect(short).toBeGreaterThan(all / 20);
  });

  it.each([
    ['expire', 5, 401],
    ['revoke', 4, 401],
    ['commit', 0, 200],
    ['role', 1, 200],
  ] as const)('ends with what it was given upon: %s', async (event, token, status) => {
    for (const [path, gateway, body] of [
      ['/graphql', null, ENVIRONMENT],
      ['/federation', 7, ENTITIES],
    ] as const) {
      await newTokens();
      if (isNarrow) await happen({ event: 'role' });
      const request: Request = { ...PLAIN, path, gateway, token, body };
      const subject = twins.short;
      const kept = await asked(subject, request);
      const before = subject.usual();
      expect([kept.status, await asked(subject, request)]).toEqual([200, kept]);
      expect(subject.usual()).toBe(before);
      await happen({ event });
      const after = await asked(subject, request);
      expect(after).toEqual(await asked(twins.usual, request));
      expect(after.status).toBe(status);
      expect(after.body).not.toBe(kept.body);
    }
  });

  it('of a gateway is for where that gateway sends from', async () => {
    const from = (address: string): Request => ({
      ...PLAIN,
      path: '/federation',
      gateway: 8,
      body: ENTITIES,
      headers: [...PLAIN.headers, `x-forwarded-for: ${address}`],
    });
    for (let i = 0; i < 2; i += 1) expect((await asked(twins.short, from('10.1.2.3'))).status).toBe(200);
    expect((await asked(twins.short, from('192.0.2.1'))).status).toBe(401);
  });

  it('finds a caller again without making an object', async () => {
    const find = () => app.gateway.known.find(`Bearer ${app.owner}`, [], '127.0.0.1');
    await app.gql('{ viewer { name } }');
    const found = find();
    expect(found?.principal.kind).toBe('user');
    expect(find()).toBe(found);
  });

  it('makes no promise', async () => {
    const [connection] = twins.short.connections;
    const pieces = piecesOf(PLAIN, app.owner, null);
    for (let i = 0; i < 3; i += 1) expect((await connection?.ask(pieces))?.status).toBe(200);
    const [text = ''] = pieces;
    const usual = text.replace('content-type', 'content-encoding: identity\r\ncontent-type');
    const counts = await promisesOf(twins.short.url, [text, text, text, usual]);
    expect(Math.min(...counts.slice(0, 3))).toBe(0);
    // Whatever goes the usual way makes some, so they are counted.
    expect(counts[3]).toBeGreaterThan(5);
  });

  it('ends its connection while the gateway closes, as the usual way does', async () => {
    for (const isShort of [true, false]) {
      const twin = await aTwin(app, { isShort });
      const [connection] = twin.connections;
      const [text = ''] = piecesOf(PLAIN, app.owner, null);
      expect((await connection?.ask([text]))?.headers.connection).toBe('keep-alive');
      connection?.write(text.slice(0, 10));
      // The server has read it when others had their turn, too.
      await sleep(20);
      await new Promise((resolve) => setImmediate(resolve));
      const closing = twin.close;
      const ended = twin.server.close();
      connection?.write(text.slice(10));
      const answer = await connection?.next();
      expect([answer?.status, answer?.headers.connection]).toEqual([200, 'close']);
      await ended;
      await closing();
    }
  });

  it('has no room where the bodies of its token have none', async () => {
    for (const isShort of [true, false]) {
      const twin = await aTwin(app, { isShort, limits: { bodyBytesPerPrincipal: 1_024 } });
      const [slow, quick] = twin.connections;
      const [text = ''] = piecesOf(PLAIN, app.owner, null);
      const [ofAnother = ''] = piecesOf(PLAIN, tokens[2] ?? '', null);
      const ask = async (one: string): Promise<number | undefined> => (await quick?.ask([one]))?.status;
      try {
        for (const one of [text, text, ofAnother, ofAnother]) expect(await ask(one)).toBe(200);
        slow?.write(text.replace(/Content-Length: \d+/, 'Content-Length: 1000').slice(0, -5));
        await expect.poll(() => ask(text)).toBe(429);
        expect(await ask(ofAnother)).toBe(200);
        slow?.close();
        await expect.poll(() => ask(text)).toBe(200);
      } finally {
        await twin.close();
      }
    }
  });

  it('is not for plugins of others to miss', async () => {
    let seen = 0;
    const onExecute = (): void => {
      seen += 1;
    };
    const extended = await startApp({ graphqlPlugins: [{ onExecute }] });
    try {
      for (let i = 0; i < 3; i += 1) expect((await extended.gql('{ viewer { name } }')).status).toBe(200);
      expect(seen).toBe(3);
    } finally {
      await extended.close();
    }
  });
});
