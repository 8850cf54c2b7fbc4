import { SMALL_ANSWER } from '../graphql/engine/answer-meter.ts';
import type { Answers, Given } from '../graphql/engine/answers.ts';
import type { Answer, Graphql } from '../graphql/engine/execute.ts';
import type { GraphqlRequest } from '../graphql/engine/request.ts';
import type { Opened } from '../graphql/engine/source.ts';
import { AppError } from '../kernel/errors.ts';
import { guarded } from '../kernel/guarded.ts';
import type { Hold, InFlight } from '../kernel/in-flight.ts';
import type { Limits } from '../kernel/limits.ts';
import { authorizationOf } from './authorization.ts';
import { checkContentType, readBody, tooLarge } from './body.ts';
import { operationIn } from './body-operation.ts';
import type { Caller, ConnectionLimits } from './connection-limits.ts';
import type { Deadline } from './deadline.ts';
import { type EventStreams, sendAsEvent } from './events.ts';
import { type Exchange, isSaidAsEvent, sendLatin1 } from './exchange.ts';
import { checkOrigin } from './origin.ts';
import { paramsOfBody, paramsOfLongBody, paramsOfQuery } from './params.ts';
import type { Rates } from './rates.ts';
import type { WrongTokens } from './wrong-tokens.ts';
import type { YogaLane } from './yoga.ts';

/** Who asks: throws UNAUTHENTICATED for strangers. */
export type ContextFor = (request: {
  readonly authorization: string | undefined;
  readonly requestId: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: () => AbortSignal;
}) => Promise<{
  /** All that the answer to a query depends on besides the request. null: no answer is given twice. */
  readonly stamp: string | null;
  /** Whether the answer depended on nothing else. */
  readonly isRepeatable?: () => boolean;
  /** Whether the token may write anything that carries files, and so send larger bodies; absent: yes. */
  readonly mayCarryFiles?: () => boolean;
  /** Who asks, for limits on what stays open. */
  readonly session?: { readonly principal: Caller };
}>;

interface Deps {
  readonly graphql: Graphql;
  readonly contextFor: ContextFor;
  readonly yoga: YogaLane;
  readonly events: EventStreams;
  readonly connections: ConnectionLimits;
  readonly rates: Rates;
  readonly bodies: InFlight;
  /** What is held of answers until they are sent. */
  readonly inFlight: InFlight;
  readonly wrongTokens: WrongTokens;
  readonly answers: Answers;
  readonly limits: Limits;
  readonly startDeadline: () => Deadline;
  readonly development: boolean;
}

export type Route = (exchange: Exchange) => Promise<void>;

export function createGraphqlRoute({
  graphql,
  contextFor,
  yoga,
  events,
  connections,
  rates,
  bodies,
  inFlight,
  wrongTokens,
  answers,
  limits,
  startDeadline,
  development,
}: Deps): Route {
  const requestOf = async (
    { search, id }: Exchange,
    body: Uint8Array | null,
    charge: (points: number) => Promise<void>,
  ): Promise<GraphqlRequest> => {
    if (body === null) return { ...paramsOfQuery(search, limits), requestId: id, method: 'GET', bytes: 0 };
    const facts = { requestId: id, method: 'POST', bytes: body.byteLength } as const;
    if (body.byteLength <= limits.bodyBytes) return { ...paramsOfBody(body, limits), ...facts };
    // Nothing is parsed of a large body before it is known to be one that may be large.
    const named = await operationIn(body, limits.documentLength);
    if (named === null || !graphql.mayCarryFiles(named.query, named.operationName)) {
      await charge(1);
      throw tooLarge(limits.bodyBytes);
    }
    return { ...(await paramsOfLongBody(body, limits)), ...facts };
  };

  const serve = async (exchange: Exchange, deadline: Deadline): Promise<void> => {
    const context = await contextFor(callerOf(exchange, deadline)).catch(async (error) => {
      throw await wrongTokens.judge(error, exchange.client);
    });
    const wantsEvents = accepts(exchange, EVENTS);
    if (wantsEvents) checkOrigin(exchange.request.headers);
    const { stamp, session } = context;
    exchange.hold = bodies.hold(session?.principal.id ?? '');
    const body = await readBytes(exchange, context, limits);
    // An answer given again costs nothing, but tells how it stands.
    if (session) exchange.headers = rates.headers(session.principal);
    const given = stamp === null || body === null ? null : answers.find(stamp, body, exchange.request.socket);
    exchange.asEvents = wantsEvents && given !== null;
    const send = (answer: Given): void => {
      if (answer.latin1.length > SMALL_ANSWER)
        holdUntilSent(exchange, inFlight.hold(session?.principal.id ?? ''), answer);
      sendGiven(exchange, answer);
    };
    if (given) return send(given);
    const charge = async (points: number): Promise<void> => {
      if (!session) return;
      try {
        await rates.take(session.principal, points);
      } finally {
        exchange.headers = rates.headers(session.principal);
      }
    };
    const graphqlRequest = { ...(await requestOf(exchange, body, charge)), charge };
    exchange.asEvents = wantsEvents;
    if (!wantsEvents) {
      const answer = await graphql.answer(graphqlRequest, context);
      const sent = givenOf(answer);
      const isRepeatable = answer.repeatable && context.isRepeatable?.() !== false;
      if (isRepeatable && stamp !== null && body !== null) answers.keep(stamp, body, sent);
      return send(sent);
    }
    const resumeAfter = cursorOf(exchange);
    const outcome = await graphql.stream(graphqlRequest, { ...context, resumeAfter });
    if (!('begin' in outcome)) return send(givenOf(outcome));
    if (session) takePlace(exchange, session.principal, connections);
    const begin: Opened['begin'] = async (sink) => {
      const leave = await outcome.begin(sink);
      deadline.end();
      return leave;
    };
    await events.serve(exchange, { begin });
  };

  return async (exchange) => {
    const { method } = exchange;
    if (method !== 'POST' && method !== 'GET') throw new AppError('METHOD_NOT_ALLOWED', 'Use POST');
    if (method === 'GET' && accepts(exchange, 'text/html')) {
      if (development) return yoga.page(exchange);
      throw new AppError('NOT_FOUND', 'Not found');
    }
    const deadline = startDeadline();
    let isServed = false;
    exchange.onClose = () => {
      if (!isServed) deadline.abandon();
      // Nobody will ever hear of a body that broke off.
      if (!exchange.request.complete) exchange.hold?.release();
    };
    try {
      await deadline.race(serve(exchange, deadline).finally(() => exchange.hold?.release()));
    } finally {
      isServed = true;
      deadline.end();
    }
  };
}

const accepts = ({ request }: Exchange, type: string): boolean => request.headers.accept?.includes(type) === true;

const callerOf = ({ request, id }: Exchange, deadline: Deadline): Parameters<ContextFor>[0] => ({
  authorization: authorizationOf(request.rawHeaders),
  requestId: id,
  signal: deadline.signal,
});

/** The body of a POST; null for a GET. */
async function readBytes(
  exchange: Exchange,
  { mayCarryFiles }: Awaited<ReturnType<ContextFor>>,
  { bodyBytes, fileBodyBytes }: Limits,
): Promise<Uint8Array | null> {
  const { request, method, hold } = exchange;
  if (method === 'GET') {
    // Only what a page cannot make a browser send along with a GET of its own.
    if (request.headers['content-type'] !== undefined) checkContentType(request);
    return null;
  }
  checkContentType(request);
  const counted = hold === null ? {} : { hold };
  const isShort = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY) <= bodyBytes;
  if (isShort || fileBodyBytes <= bodyBytes || mayCarryFiles?.() === false) {
    return readBody(exchange, { most: bodyBytes, ...counted });
  }
  // Which operation it is, is known only when it is there.
  return readBody(exchange, { most: fileBodyBytes, setting: 'KEYLOOM_LIMIT_FILE_BODY_BYTES', ...counted });
}

const EVENTS = 'text/event-stream';
const GRAPHQL_TYPE = 'application/graphql-response+json';

const retryAfterOf = ({ errors }: Answer['body']): Pick<Given, 'retryAfter'> => {
  const retryAfter = errors?.[0]?.extensions.retryAfter;
  return retryAfter === undefined ? {} : { retryAfter };
};

const givenOf = ({ status, body, latin1, operationName }: Answer): Given => ({
  status,
  operationName,
  latin1,
  ...retryAfterOf(body),
});

function sendGiven(exchange: Exchange, { status, latin1, operationName, retryAfter }: Given): void {
  exchange.operationName = operationName;
  if (isSaidAsEvent(exchange, status)) {
    sendAsEvent(exchange, latin1);
    return;
  }
  const type = accepts(exchange, GRAPHQL_TYPE) ? GRAPHQL_TYPE : 'application/json';
  const headers = retryAfter === undefined ? null : { 'retry-after': String(retryAfter) };
  sendLatin1(exchange, status, latin1, `${type}; charset=utf-8`, headers);
}

/** A client that takes its time holds what it has not taken yet. */
function holdUntilSent({ response, onFault }: Exchange, hold: Hold, { latin1 }: Given): void {
  hold.add(latin1.length);
  if (response.destroyed) hold.release();
  else response.once('close', guarded(onFault, hold.release));
}

/** Where a stream that broke off was, as clients of server-sent events say it. */
function cursorOf({ request }: Exchange): string | null {
  const given = request.headers['last-event-id'];
  return typeof given === 'string' && given !== '' ? given : null;
}

/** A stream stays open: there are only so many. */
function takePlace({ response, onFault }: Exchange, caller: Caller, connections: ConnectionLimits): void {
  const release = connections.signedIn(caller);
  if (release === null) throw new AppError('RATE_LIMITED', 'Too many connections of this token');
  response.once('close', guarded(onFault, release));
}
