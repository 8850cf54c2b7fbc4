import { connect } from 'node:net';
import { createClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/listening.ts';
import { aProject, done, operation, PUT_SERVICE } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const CHANGES = `subscription ($after: Cursor) { changes(kinds: [SERVICE], after: $after) {
  ... on CommitEvent { cursor seq changes { name } } } }`;

let app: TestApp;
let services = 0;
const putService = async (): Promise<string> => {
  services += 1;
  const id = `service-${services}`;
  await done(app, PUT_SERVICE, { project: 'default-project', id, name: 'Some Service' });
  return id;
};

beforeAll(async () => {
  app = await startApp({ limits: { socketPingMs: 100, socketsPerPrincipal: 4 } });
  await aProject(app);
});
afterAll(() => app.close());

interface Stream {
  readonly response: Response;
  readonly text: () => string;
  /** Whether the server ended it. */
  readonly isOver: () => boolean;
  stop(): void;
}

/** A stream as its bytes come. */
async function open(headers: Record<string, string> = {}, token = app.owner, variables: object = {}): Promise<Stream> {
  const stop = new AbortController();
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    signal: stop.signal,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
      ...headers,
    },
    body: JSON.stringify({ query: CHANGES, variables }),
  });
  let text = '';
  let over = false;
  const read = async (): Promise<void> => {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
  };
  void read()
    .catch(() => {})
    .finally(() => {
      over = true;
    });
  return { response, text: () => text, isOver: () => over, stop: () => stop.abort() };
}

const idsIn = (text: string): readonly string[] => [...text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id ?? '');
const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(/"name":"([^"]+)"/g)].map(([, name]) => name ?? '');

describe('server-sent events', () => {
  it('the published client in distinct connections mode gets what happens, in order', async () => {
    const client = createClient({
      url: `${app.url}/graphql`,
      headers: { authorization: `Bearer ${app.owner}` },
      retryAttempts: 0,
    });
    const names: string[] = [];
    const stop = client.subscribe<{ changes: { changes: { name: string }[] } }>(
      { query: CHANGES },
      {
        next: ({ data }) => names.push(data?.changes.changes[0]?.name ?? ''),
        error: (error) => names.push(String(error)),
        complete: () => names.push('complete'),
      },
    );
    await until(async () => {
      await putService();
      return names.length >= 3;
    });
    const numbers = names.map((name) => Number(name.split('-')[1]));
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => (numbers[0] ?? 0) + i));
    stop();
    client.dispose();
  });

  it('case 164: `id:` is the cursor, `Last-Event-ID` is honoured, proxies do not buffer, and there are signs of life', async () => {
    const first = await open();
    expect(first.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(first.response.headers.get('x-accel-buffering')).toBe('no');
    expect(first.response.headers.get('cache-control')).toBe('no-store');
    const names = [await putService(), await putService()];
    await until(() => namesIn(first.text()).length === 2);
    expect(namesIn(first.text())).toEqual(names);
    await until(() => first.text().split(':\n\n').length > 3);
    first.stop();
    const [id = ''] = idsIn(first.text());
    expect(first.text()).toContain(`"cursor":"${id}"`);
    const again = await open({ 'last-event-id': id });
    await until(() => namesIn(again.text()).length === 1);
    expect(namesIn(again.text())).toEqual([names[1]]);
    again.stop();
  });

  it.each([
    ['case 84: a page of another site', { origin: 'https://evil.example' }, 403],
    ['no token', { authorization: 'Bearer x' }, 401],
  ])('refuses %s', async (_who, headers, status) => {
    const { response, stop } = await open(headers);
    expect(response.status).toBe(status);
    stop();
  });

  it('case 154: refuses a cursor of its own making, in an event of its own', async () => {
    const { response, text, stop } = await open({ 'last-event-id': 'AAAA' });
    await until(() => text().includes('event: complete'));
    expect([response.status, text()]).toEqual([200, expect.stringContaining('"code":"INVALID_CURSOR"')]);
    stop();
  });

  it('case 83: there are only so many of one token', async () => {
    const token = await app.token('reader');
    const opened = await Promise.all([0, 1, 2, 3].map(() => open({}, token)));
    const refused = await open({}, token);
    expect([...opened.map(({ response }) => response.status), refused.response.status]).toEqual([
      200, 200, 200, 200, 429,
    ]);
    for (const { stop } of opened) stop();
    await until(async () => {
      const next = await open({}, token);
      next.stop();
      return next.response.status === 200;
    });
  });

  it('case 145: a revoked token is told so, and the stream is complete', async () => {
    const token = await app.token('reader');
    const stream = await open({}, token);
    const { data } = await app.gql('{ viewer { id } }', {}, token);
    await done(app, operation('revokeToken', 'token { id }'), {
      id: Buffer.from(`Token:${data.viewer.id}`).toString('base64'),
    });
    await putService();
    await until(stream.isOver);
    expect(stream.text()).toContain('"code":"FORBIDDEN"');
    expect(stream.text().endsWith('event: complete\ndata:\n\n')).toBe(true);
    expect(namesIn(stream.text())).toEqual([]);
  });
});

it('case 213: a gateway that closes ends its streams without a `complete`, so that clients come again', async () => {
  const other = await startApp();
  try {
    const response = await fetch(`${other.url}/graphql`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${other.owner}`,
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify({ query: CHANGES }),
    });
    const text = response.text();
    await other.close();
    expect(await text).not.toContain('complete');
  } finally {
    await other.close().catch(() => {});
  }
});

it('case 150: a client that does not read is cut off without a `complete`, and comes again with its last place', async () => {
  const other = await startApp({ limits: { outgoingEvents: 20, outgoingBytes: 65_536 } });
  try {
    await aProject(other);
    const put = (i: number) =>
      done(other, PUT_SERVICE, {
        project: 'default-project',
        id: 'large',
        name: 'Some Service',
        variables: [{ name: 'A', value: `${i}${'x'.repeat(60_000)}` }],
      });
    await put(0);
    const query = `subscription { environmentChanged(project: "default-project", workload: { kind: SERVICE, id: "large" }) {
      ... on EnvironmentEvent { cursor environment { variables { name value } } } } }`;
    const body = JSON.stringify({ query });
    const [text, isEnded] = await new Promise<[() => string, () => boolean]>((resolve) => {
      const socket = connect(Number(new URL(other.url).port), '127.0.0.1');
      let got = '';
      let ended = false;
      socket.on('data', (chunk) => {
        got += chunk.toString('latin1');
        if (!socket.isPaused() && got.includes(':\n\n')) {
          socket.pause();
          const resume = () => {
            socket.resume();
            return got;
          };
          resolve([resume, () => ended]);
        }
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        ended = true;
      });
      socket.write(
        `POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${other.owner}\r\ncontent-type: application/json\r\n` +
          `accept: text/event-stream\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    });
    const many = 150;
    for (let i = 1; i <= many; i += 1) await put(i);
    await until(() => text() !== '' && isEnded());
    const events = text().split('event: next').length - 1;
    expect(events).toBeLessThan(many);
    expect(text()).not.toContain('event: complete');
    expect((await other.gql('{ __typename }')).status).toBe(200);
  } finally {
    await other.close();
  }
});
