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
import type { Pace } from '../kernel/pace.ts';
import type { End } from '../streams/subscriber.ts';
import { bearerOf } from './authorization.ts';
import type { ContextFor } from './caller.ts';
import { closeSocket } from './close-socket.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { Deadline } from './deadline.ts';
import type { Rates } from './rates.ts';
import { type Message, messageOf } from './socket-message.ts';
import { type Credentials, createOperations, type Operations } from './socket-operations.ts';
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
  /** Of all who sign in and ask. */
  readonly pace: Pace;
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
function floodGate(max: number): () => boolean {
  let count = 0;
  let minuteEnds = 0;
  return () => {
    const now = performance.now();
    if (now >= minuteEnds) {
      minuteEnds = now + MINUTE_MS;
      count = 0;
    }
    count += 1;
    return count > max;
  };
}

/** What becomes of a connection. */
interface Course {
  phase: 'new' | 'initialising' | 'ready' | 'closed';
  credentials: Credentials;
  /** Gives up its place among all connections. */
  release: () => void;
}

interface Talk {
  readonly say: (message: object) => void;
  readonly close: (code: number, reason: string) => void;
}

/** How long a client may take to say who it is. */
interface Patience {
  readonly stop: () => void;
  readonly renew: () => void;
}

function patienceOf(ms: number, failed: (error: unknown) => void, late: () => void): Patience {
  let timer = setTimeout(guarded(failed, late), ms);
  return {
    stop: () => clearTimeout(timer),
    renew: () => {
      timer = setTimeout(guarded(failed, late), ms);
    },
  };
}

/** Who it is; their place among all connections of the same token is kept until the end. */
function createInitialising(
  { contextFor, connections, wrongTokens, pace }: SocketDeps,
  { requestId, target, address }: Pick<Connection, 'requestId' | 'target' | 'address'>,
  course: Course,
  { close, ready, patience }: Pick<Talk, 'close'> & { readonly ready: () => void; readonly patience: Patience },
) {
  async function signIn({ authorization: given, headers }: Pick<Init, 'authorization' | 'headers'>): Promise<void> {
    const known = course.credentials;
    const authorization = given === null ? known.authorization : bearerOf(given);
    const credentials = { ...known, authorization, headers: over(headers, known.headers ?? []) };
    course.credentials = credentials;
    const signal = () => new AbortController().signal;
    const { session, checkSignature } = await contextFor({ ...credentials, requestId, signal });
    checkSignature?.({ method: 'GET', target, body: NO_BYTES, authorization: authorization ?? '' });
    const place = session === undefined ? () => {} : connections.signedIn(session.principal);
    if (place === null) return close(1013, 'Too many connections of this token');
    if (course.phase === 'closed') return place();
    course.release();
    course.release = place;
    course.phase = 'ready';
    ready();
  }

  return async (init: Pick<Init, 'authorization' | 'headers'>): Promise<void> => {
    course.phase = 'initialising';
    // It is not the client who takes long until its turn comes.
    patience.stop();
    try {
      await pace.run(async () => {
        if (course.phase === 'closed') return;
        patience.renew();
        await signIn(init);
      });
    } catch (error) {
      const isRefused = isAppError(error) && error.code === 'UNAUTHENTICATED';
      await wrongTokens.judge(error, address);
      close(...CLOSE[isRefused ? 'forbidden' : 'fault']);
    }
  };
}

/** What to do with each message. */
function createTaking(
  requestId: string,
  course: Course,
  operations: Operations,
  { say, close, initialise }: Talk & { readonly initialise: (init: Init) => Promise<void> },
) {
  return (message: Message, bytes: number): void => {
    switch (message.type) {
      case MessageType.ConnectionInit:
        if (course.phase === 'new') void initialise(message);
        else close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests');
        break;
      case MessageType.Ping:
        say({ type: MessageType.Pong });
        break;
      case MessageType.Pong:
        break;
      case MessageType.Subscribe: {
        const { id, params } = message;
        if (course.phase !== 'ready') close(CloseCode.Unauthorized, 'Unauthorized');
        else if (operations.has(id)) close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`);
        else operations.start(id, { ...params, requestId, method: 'SOCKET', bytes }, course.credentials);
        break;
      }
      case MessageType.Complete:
        operations.leave(message.id);
    }
  };
}

/** Takes what is a message by the protocol, and closes upon anything else. */
function createJudging(
  limits: Limits,
  { close, take }: Pick<Talk, 'close'> & { readonly take: (message: Message, bytes: number) => void },
) {
  const isFlood = floodGate(limits.socketMessagesPerMinute);
  return (data: Buffer, isBinary: boolean): void => {
    // Counted first: nothing of a flood is parsed.
    const isOver = isFlood();
    const message = isOver || isBinary ? 'Only text messages are accepted' : messageOf(data, limits);
    if (isOver) close(CloseCode.TooManyInitialisationRequests, 'Too many messages');
    else if (typeof message === 'string') close(CloseCode.BadRequest, message);
    else take(message, data.length);
  };
}

/** One connection by the protocol `graphql-transport-ws`. Operations take the same lane as requests over HTTP. */
export function openSocket(deps: SocketDeps, connection: Connection): Socket {
  const { limits, connections, log } = deps;
  const { ws, stream, requestId, address } = connection;
  const { authorization, headers, client } = connection;
  const late = (): void => close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout');
  const course: Course = {
    phase: 'new',
    credentials: { authorization, headers, address: client },
    release: connections.stranger(address, late),
  };
  let isAlive = true;

  const say = (message: object): void => {
    if (course.phase !== 'closed') ws.send(JSON.stringify(message));
  };
  const operations = createOperations({ ...deps, stream, say, close: (why) => close(...CLOSE[why]) });

  function leave(): void {
    course.phase = 'closed';
    patience.stop();
    operations.leaveAll();
    course.release();
  }

  function close(code: number, reason: string): void {
    if (course.phase === 'closed') return;
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
  const patience = patienceOf(limits.socketInitMs, failed, late);
  const ready = (): void => {
    patience.stop();
    say({ type: MessageType.ConnectionAck });
  };
  const initialise = createInitialising(deps, connection, course, { close, ready, patience });
  const take = createTaking(requestId, course, operations, { say, close, initialise });
  const judge = createJudging(limits, { close, take });

  const receive = (data: RawData, isBinary: boolean): void => {
    isAlive = true;
    if (course.phase !== 'closed') judge(data as Buffer, isBinary);
  };

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
