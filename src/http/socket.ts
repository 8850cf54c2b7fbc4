import type { Duplex } from 'node:stream';
import { CloseCode, MessageType } from 'graphql-ws';
import type { RawData, WebSocket } from 'ws';
import type { Graphql } from '../graphql/engine/execute.ts';
import { describeFault } from '../graphql/engine/mask-error.ts';
import { isAppError } from '../kernel/errors.ts';
import { guarded } from '../kernel/guarded.ts';
import type { InFlight } from '../kernel/in-flight.ts';
import type { Limits } from '../kernel/limits.ts';
import type { Log } from '../kernel/log.ts';
import type { End } from '../streams/subscriber.ts';
import { bearerOf } from './authorization.ts';
import type { ContextFor } from './caller.ts';
import { closeSocket } from './close-socket.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { Deadline } from './deadline.ts';
import type { Rates } from './rates.ts';
import { type Message, messageOf } from './socket-message.ts';
import { type Credentials, createOperations } from './socket-operations.ts';
import type { WrongTokens } from './wrong-tokens.ts';

export interface SocketDeps {
  readonly graphql: Graphql;
  readonly contextFor: ContextFor;
  readonly limits: Limits;
  readonly startDeadline: () => Deadline;
  readonly connections: ConnectionLimits;
  readonly inFlight: InFlight;
  readonly rates: Rates;
  readonly wrongTokens: WrongTokens;
  readonly log: Log;
}

export interface Connection {
  readonly ws: WebSocket;
  /** What `ws` stands on. */
  readonly stream: Duplex;
  readonly requestId: string;
  /** Of the request that opened it: its token, its headers in turn, its path and query. */
  readonly authorization: string | undefined;
  readonly headers: readonly string[];
  readonly target: string;
  /** Of the client, and as limits count it. */
  readonly client: string;
  readonly address: string;
}

export interface Socket {
  /** Whether the client gave a sign of life since it was last asked; asks again, or gives it up. */
  beat(): boolean;
  close(code: number, reason: string): void;
}

/** Why connections are closed, beyond the codes that the protocol names. */
const CLOSE: Readonly<Record<Exclude<End, 'complete'>, readonly [code: number, reason: string]>> = {
  forbidden: [CloseCode.Forbidden, 'Forbidden'],
  resync: [4413, 'Too slow: come again with the last cursor'],
  fault: [1013, 'Try again later'],
};
const MINUTE_MS = 60_000;
const NO_BYTES = new Uint8Array();
type Init = Extract<Message, { readonly type: MessageType.ConnectionInit }>;

/** Names and values in turn: what the message says goes before what the request that opened the connection said. */
function over(said: readonly string[], opening: readonly string[]): readonly string[] {
  const names = new Set(said.filter((_, i) => i % 2 === 0));
  const kept = opening.filter((_, i) => !names.has(opening[i - (i % 2)]?.toLowerCase() ?? ''));
  return [...said, ...kept];
}

/** Counts what comes; true: more than may come in a minute. */
function floodGate(most: number): () => boolean {
  let count = 0;
  let minuteEnds = 0;
  return () => {
    const now = performance.now();
    if (now >= minuteEnds) {
      minuteEnds = now + MINUTE_MS;
      count = 0;
    }
    count += 1;
    return count > most;
  };
}

/** One connection by the protocol `graphql-transport-ws`. Operations take the same lane as requests over HTTP. */
export function openSocket(
  deps: SocketDeps,
  { ws, stream, requestId, target, address, ...opening }: Connection,
): Socket {
  const { graphql, contextFor, limits, startDeadline, connections, wrongTokens, log } = deps;
  const isFlood = floodGate(limits.socketMessagesPerMinute);
  let credentials: Credentials = { ...opening, address: opening.client };
  let phase: 'new' | 'initialising' | 'ready' | 'closed' = 'new';
  let release = connections.stranger(address, () =>
    close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'),
  );
  let isAlive = true;
  const isClosed = (): boolean => phase === 'closed';

  const say = (message: object): void => {
    if (!isClosed()) ws.send(JSON.stringify(message));
  };
  const operations = createOperations({
    graphql,
    contextFor,
    limits,
    startDeadline,
    inFlight: deps.inFlight,
    rates: deps.rates,
    stream,
    say,
    close: (why) => close(...CLOSE[why]),
  });

  function leave(): void {
    phase = 'closed';
    clearTimeout(initTimer);
    operations.leaveAll();
    release();
  }

  function close(code: number, reason: string): void {
    if (isClosed()) return;
    leave();
    closeSocket(ws, code, reason);
  }

  /** A fault in something that the network called ends this connection alone. */
  const failed = (error: unknown): void => {
    log.error('A connection failed', { requestId, ...describeFault(error) });
    try {
      close(...CLOSE.fault);
    } catch {
      ws.terminate();
    }
  };
  const initTimer = setTimeout(
    guarded(failed, () => close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout')),
    limits.socketInitMs,
  );

  /** Who it is; their place among all connections of the same token is kept until the end. */
  async function initialise({ authorization: given, headers }: Pick<Init, 'authorization' | 'headers'>): Promise<void> {
    phase = 'initialising';
    try {
      if (given !== null) credentials = { ...credentials, authorization: bearerOf(given) };
      credentials = { ...credentials, headers: over(headers, credentials.headers ?? []) };
      const signal = () => new AbortController().signal;
      const { session, checkSignature } = await contextFor({ ...credentials, requestId, signal });
      checkSignature?.({ method: 'GET', target, body: NO_BYTES, authorization: credentials.authorization ?? '' });
      const place = session === undefined ? () => {} : connections.signedIn(session.principal);
      if (place === null) return close(1013, 'Too many connections of this token');
      if (isClosed()) return place();
      release();
      release = place;
      clearTimeout(initTimer);
      phase = 'ready';
      say({ type: MessageType.ConnectionAck });
    } catch (error) {
      const isRefused = isAppError(error) && error.code === 'UNAUTHENTICATED';
      await wrongTokens.judge(error, address);
      close(...CLOSE[isRefused ? 'forbidden' : 'fault']);
    }
  }

  function take(message: Message, bytes: number): void {
    switch (message.type) {
      case MessageType.ConnectionInit:
        if (phase === 'new') void initialise(message);
        else close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests');
        break;
      case MessageType.Ping:
        say({ type: MessageType.Pong });
        break;
      case MessageType.Pong:
        break;
      case MessageType.Subscribe: {
        const { id, params } = message;
        if (phase !== 'ready') close(CloseCode.Unauthorized, 'Unauthorized');
        else if (operations.has(id)) close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`);
        else operations.start(id, { ...params, requestId, method: 'SOCKET', bytes }, credentials);
        break;
      }
      case MessageType.Complete:
        operations.leave(message.id);
    }
  }

  function receive(data: RawData, isBinary: boolean): void {
    isAlive = true;
    if (isClosed()) return;
    // Counted first: nothing of a flood is parsed.
    const isOver = isFlood();
    const message = isOver || isBinary ? 'Only text messages are accepted' : messageOf(data as Buffer, limits);
    if (isOver) close(CloseCode.TooManyInitialisationRequests, 'Too many messages');
    else if (typeof message === 'string') close(CloseCode.BadRequest, message);
    else take(message, (data as Buffer).length);
  }

  ws.on('message', guarded(failed, receive));
  ws.on(
    'pong',
    guarded(failed, () => {
      isAlive = true;
    }),
  );
  // The library closes with the right code by itself: 1009 for what is too large.
  ws.on('error', guarded(failed, leave));
  ws.on('close', guarded(failed, leave));

  return {
    beat() {
      const wasAlive = isAlive;
      isAlive = false;
      if (wasAlive) ws.ping();
      else ws.terminate();
      return wasAlive;
    },
    close,
  };
}
