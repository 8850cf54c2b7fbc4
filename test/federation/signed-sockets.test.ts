import { randomUUID } from 'node:crypto';
import { type Client, createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type Signable, signatureFor } from '../../src/access/gateway-signatures.ts';
import { aService, ENTITIES, gatewayToken, startFederated } from '../support/federation/ask.ts';
import { until } from '../support/listening.ts';
import { aProject, aServiceInput, CANARY, done, operation, PUT_SERVICE } from '../support/makers.ts';
import type { TestApp } from '../support/start-app.ts';

/** A gateway that signs says with `connection_init` who it is, in a signature that opens this connection and no other. */

let app: TestApp;
let gateway: string;
let secret: string;
beforeAll(async () => {
  app = await startFederated();
  const input = { name: 'signer', kind: 'GATEWAY', role: 'gateway', signed: true };
  ({ text: gateway, signingSecret: secret } = await done(app, operation('createToken', 'text signingSecret'), input));
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput({ id: 'svc', variables: [{ name: 'PASSWORD', value: CANARY }] }));
});
afterAll(() => app.close());

const now = (): number => Math.floor(Date.now() / 1_000);

function signed(over: Partial<Signable> = {}, time = now()): string {
  const authorization = `Bearer ${app.owner}`;
  const signable = { method: 'GET', target: '/federation', body: new Uint8Array(), authorization, ...over };
  return signatureFor(secret, signable, time, randomUUID());
}

type Said = Readonly<Record<string, string>>;

interface Opened {
  readonly client: Client;
  /** null: acknowledged; else the code of the close frame. */
  readonly code: number | null;
}

/** A connection whose `connection_init` says this; `headers`: of the request that opens it. */
async function open(payload: Said, headers: Said = {}): Promise<Opened> {
  class WithHeaders extends WebSocket {
    constructor(url: string, protocols: string) {
      super(url, protocols, { headers });
    }
  }
  const client = createClient({
    url: `${app.url.replace('http', 'ws')}/federation`,
    webSocketImpl: WithHeaders,
    connectionParams: payload,
    lazy: false,
    retryAttempts: 0,
    onNonLazyError: () => {},
  });
  const code = await new Promise<number | null>((resolve) => {
    client.on('connected', () => resolve(null));
    client.on('closed', (event) => resolve((event as { readonly code: number }).code));
  });
  return { client, code };
}

async function codeOf(payload: Said, headers: Said = {}): Promise<number | null> {
  const { client, code } = await open(payload, headers);
  await client.dispose();
  return code;
}

const said = (signature: string | null, over: Said = {}): Said => ({
  authorization: `Bearer ${app.owner}`,
  'x-keyloom-gateway': gateway,
  ...(signature === null ? {} : { 'x-keyloom-signature': signature }),
  ...over,
});
const FORBIDDEN = 4403;

describe('a WebSocket of a gateway that signs (case 223)', () => {
  it('opens with a signature of its opening, once', async () => {
    const signature = signed();
    expect(await codeOf(said(signature))).toBeNull();
    expect(await codeOf(said(signature))).toBe(FORBIDDEN);
  });

  it('opens with the signature in either place, and the gateway in the other', async () => {
    const { 'x-keyloom-signature': signature = '', ...rest } = said(signed());
    expect(await codeOf(rest, { 'x-keyloom-signature': signature })).toBeNull();
    const { 'x-keyloom-gateway': named = '', ...others } = said(signed());
    expect(await codeOf(others, { 'x-keyloom-gateway': named })).toBeNull();
  });

  it('listens to the message where both places say something', async () => {
    expect(await codeOf(said(signed()), { 'x-keyloom-gateway': 'klm_g_other' })).toBeNull();
    expect(await codeOf(said('t=1,n=n,v1=0'), { 'x-keyloom-signature': signed() })).toBe(FORBIDDEN);
  });

  it.each([
    ['without a signature', () => null],
    ['by a signature of a POST', () => signed({ method: 'POST' })],
    ['by a signature of another path', () => signed({ target: '/graphql' })],
    ['by a signature of a body', () => signed({ body: Buffer.from('{}') })],
    ['by a signature of another user', () => signed({ authorization: 'Bearer klm_u_other' })],
    ['by a signature of nobody', () => signed({ authorization: '' })],
    ['by a signature of two minutes ago', () => signed({}, now() - 120)],
    ['by a signature from ahead', () => signed({}, now() + 120)],
  ])('stays shut %s', async (_how, signature) => {
    expect(await codeOf(said(signature()))).toBe(FORBIDDEN);
  });

  it('stays shut for another gateway, whose signatures are its own', async () => {
    const { text } = await done(app, operation('createToken', 'text'), {
      name: 'other signer',
      kind: 'GATEWAY',
      role: 'gateway',
      signed: true,
    });
    expect(await codeOf(said(signed(), { 'x-keyloom-gateway': text }))).toBe(FORBIDDEN);
  });

  it('needs none where the token asks for none', async () => {
    expect(await codeOf(said(null, { 'x-keyloom-gateway': await gatewayToken(app) }))).toBeNull();
  });

  it('asks and listens from then on without another, and ends with the token', async () => {
    const input = { name: 'to be revoked', kind: 'MACHINE', role: 'reader' };
    const { token, text } = await done(app, operation('createToken', 'token { id } text'), input);
    const authorization = `Bearer ${text}`;
    const { client } = await open(said(signed({ authorization }), { authorization }));
    const answers: string[] = [];
    for (let i = 0; i < 2; i += 1)
      for await (const answer of client.iterate({
        query: ENTITIES,
        variables: { representations: [aService('svc')] },
      }))
        answers.push(JSON.stringify(answer));
    expect(answers).toHaveLength(2);
    expect(answers.every((each) => each.includes(CANARY))).toBe(true);
    const events: unknown[] = [];
    let ended: unknown = null;
    client.subscribe(
      {
        query:
          'subscription { environmentChanged(project: "default-project", workload: { kind: SERVICE, id: "svc" }) { __typename } }',
      },
      {
        next: (event) => void events.push(event),
        error: (error) => {
          ended = error;
        },
        complete: () => {
          ended ??= 'complete';
        },
      },
    );
    let written = 0;
    await until(async () => {
      written += 1;
      const variables = [{ name: 'PASSWORD', value: `${CANARY}${written}` }];
      await done(app, PUT_SERVICE, aServiceInput({ id: 'svc', variables }));
      return events.length > 0;
    }, 'an event');
    await done(app, operation('revokeToken', 'token { id }'), { id: token.id });
    await until(() => ended !== null, 'the end of the stream');
    expect(JSON.stringify(ended)).toContain('FORBIDDEN');
    await client.dispose();
  });
});
