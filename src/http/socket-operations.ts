import type { Duplex } from 'node:stream';
import { MessageType } from 'graphql-ws';
import { SMALL_ANSWER } from '../graphql/engine/answer-meter.ts';
import type { Graphql } from '../graphql/engine/execute.ts';
import type { GraphqlRequest } from '../graphql/engine/request.ts';
import { isAppError } from '../kernel/errors.ts';
import type { InFlight } from '../kernel/in-flight.ts';
import type { Limits } from '../kernel/limits.ts';
import type { Pace } from '../kernel/pace.ts';
import type { Delivery, End, Sink } from '../streams/subscriber.ts';
import type { ContextFor } from './caller.ts';
import type { Deadline } from './deadline.ts';
import { watchOutgoing } from './outgoing.ts';
import type { Rates } from './rates.ts';
import { prefixOf, writeNext } from './socket-frames.ts';

export interface OperationsDeps {
  readonly graphql: Graphql;
  readonly contextFor: ContextFor;
  readonly limits: Limits;
  /** Of each operation until it has its answer. */
  readonly startDeadline: () => Deadline;
  /** What is held of answers until they are sent. */
  readonly inFlight: InFlight;
  readonly rates: Rates;
  readonly pace: Pace;
  /** What the messages are written to. */
  readonly stream: Duplex;
  /** Says something to the client. */
  readonly say: (message: object) => void;
  /** The connection has to end. */
  readonly close: (why: Exclude<End, 'complete'>) => void;
}

/** What the client signed in with. */
export type Credentials = Pick<Parameters<ContextFor>[0], 'authorization' | 'headers' | 'address'>;

/** The operations under way on one connection, by the ids that the client gave them. */
export interface Operations {
  has(id: string): boolean;
  start(id: string, request: GraphqlRequest, credentials: Credentials): void;
  /** The client wants no more of it. */
  leave(id: string): void;
  leaveAll(): void;
}

interface Operation {
  left: boolean;
  leave: () => void;
}

const REFUSED = { message: 'The token is not valid any more', extensions: { code: 'FORBIDDEN' } };

/** Those under way by their ids, and how each of them ends. */
function createUnderWay({ say, close }: Pick<OperationsDeps, 'say' | 'close'>) {
  const operations = new Map<string, Operation>();

  /** Over, with a last word. */
  function end(id: string, operation: Operation, last: object): void {
    if (operation.left) return;
    operation.left = true;
    operations.delete(id);
    say(last);
  }

  return {
    operations,
    end,
    /** Tells every operation: of a close alone, clients of the protocol think that it is worth another try. */
    refuse(): void {
      for (const [id, operation] of [...operations]) {
        end(id, operation, { id, type: MessageType.Error, payload: [REFUSED] });
        operation.leave();
      }
      close('forbidden');
    },
    leave(id: string): void {
      const operation = operations.get(id);
      if (!operation) return;
      operation.left = true;
      operations.delete(id);
      operation.leave();
    },
  };
}
type UnderWay = ReturnType<typeof createUnderWay>;

/** Where the deliveries of an operation go. */
function createSinks({ stream, limits, close }: OperationsDeps, { end, refuse }: UnderWay) {
  const outgoing = watchOutgoing(stream, limits);
  return (id: string, operation: Operation): Sink => {
    const prefix = prefixOf(id);
    return {
      ready: outgoing.ready,
      send(delivery: Delivery): void {
        if (operation.left) return;
        if (outgoing.admits()) writeNext(stream, prefix, delivery);
        else close('resync');
      },
      end(why: End): void {
        if (why === 'complete') end(id, operation, { id, type: MessageType.Complete });
        else if (operation.left) return;
        else if (why === 'forbidden') refuse();
        else close(why);
      },
    };
  };
}

/** What the client has not taken yet of an answer that is not small is held. */
function sendAnswer({ stream, inFlight }: OperationsDeps, id: string, latin1: string, principal: string): void {
  const answer = { cursor: null, latin1 };
  if (latin1.length <= SMALL_ANSWER) {
    writeNext(stream, prefixOf(id), answer);
    return;
  }
  const hold = inFlight.hold(principal);
  hold.add(latin1.length);
  writeNext(stream, prefixOf(id), answer, hold.release);
}

export function createOperations(deps: OperationsDeps): Operations {
  const { graphql, contextFor, limits, startDeadline, rates, pace, say } = deps;
  const underWay = createUnderWay(deps);
  const { operations, end, refuse, leave } = underWay;
  const sinkOf = createSinks(deps, underWay);

  async function work(
    request: GraphqlRequest,
    caller: Parameters<ContextFor>[0],
    id: string,
    operation: Operation,
  ): Promise<void> {
    const context = await contextFor(caller);
    const payer = context.session?.principal;
    const charge = async (points: number): Promise<void> => payer && rates.take(payer, points);
    const outcome = await graphql.stream({ ...request, charge }, context);
    if (operation.left) return;
    if ('begin' in outcome) {
      operation.leave = await outcome.begin(sinkOf(id, operation));
      if (operation.left) operation.leave();
      return;
    }
    const { body, latin1 } = outcome;
    if (body.data === undefined) return end(id, operation, { id, type: MessageType.Error, payload: body.errors });
    sendAnswer(deps, id, latin1, payer?.id ?? '');
    end(id, operation, { id, type: MessageType.Complete });
  }

  async function run(request: GraphqlRequest, credentials: Credentials, id: string, operation: Operation) {
    const deadline = startDeadline();
    operation.leave = () => deadline.abandon();
    try {
      const caller = { ...credentials, requestId: request.requestId, signal: deadline.signal };
      await deadline.race(work(request, caller, id, operation));
    } catch (error) {
      if (operation.left) return;
      if (isAppError(error) && error.code === 'UNAUTHENTICATED') refuse();
      else end(id, operation, { id, type: MessageType.Error, payload: graphql.refusal(error, request).body.errors });
    } finally {
      deadline.end();
    }
  }

  return {
    has: (id) => operations.has(id),
    start(id, request, credentials) {
      if (operations.size >= limits.subscriptionsPerSocket) {
        const message = `A connection has at most ${limits.subscriptionsPerSocket} operations at once`;
        const extensions = { code: 'LIMIT_EXCEEDED', requestId: request.requestId };
        return say({ id, type: MessageType.Error, payload: [{ message, extensions }] });
      }
      const operation: Operation = { left: false, leave: () => {} };
      operations.set(id, operation);
      // In turn, also among those of one connection: an answer tells that what was asked before it has begun.
      void pace.run(async () => (operation.left ? undefined : run(request, credentials, id, operation)));
    },
    leave,
    leaveAll() {
      for (const id of [...operations.keys()]) leave(id);
    },
  };
}
