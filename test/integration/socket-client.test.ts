import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, type ClientOptions, createClient } from 'graphql-ws';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { Limits } from '../../src/kernel/limits.ts';
import { type RunningServer, startServer } from '../support/http-app.ts';
import { until } from '../support/listening.ts';

/** The published client, as people use it. */

let server: RunningServer;
let client: Client;
afterEach(async () => {
  await client.dispose();
  await server.server.close();
});

const NEVER = '{ never }';

interface Use {
  readonly options?: Partial<ClientOptions>;
  readonly limits?: Partial<Limits>;
  /** Operations begun at once. */
  readonly queries?: readonly string[];
}

/** Codes of the close frames; the client does not come again. */
async function codesOf({ options = {}, limits = {}, queries = [NEVER] }: Use): Promise<readonly number[]> {
  server = await startServer({ limits });
  const codes: number[] = [];
  client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: 'Bearer good' },
    retryAttempts: 0,
    on: { closed: (event) => void codes.push((event as { readonly code: number }).code) },
    ...options,
  });
  for (const query of queries) client.subscribe({ query }, { next: () => {}, error: () => {}, complete: () => {} });
  await until(() => codes.length > 0);
  return codes;
}

/** Speaks another protocol than it is told. */
const Legacy = new Proxy(WebSocket, { construct: (Real, [url]) => new Real(url as string, 'graphql-ws') });

const CASES: Readonly<Record<string, readonly [use: Use, code: number]>> = {
  'a bad token': [{ options: { connectionParams: { authorization: 'Bearer bad' } } }, 4403],
  'no token': [{ options: { connectionParams: {} } }, 4403],
  'a token that is no text': [{ options: { connectionParams: { authorization: 7 } } }, 4400],
  'an id that is taken': [{ options: { generateID: () => 'same' }, queries: [NEVER, NEVER] }, 4409],
  'too many messages': [{ limits: { socketMessagesPerMinute: 3 }, queries: [NEVER, NEVER, NEVER, NEVER] }, 4429],
  'an initialisation that takes too long': [
    {
      limits: { socketInitMs: 50 },
      options: { connectionParams: () => sleep(2_000, { authorization: 'Bearer good' }, { ref: false }) },
    },
    4408,
  ],
  'the protocol of old': [{ options: { webSocketImpl: Legacy } }, 4406],
};

describe('case 82: the published client is told by its code of', () => {
  it.each(Object.keys(CASES))('%s', async (what) => {
    const [use, code] = CASES[what] ?? [{}, 0];
    expect(await codesOf(use)).toEqual([code]);
  });
});
