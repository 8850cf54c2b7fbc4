import { describe, expect, it } from 'vitest';
import { createClient, isKeyloomError, type KeyloomError } from '../../../src/client/index.ts';

/** A gateway that says what a test wants: one answer for each request, in order. */

const WEB = { project: 'p', kind: 'SERVICE', id: 'web' } as const;
const NONE = { added: [], removed: [], changed: [] };

interface Asked {
  readonly query: string;
  readonly variables: { readonly after?: string | null };
  readonly token: string | undefined;
}

/** Chunks of a stream that then ends, `hang`: stays open without a sign of life. */
interface Stream {
  readonly chunks: readonly string[];
  readonly hang?: boolean;
}
type Said = Stream | { readonly json: object; readonly status?: number } | { readonly text: string } | Error;

function gateway(said: readonly Said[], over: object = {}) {
  const asked: Asked[] = [];
  const signals: AbortSignal[] = [];
  const send = (async (_url: unknown, { body, headers, signal }: RequestInit) => {
    const { authorization } = headers as { authorization: string };
    asked.push({ ...JSON.parse(String(body)), token: authorization.slice('Bearer '.length) });
    const next = said[asked.length - 1];
    if (next === undefined) throw new Error(`nothing is left to say to request ${asked.length}`);
    if (next instanceof Error) throw next;
    if ('json' in next) return Response.json(next.json, { status: next.status ?? 200 });
    if ('text' in next) return new Response(next.text, { status: 502 });
    if (signal) signals.push(signal);
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of next.chunks) controller.enqueue(new TextEncoder().encode(chunk));
        if (!next.hang) controller.close();
        signal?.addEventListener('abort', () => controller.error(signal.reason));
      },
    });
    return new Response(stream, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
  }) as typeof fetch;
  const client = createClient({ url: 'https://gateway', token: 'token', fetch: send, ...over });
  return { client, asked, open: () => signals.filter(({ aborted }) => !aborted).length };
}

const standing = (seq: number, digest: string): Said => ({
  json: { data: { project: { workload: { environment: { seq, digest } } } } },
});
const frame = (item: object): string =>
  `event: next\ndata: ${JSON.stringify({ data: { environmentChanged: item } })}\n\n`;
const event = (seq: number, digest = `d${seq}`) =>
  frame({
    ...{ __typename: 'EnvironmentEvent', cursor: `c${seq}`, seq, at: 'now', digest },
    ...{ variables: { ...NONE, changed: [`V${seq}`] }, files: NONE, dockerSecretMounts: NONE },
  });
const refusal = (code: string, more: object = {}) => ({ errors: [{ message: code, extensions: { code, ...more } }] });

/** The first `most` things that are told, in short. */
async function first(watching: AsyncIterable<{ kind: string; seq?: number; cursor: string | null }>, max: number) {
  const told: string[] = [];
  for await (const { kind, seq, cursor } of watching) {
    told.push(kind === 'changed' ? `${seq}` : `${kind} ${cursor}`);
    if (told.length === max) break;
  }
  return told;
}

describe('watch', () => {
  it('reads events however they are cut, and comes again behind the last', async () => {
    const text = `:\n\n${event(2)}:\n\n${event(3, 'dé')}`;
    const chunks = [...text].map(String);
    // Where it stands is asked again once the stream is open, before its events are read.
    const { client, asked } = gateway([standing(1, 'd'), { chunks }, standing(1, 'd'), { chunks: [event(4)] }]);
    expect(await first(client.watch(WEB), 3)).toEqual(['2', '3', '4']);
    expect(asked.map(({ variables }) => variables.after)).toEqual([undefined, null, undefined, 'c3']);
  });

  it('says once what was missed before there is a place to go on from', async () => {
    const late: readonly Said[] = [
      standing(1, 'd1'),
      // It breaks before anything is told, and what it gets is another when it is open again.
      { chunks: [] },
      standing(1, 'd1'),
      { chunks: [event(2), event(3), event(4)] },
      standing(3, 'd3'),
    ];
    const { client } = gateway(late);
    expect(await first(client.watch(WEB), 2)).toEqual(['missed null', '4']);
  });

  it('passes on that history is over, and goes on from there', async () => {
    const expired = frame({ __typename: 'HistoryExpired', cursor: 'c9' });
    const { client, asked } = gateway([{ chunks: [expired, event(10)] }, { chunks: [event(11)] }]);
    expect(await first(client.watch(WEB, { after: 'c1' }), 3)).toEqual(['missed c9', '10', '11']);
    expect(asked.map(({ variables }) => variables.after)).toEqual(['c1', 'c10']);
  });

  it.each(['HISTORY_EXPIRED', 'INVALID_CURSOR'])('begins anew after %s, from where it stands then', async (code) => {
    const { client, asked } = gateway([
      { json: refusal(code), status: 410 },
      standing(7, 'd7'),
      { chunks: [event(8), event(9)] },
      standing(8, 'd8'),
    ]);
    expect(await first(client.watch(WEB, { after: 'c1' }), 3)).toEqual(['missed null', 'missed null', '9']);
    expect(asked.map(({ variables }) => variables.after)).toEqual(['c1', undefined, null, undefined]);
  });

  it('tries again what may pass, when the gateway wants it, and says so', async () => {
    const retries: [string, number][] = [];
    const onRetry = ({ code }: KeyloomError, waitMs: number) => void retries.push([code, waitMs]);
    const { client } = gateway([
      new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }),
      { text: '<h1>Bad gateway</h1>' },
      { json: refusal('UNAVAILABLE', { retryAfter: 1 }), status: 503 },
      { chunks: [event(2)] },
    ]);
    expect(await first(client.watch(WEB, { after: 'c1', onRetry }), 1)).toEqual(['2']);
    expect(retries.map(([code]) => code)).toEqual(['NETWORK', 'PROTOCOL', 'UNAVAILABLE']);
    expect(retries[2]?.[1]).toBe(1_000);
    expect(retries[1]?.[1]).toBeLessThanOrEqual(500);
  });

  it.each(['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'INVALID_INPUT'])('throws %s', async (code) => {
    const { client, asked } = gateway([{ json: refusal(code), status: 400 }]);
    const failed = await first(client.watch(WEB, { after: 'c1' }), 1).catch((error: unknown) => error);
    expect(isKeyloomError(failed, code as 'FORBIDDEN')).toBe(true);
    expect(asked.length).toBe(1);
  });

  it('leaves a connection that is silent', async () => {
    const silent = { chunks: [':\n\n'], hang: true };
    const { client, open } = gateway([silent, { chunks: [event(2)] }], { silenceMs: 30 });
    expect(await first(client.watch(WEB, { after: 'c1' }), 1)).toEqual(['2']);
    expect(open()).toBe(0);
  });

  it('ends when it is told to, and leaves no connection open', async () => {
    const stopping = new AbortController();
    const { client, asked } = gateway([{ chunks: [event(2)], hang: true }]);
    for await (const { kind } of client.watch(WEB, { after: 'c1', signal: stopping.signal })) {
      expect(kind).toBe('changed');
      setTimeout(() => stopping.abort(), 20);
    }
    expect(asked.length).toBe(1);
    // Left in the middle by somebody who reads no further.
    const left = gateway([{ chunks: [event(2)], hang: true }]);
    expect(await first(left.client.watch(WEB, { after: 'c1' }), 1)).toEqual(['2']);
    expect(left.open()).toBe(0);
  });
});

describe('follow', () => {
  const environment = (seq: number, digest: string, value: string, missing: readonly object[] = []): Said => {
    const variables = [{ name: 'A', value, masked: false, error: null }];
    const rest = { files: [], dockerSecretMounts: [], unresolved: missing };
    return { json: { data: { project: { workload: { environment: { seq, digest, variables, ...rest } } } } } };
  };

  it('tells each environment once, and passes over what has no value', async () => {
    const retries: string[] = [];
    const missing = [{ name: 'A', reference: '${B}', reason: 'UNKNOWN_VARIABLE' }];
    const { client } = gateway([
      environment(1, 'd1', 'one'),
      { chunks: [event(2), event(3), event(4), event(5)] },
      standing(1, 'd1'),
      environment(2, 'd2', 'broken', missing),
      new TypeError('fetch failed'),
      environment(4, 'd4', 'four'),
      environment(5, 'd5', 'five'),
    ]);
    const told: (string | undefined)[] = [];
    const onRetry = ({ code }: KeyloomError) => void retries.push(code);
    for await (const { variables } of client.follow(WEB, { onRetry })) {
      told.push(variables.get('A'));
      if (told.length === 3) break;
    }
    expect(told).toEqual(['one', 'four', 'five']);
    expect(retries).toEqual(['UNRESOLVED', 'NETWORK']);
  });
});

describe('resolve', () => {
  it('names what may not be read', async () => {
    const variables = [{ name: 'A', value: null, masked: true, error: null }];
    const environment = { seq: 1, digest: 'd', variables, files: [], dockerSecretMounts: [], unresolved: [] };
    const { client } = gateway([{ json: { data: { project: { workload: { environment } } } } }]);
    const failed = await client.resolve(WEB).catch((error: unknown) => error);
    expect(isKeyloomError(failed, 'FORBIDDEN') && failed.details.masked).toEqual(['A']);
  });

  it('sends a token in clear text nowhere but to this machine', () => {
    const at = (url: string, allowHttp = false) => createClient({ url, token: 'token', allowHttp });
    expect(() => at('http://keyloom.example.com')).toThrow('in clear text');
    for (const url of ['ftp://x', 'nowhere', 'https://user@x', 'https://x?y=1'])
      expect(() => at(url)).toThrow(TypeError);
    for (const url of ['http://127.0.0.1:1', 'http://localhost', 'http://[::1]:4', 'https://x', '']) at(url);
    at('http://keyloom.example.com', true);
  });
});
