import { createClient as createEventClient, NetworkError } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { Random } from './stream-random.ts';

/** What a subscriber asks for, and where. */
export interface Subscription {
  /** Of a gateway. */
  readonly url: string;
  readonly token: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Where to go on; null: from now. */
  readonly after: string | null;
}

export interface StreamConnection {
  /** In a few words why it ended by itself, such as `close 4403`. */
  readonly ended: Promise<string>;
  /** Leaves. Nothing is taken any more. */
  drop(): void;
}

// biome-ignore lint/suspicious/noExplicitAny: events are read as the test's own query shaped them
export type Data = any;

type Connect = (subscription: Subscription, take: (event: Data) => void, random: Random) => StreamConnection;

interface Result {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: unknown } }[];
}

const codesOf = (errors: NonNullable<Result['errors']>): string =>
  errors.map(({ extensions }) => String(extensions?.code)).join(' ');

const eventOf = ({ data, errors }: Result): Data =>
  errors || !data ? { __typename: 'errors', codes: codesOf(errors ?? []) } : Object.values(data)[0];

const socketUrl = (url: string): string => `${url.replace('http', 'ws')}/graphql`;
const variablesOf = ({ variables, after }: Subscription): Record<string, unknown> =>
  after === null ? { ...variables } : { ...variables, after };

/** The published client of `graphql-transport-ws`. Leaves with a word or without, as chance has it. */
const overSocket: Connect = (subscription, take, random) => {
  const { url, token, query } = subscription;
  let isLive = true;
  let opened: WebSocket | null = null;
  const client = createClient({
    url: socketUrl(url),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
    on: {
      opened: (socket) => {
        opened = socket as WebSocket;
      },
    },
  });
  const ended = new Promise<string>((done) => {
    client.subscribe<Readonly<Record<string, unknown>>>(
      { query, variables: variablesOf(subscription) },
      {
        next: (result) => {
          if (isLive) take(eventOf(result as Result));
        },
        error: (error) => done(Array.isArray(error) ? `errors ${codesOf(error)}` : closeOf(error)),
        complete: () => done('complete'),
      },
    );
  });
  return {
    ended,
    drop() {
      isLive = false;
      if (random.chance(0.5)) opened?.terminate();
      // It fails with how the connection ended.
      Promise.resolve(client.dispose()).catch(() => {});
    },
  };
};

const closeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number'
    ? `close ${error.code}`
    : 'network';

/** The published client of server-sent events. Goes on by the header or by the variable, as chance has it. */
const overEvents: Connect = (subscription, take, random) => {
  const { url, token, query, variables, after } = subscription;
  const byHeader = after !== null && random.chance(0.5);
  let isLive = true;
  const client = createEventClient({
    url: `${url}/graphql`,
    headers: { authorization: `Bearer ${token}`, ...(byHeader ? { 'last-event-id': after } : {}) },
    retryAttempts: 0,
  });
  const ended = new Promise<string>((done) => {
    client.subscribe(
      { query, variables: byHeader ? { ...variables } : variablesOf(subscription) },
      {
        next: (result) => {
          if (!isLive) return;
          const event = eventOf(result as Result);
          // The last word to a token that was revoked.
          if (event.codes === 'FORBIDDEN') done('errors FORBIDDEN');
          else take(event);
        },
        error: (error) => done(Array.isArray(error) ? `errors ${codesOf(error)}` : statusOf(error)),
        complete: () => done('complete'),
      },
    );
  });
  return {
    ended,
    drop() {
      isLive = false;
      client.dispose();
    },
  };
};

const statusOf = (error: unknown): string =>
  error instanceof NetworkError && error.response && error.response.status !== 200
    ? `status ${error.response.status}`
    : 'network';

/** A client that does not read for seconds at a time. */
const overSlowSocket: Connect = (subscription, take, random) => {
  const { url, token, query } = subscription;
  const socket = new WebSocket(socketUrl(url), 'graphql-transport-ws');
  const say = (message: object): void => socket.send(JSON.stringify(message));
  let isLive = true;
  let timer: NodeJS.Timeout | undefined;
  const pauseSometimes = (): void => {
    timer = setTimeout(
      () => {
        if (socket.isPaused) socket.resume();
        else socket.pause();
        pauseSometimes();
      },
      random.between(100, 2_500),
    );
  };
  let refusal: string | null = null;
  const ended = new Promise<string>((done) => {
    socket.on('error', () => {});
    socket.on('close', (code) => {
      clearTimeout(timer);
      done(refusal ?? `close ${code}`);
    });
    socket.on('message', (bytes: Buffer) => {
      const message = JSON.parse(bytes.toString());
      if (!isLive) return;
      if (message.type === 'connection_ack') {
        say({ id: 'slow', type: 'subscribe', payload: { query, variables: variablesOf(subscription) } });
      } else if (message.type === 'next') take(eventOf(message.payload));
      else if (message.type === 'error') {
        refusal = `errors ${codesOf(message.payload)}`;
        socket.terminate();
      }
    });
  });
  socket.on('open', () => {
    say({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
    pauseSometimes();
  });
  return {
    ended,
    drop() {
      isLive = false;
      clearTimeout(timer);
      socket.terminate();
    },
  };
};

/** Ways to listen. */
export const TRANSPORTS = { socket: overSocket, events: overEvents, slow: overSlowSocket } as const;
export type Transport = keyof typeof TRANSPORTS;
