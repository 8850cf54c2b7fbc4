import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';

/** Waits until `is` says so, at most as long as a slow machine may take. */
export async function until(
  is: () => boolean | Promise<boolean>,
  what: string | (() => string) = 'it',
  ms = 20_000,
): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end; ) {
    if (await is()) return;
    await sleep(10);
  }
  throw new Error(`${typeof what === 'string' ? what : what()} did not happen`);
}

// biome-ignore lint/suspicious/noExplicitAny: events are read as the test's own query shaped them
type Data = any;

export interface Listener {
  /** Data of the events so far; of one with errors `{ errors: [codes] }`. */
  readonly events: Data[];
  /** The close frame of the connection, once there is one. */
  readonly closed: { code: number | null; reason: string };
  /** What ended the subscription; null: nothing yet. */
  readonly ended: { by: unknown };
  readonly client: Client;
  /** Waits for so many events. */
  count(max: number): Promise<readonly Data[]>;
  stop(): Promise<void>;
}

interface ListenOptions {
  readonly variables?: Record<string, unknown>;
  /** Times to come again. */
  readonly retries?: number;
  readonly headers?: Record<string, string>;
}

const codesOf = (errors: readonly { readonly extensions?: { readonly code?: unknown } }[]) =>
  errors.map(({ extensions }) => extensions?.code);

/** One operation over a client's connection. */
function over(client: Client, query: string, variables: Record<string, unknown> = {}): Promise<Data> {
  return new Promise((resolve, reject) => {
    let answer: Data = null;
    client.subscribe(
      { query, variables },
      {
        next: (result) => {
          answer = result;
        },
        error: reject,
        complete: () => resolve(answer),
      },
    );
  });
}

/** The published client, listening. `url`: of the gateway. Resolves when the server has acknowledged the connection. */
export async function listen(
  url: string,
  token: string,
  query: string,
  { variables = {}, retries = 0 }: ListenOptions = {},
): Promise<Listener> {
  const events: Data[] = [];
  const closed: Listener['closed'] = { code: null, reason: '' };
  const ended: Listener['ended'] = { by: null };
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: retries,
    shouldRetry: () => true,
    on: {
      closed: (event) => {
        const { code, reason } = event as { code: number; reason: string };
        Object.assign(closed, { code, reason });
      },
    },
  });
  const acknowledged = new Promise<void>((resolve) => {
    client.on('connected', () => resolve());
    client.on('closed', () => resolve());
  });
  const unsubscribe = client.subscribe<Data>(
    { query, variables },
    {
      next: ({ data, errors }) => {
        const last = data ? Object.values(data)[0] : null;
        events.push(errors ? { errors: codesOf(errors) } : last);
        if (last && typeof last === 'object' && 'cursor' in last) variables.after = last.cursor;
      },
      error: (error) => {
        ended.by = Array.isArray(error) ? codesOf(error) : error;
      },
      complete: () => {
        ended.by ??= 'complete';
      },
    },
  );
  await acknowledged;
  // Answered behind the subscription on the same connection: from here on nothing is missed.
  if (closed.code === null) await over(client, '{ __typename }').catch(() => {});
  return {
    events,
    closed,
    ended,
    client,
    async count(max) {
      await until(
        () => events.length >= max || ended.by !== null,
        () => `${max} events, only ${JSON.stringify(events)}`,
      );
      if (events.length >= max) return events;
      const end = JSON.stringify({ by: ended.by, closed });
      throw new Error(`Ended by ${end} after ${JSON.stringify(events)}, before ${max} events`);
    },
    async stop() {
      unsubscribe();
      await client.dispose();
    },
  };
}
