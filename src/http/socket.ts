import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Graphql } from '../graphql/execute.ts';
import { isAppError } from '../kernel/errors.ts';
import type { Limits } from '../kernel/limits.ts';
import type { End } from '../modules/changes/subscriber.ts';
import { bearerOf } from './authorization.ts';
import { startDeadline } from './deadline.ts';
import type { ContextFor } from './graphql-route.ts';
import { watchOutgoing } from './outgoing.ts';
import type { Places } from './places.ts';
import { prefixOf, writeNext } from './socket-frames.ts';
import { type Message, messageOf } from './socket-message.ts';

export interface SocketDeps {
  readonly graphql: Graphql;
  readonly contextFor: ContextFor;
  readonly limits: Limits;
  readonly places: Places;
}

export interface Connection {
  readonly ws: WebSocket;
  /** What `ws` stands on. */
  readonly stream: Duplex;
  readonly requestId: string;
  /** Of the request that opened it. */
  readonly authorization: string | undefined;
}

export interface Socket {
  /** Whether the client gave a sign of life since it was last asked; asks again. */
  beat(): boolean;
  close(code: number, reason: string): void;
}

/** Why connections are closed, beyond the codes that the protocol names. */
const CLOSE: Readonly<Record<Exclude<End, 'complete'>, readonly [code: number, reason: string]>> = {
  forbidden: [4403, 'Forbidden'],
  resync: [4413, 'Too slow: come again with the last cursor'],
  fault: [1013, 'Try again later'],
};
/** How long a client may take to answer a close frame. */
const FAREWELL_MS = 2_000;
const MINUTE_MS = 60_000;

type Subscribe = Extract<Message, { readonly type: 'subscribe' }>;

interface Operation {
  left: boolean;
  leave: () => void;
}

/** One connection by the protocol `graphql-transport-ws`. Operations take the same lane as requests over HTTP. */
export function openSocket(deps: SocketDeps, { ws, stream, requestId, authorization: sent }: Connection): Socket {
  const { graphql, contextFor, limits, places } = deps;
  const operations = new Map<string, Operation>();
  const outgoing = watchOutgoing(stream, limits);
  let authorization = sent;
  let phase: 'new' | 'initialising' | 'ready' | 'closed' = 'new';
  let givePlaceBack = (): void => {};
  let isAlive = true;
  let messages = 0;
  let minuteEnds = 0;

  const say = (message: object): void => {
    if (phase !== 'closed') ws.send(JSON.stringify(message));
  };

  function leaveAll(): void {
    phase = 'closed';
    clearTimeout(initTimer);
    for (const operation of operations.values()) {
      operation.left = true;
      operation.leave();
    }
    operations.clear();
    givePlaceBack();
  }

  function close(code: number, reason: string): void {
    if (phase === 'closed') return;
    leaveAll();
    ws.close(code, reason);
    setTimeout(() => ws.terminate(), FAREWELL_MS).unref();
  }

  const initTimer = setTimeout(() => close(4408, 'Connection initialisation timeout'), limits.socketInitMs);

  async function initialise(given: string | null): Promise<void> {
    if (phase !== 'new') return close(4429, 'Too many initialisation requests');
    phase = 'initialising';
    try {
      if (given !== null) authorization = bearerOf(given);
      const { session } = await contextFor({ authorization, requestId, signal: () => new AbortController().signal });
      const place = session === undefined ? () => {} : places.ofPrincipal(session.principal.id);
      if (place === null) return close(1013, 'Too many connections of this token');
      // It may have gone in the meantime.
      if ((phase as string) === 'closed') return place();
      givePlaceBack = place;
      clearTimeout(initTimer);
      phase = 'ready';
      say({ type: 'connection_ack' });
    } catch (error) {
      const isRefused = isAppError(error) && error.code === 'UNAUTHENTICATED';
      close(...CLOSE[isRefused ? 'forbidden' : 'fault']);
    }
  }

  function end(id: string, operation: Operation, last: object | null): void {
    if (operation.left) return;
    operation.left = true;
    operations.delete(id);
    if (last !== null) say(last);
  }

  function subscribe({ id, params }: Subscribe, bytes: number): void {
    if (phase !== 'ready') return close(4401, 'Unauthorized');
    if (operations.has(id)) return close(4409, `Subscriber for ${id.slice(0, 60)} already exists`);
    if (operations.size >= limits.subscriptionsPerSocket) {
      const message = `A connection has at most ${limits.subscriptionsPerSocket} operations at once`;
      return say({ id, type: 'error', payload: [{ message, extensions: { code: 'LIMIT_EXCEEDED', requestId } }] });
    }
    const operation: Operation = { left: false, leave: () => {} };
    operations.set(id, operation);
    void run({ ...params, requestId, method: 'SOCKET', bytes }, id, operation);
  }

  async function run(request: Parameters<Graphql['stream']>[0], id: string, operation: Operation): Promise<void> {
    const deadline = startDeadline(limits.deadlineMs);
    const work = async (): Promise<void> => {
      const context = await contextFor({ authorization, requestId, signal: deadline.signal });
      const outcome = await graphql.stream(request, context);
      if (operation.left) return;
      if ('begin' in outcome) {
        const leave = await outcome.begin(sinkOf(id, operation));
        operation.leave = leave;
        if (operation.left) leave();
        return;
      }
      const { data, errors } = outcome.body;
      if (data === undefined) return end(id, operation, { id, type: 'error', payload: errors });
      say({ id, type: 'next', payload: outcome.body });
      end(id, operation, { id, type: 'complete' });
    };
    try {
      await deadline.race(work());
    } catch (error) {
      if (isAppError(error) && error.code === 'UNAUTHENTICATED') return close(...CLOSE.forbidden);
      end(id, operation, { id, type: 'error', payload: graphql.refusal(error, request).body.errors });
    } finally {
      deadline.end();
    }
  }

  function sinkOf(id: string, operation: Operation) {
    const prefix = prefixOf(id);
    return {
      ready: outgoing.ready,
      send(delivery: Parameters<typeof writeNext>[2]): void {
        if (operation.left) return;
        if (outgoing.admits()) writeNext(stream, prefix, delivery);
        else close(...CLOSE.resync);
      },
      end(why: End): void {
        if (why === 'complete') end(id, operation, { id, type: 'complete' });
        else close(...CLOSE[why]);
      },
    };
  }

  function isFlood(): boolean {
    const now = performance.now();
    if (now >= minuteEnds) {
      minuteEnds = now + MINUTE_MS;
      messages = 0;
    }
    messages += 1;
    return messages > limits.socketMessagesPerMinute;
  }

  function take(bytes: Buffer): void {
    const message = messageOf(bytes, limits);
    if (typeof message === 'string') return close(4400, message);
    switch (message.type) {
      case 'connection_init':
        return void initialise(message.authorization);
      case 'ping':
        return say({ type: 'pong' });
      case 'pong':
        return;
      case 'subscribe':
        return subscribe(message, bytes.length);
      case 'complete': {
        const operation = operations.get(message.id);
        if (!operation) return;
        operation.leave();
        return end(message.id, operation, null);
      }
    }
  }

  ws.on('message', (data, isBinary) => {
    isAlive = true;
    if (phase === 'closed') return;
    if (isBinary) return close(4400, 'Only text messages are accepted');
    if (isFlood()) return close(4429, 'Too many messages');
    take(data as Buffer);
  });
  ws.on('pong', () => {
    isAlive = true;
  });
  // The library closes with the right code by itself: 1009 for what is too large.
  ws.on('error', leaveAll);
  ws.on('close', leaveAll);

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
