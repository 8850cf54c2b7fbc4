import type { Answers, Given } from '../graphql/engine/answers.ts';
import type { Answer, Graphql } from '../graphql/engine/execute.ts';
import type { Plans } from '../graphql/engine/plans.ts';
import { SHORT_BYTES } from '../graphql/engine/plugins/use-limits.ts';
import type { GraphqlRequest } from '../graphql/engine/request.ts';
import type { Opened } from '../graphql/engine/source.ts';
import { AppError } from '../kernel/errors.ts';
import { guarded } from '../kernel/guarded.ts';
import type { InFlight } from '../kernel/in-flight.ts';
import type { Limits } from '../kernel/limits.ts';
import type { Pace } from '../kernel/pace.ts';
import { turn } from '../kernel/turn.ts';
import { checkContentType, readBody, tooLarge } from './body.ts';
import { operationIn } from './body-operation.ts';
import { type Caught, type ContextFor, chargeOf, checkSigned, contextOf, leave } from './caller.ts';
import type { Caller, ConnectionLimits } from './connection-limits.ts';
import type { Deadline } from './deadline.ts';
import type { EventStreams } from './events.ts';
import type { Exchange } from './exchange.ts';
import { give } from './give.ts';
import { EVENTS, GRAPHQL_TYPE } from './media-types.ts';
import { checkOrigin } from './origin.ts';
import { paramsOfBody, paramsOfLongBody, paramsOfQuery } from './params.ts';
import type { Rates } from './rates.ts';
import type { WrongTokens } from './wrong-tokens.ts';
import type { YogaLane } from './yoga.ts';

interface Deps {
  readonly graphql: Graphql;
  readonly contextFor: ContextFor;
  readonly yoga: YogaLane;
  readonly events: EventStreams;
  readonly connections: ConnectionLimits;
  readonly rates: Rates;
  readonly bodies: InFlight;
  /** Of all who come to stay: they sign in, and begin. */
  readonly pace: Pace;
  /** What is held of answers until they are sent. */
  readonly inFlight: InFlight;
  readonly wrongTokens: WrongTokens;
  readonly answers: Answers;
  readonly plans: Plans;
  readonly limits: Limits;
  readonly startDeadline: () => Deadline;
  readonly development: boolean;
}

export type Route = (exchange: Exchange) => Promise<void>;

/** The usual way of every request. See kept-lane.ts for the short one of an answer that is given again. */
export function createGraphqlRoute(deps: Deps): Route {
  return async (exchange) => {
    const { method } = exchange;
    // OPTIONS as well: GraphQL over HTTP knows two methods, and a browser that asks before it sends a token is to be refused.
    if (method !== 'POST' && method !== 'GET') throw new AppError('METHOD_NOT_ALLOWED', 'Use POST or GET');
    if (method === 'GET' && accepts(exchange, 'text/html')) {
      if (deps.development) return deps.yoga.page(exchange);
      throw new AppError('NOT_FOUND', 'Not found');
    }
    const deadline = deps.startDeadline();
    exchange.deadline = deadline;
    exchange.onClose = leave;
    try {
      await deadline.race(serve(deps, exchange, deadline));
    } finally {
      exchange.deadline = null;
      deadline.end();
    }
  };
}

async function serve(deps: Deps, exchange: Exchange, deadline: Deadline): Promise<void> {
  try {
    const wantsEvents = accepts(exchange, EVENTS);
    const signIn = (): Promise<Caught> => contextOf(deps, exchange, deadline);
    const context = await (wantsEvents ? deps.pace.run(signIn) : signIn());
    if (wantsEvents) checkOrigin(exchange.request.headers);
    const { stamp, session } = context;
    exchange.hold = deps.bodies.hold(session?.principal.id ?? '');
    const body = await readBytes(exchange, context, deps.limits);
    if (context.checkSignature) await checkSigned(deps, exchange, context, body);
    // An answer given again costs nothing, but tells how it stands.
    if (session) exchange.headers = deps.rates.headers(session.principal);
    const isKept = stamp !== null && body !== null && !deps.graphql.isExtended;
    const given = !isKept ? null : deps.answers.find(stamp, body, exchange.request.socket);
    exchange.asEvents = wantsEvents && given !== null;
    if (given) send(deps, exchange, context, given);
    else await answer(deps, exchange, deadline, context, body);
  } finally {
    exchange.hold?.release();
  }
}

/** Makes an answer, or begins a stream. */
async function answer(
  deps: Deps,
  exchange: Exchange,
  deadline: Deadline,
  context: Caught,
  body: Uint8Array | null,
): Promise<void> {
  const { graphql, answers } = deps;
  const { stamp, session } = context;
  const charge = chargeOf(deps, exchange, context);
  const graphqlRequest = { ...(await requestOf(deps, exchange, body, charge)), charge };
  const wantsEvents = accepts(exchange, EVENTS);
  exchange.asEvents = wantsEvents;
  if (!wantsEvents) {
    const quick = quickly(deps, exchange, context, graphqlRequest, body);
    if (quick) return send(deps, exchange, context, quick);
    const made = await graphql.answer(graphqlRequest, context);
    const sent = givenOf(made);
    const isRepeatable = made.repeatable && !graphql.isExtended && context.isRepeatable?.() !== false;
    if (isRepeatable && stamp !== null && body !== null) answers.keep(stamp, body, sent);
    return send(deps, exchange, context, sent);
  }
  const resumeAfter = cursorOf(exchange);
  const outcome = await deps.pace.run(() => graphql.stream(graphqlRequest, { ...context, resumeAfter }));
  if (!('begin' in outcome)) return send(deps, exchange, context, givenOf(outcome));
  if (session) takePlace(exchange, session.principal, deps.connections);
  const begin: Opened['begin'] = async (sink) => {
    const end = await outcome.begin(sink);
    deadline.end();
    return end;
  };
  await deps.events.serve(exchange, { begin });
}

/** What can be answered within this turn, and is kept; null: it takes more, or something is not in order. */
function quickly(
  { graphql, plans, rates, answers, limits }: Deps,
  exchange: Exchange,
  { session, stamp, atOnce, notes }: Caught,
  asked: GraphqlRequest,
  body: Uint8Array | null,
): Given | null {
  if (graphql.isExtended || !session || asked.bytes > limits.bodyBytes) return null;
  if (!rates.hasNow(session.principal, 1)) return null;
  const plan = plans.make(asked, body);
  const context = plan && rates.hasNow(session.principal, plan.points) ? atOnce?.() : null;
  const given = context && plan ? plan.make(context) : null;
  if (given === null || plan === null) return null;
  rates.takeNow(session.principal, plan.points);
  exchange.headers = rates.headers(session.principal);
  for (const [of, count] of given.shown) notes?.note(of, count);
  if (stamp !== null && body !== null) answers.keep(stamp, body, given);
  return given;
}

async function requestOf(
  { graphql, limits }: Deps,
  { search, id }: Exchange,
  body: Uint8Array | null,
  charge: (points: number) => Promise<void>,
): Promise<GraphqlRequest> {
  if (body === null) return { ...paramsOfQuery(search, limits), requestId: id, method: 'GET', bytes: 0 };
  const facts = { requestId: id, method: 'POST', bytes: body.byteLength } as const;
  if (body.byteLength <= limits.bodyBytes) {
    // Many long ones that come at once are parsed one in a turn.
    if (body.byteLength > SHORT_BYTES) await turn();
    return { ...paramsOfBody(body, limits), ...facts };
  }
  // Nothing is parsed of a large body before it is known to be one that may be large.
  const named = await operationIn(body, limits.documentLength);
  if (named === null || !graphql.mayCarryFiles(named.query, named.operationName)) {
    await charge(1);
    throw tooLarge(limits.bodyBytes);
  }
  return { ...(await paramsOfLongBody(body, limits)), ...facts };
}

const send = ({ inFlight }: Deps, exchange: Exchange, { session }: Caught, given: Given): void =>
  give(exchange, given, accepts(exchange, GRAPHQL_TYPE), inFlight, session?.principal.id ?? '');

const accepts = ({ request }: Exchange, type: string): boolean => request.headers.accept?.includes(type) === true;

/** The body of a POST; null for a GET. */
async function readBytes(
  exchange: Exchange,
  { mayCarryFiles }: Caught,
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

const retryAfterOf = ({ errors }: Answer['body']): Pick<Given, 'retryAfter'> => {
  const retryAfter = errors?.[0]?.extensions.retryAfter;
  return retryAfter === undefined ? {} : { retryAfter };
};

const givenOf = ({ status, body, latin1, operationName, shown }: Answer): Given => ({
  status,
  operationName,
  latin1,
  shown,
  ...retryAfterOf(body),
});

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
