import { SMALL_ANSWER } from '../../graphql/engine/answer-meter.ts';
import type { Answers, Given } from '../../graphql/engine/answers.ts';
import type { Graphql } from '../../graphql/engine/execute.ts';
import type { Mask } from '../../graphql/engine/mask-error.ts';
import { latin1Of } from '../../graphql/engine/write-answer.ts';
import { decodeGlobalId } from '../../graphql/types/ids.ts';
import type { InFlight } from '../../kernel/in-flight.ts';
import type { Limits } from '../../kernel/limits.ts';
import { cursorAfter, wantedPage } from '../../rest/pages.ts';
import { bodyOf, Committed, inBody, notFound, outcomeOf, type Problem, Refusal, statusOf } from '../../rest/problem.ts';
import {
  type Ask,
  type Given as Asked,
  type JsonObject,
  nothing,
  type Reply,
  type RestRoute,
} from '../../rest/route.ts';
import { type Caught, type ContextFor, chargeOf, contextOf, holdUntilSent, leave } from '../caller.ts';
import type { Deadline } from '../deadline.ts';
import { type Exchange, sendEmpty, sendLatin1 } from '../exchange.ts';
import type { Route } from '../graphql-route.ts';
import type { Rates } from '../rates.ts';
import type { WrongTokens } from '../wrong-tokens.ts';
import { createDescribed } from './described.ts';
import { type Read, readGiven } from './given.ts';
import { keepReply, keptKeyOf, keptOf } from './kept.ts';
import { createRouter, type Found, isPossible, type Router } from './router.ts';

export interface RestDeps {
  readonly graphql: Graphql;
  readonly answers: Answers;
  readonly contextFor: ContextFor;
  readonly rates: Rates;
  readonly wrongTokens: WrongTokens;
  readonly bodies: InFlight;
  readonly inFlight: InFlight;
  readonly limits: Limits;
  readonly mask: Mask;
  readonly startDeadline: () => Deadline;
  readonly routes: readonly RestRoute[];
}

/** Whoever asks, as far as statuses depend on it. */
interface Standing {
  isWorkload: boolean;
  isConditional: boolean;
  route: RestRoute | null;
  given: Asked | null;
}

/** Everything under `/v1` that is not another's: each request runs the document of its route, as GraphQL would. */
export function createRestRoute(deps: RestDeps): Route {
  const router = createRouter(deps.routes);
  const described = createDescribed(deps.routes);
  return async (exchange) => {
    if (described(exchange) || toldOptions(exchange, router)) return;
    const deadline = deps.startDeadline();
    exchange.deadline = deadline;
    exchange.onClose = leave;
    const standing: Standing = { isWorkload: false, isConditional: false, route: null, given: null };
    try {
      await deadline.race(serve(deps, exchange, deadline, standing, () => router.find(exchange.method, exchange.path)));
    } catch (error) {
      const allow = router.allowed(exchange.path).join(', ');
      refuse(deps, exchange, standing, error, allow);
    } finally {
      exchange.deadline = null;
      exchange.hold?.release();
      deadline.end();
    }
  };
}

/** What a path takes is no secret: the description says it to everybody. */
function toldOptions(exchange: Exchange, router: Router): boolean {
  const methods = exchange.method === 'OPTIONS' ? router.allowed(exchange.path) : [];
  if (methods.length > 0) sendEmpty(exchange, 204, { allow: methods.join(', ') });
  return methods.length > 0;
}

async function serve(
  deps: RestDeps,
  exchange: Exchange,
  deadline: Deadline,
  standing: Standing,
  find: () => Found,
): Promise<void> {
  const { route, path, team } = await foundBy(deps, exchange, deadline, standing, find);
  standing.route = route;
  exchange.operationName = route.name;
  const context = await contextOf(deps, exchange, deadline);
  const { session } = context;
  standing.isWorkload = session?.principal.kind === 'dependent';
  if (session) exchange.headers = deps.rates.headers(session.principal);
  if ((team !== null && team !== session?.principal.team) || !isPossible(path)) throw notFound();
  exchange.hold = deps.bodies.hold(session?.principal.id ?? '');
  const isLarge = route.body !== undefined && deps.graphql.mayCarryFiles(route.document, null);
  const read = await readGiven(exchange, route, path, deps.limits, context, isLarge);
  standing.given = read.given;
  standing.isConditional = read.given.ifMatch !== null;
  const key = keptKeyOf(deps, exchange, context, read.given);
  const told = keptOf(deps, key, context) ?? toldBy(await replyOf(deps, exchange, context, route, read));
  if (!('shown' in told)) keepReply(deps, key, route, context, told);
  send(deps, exchange, context, route, told);
}

type Told = Pick<Given, 'latin1' | 'etag'>;

function toldBy({ data, pagination, etag }: Reply): Told {
  const latin1 = latin1Of(JSON.stringify(pagination ? { data, pagination } : { data }));
  return etag === undefined ? { latin1 } : { latin1, etag };
}

/** The route; a path that is none's is 404 for everybody but a workload, whose misspelt path must delete nothing. */
async function foundBy(
  deps: RestDeps,
  exchange: Exchange,
  deadline: Deadline,
  standing: Standing,
  find: () => Found,
): Promise<Found> {
  try {
    return find();
  } catch (error) {
    if (exchange.request.headers.authorization === undefined) throw error;
    const { session } = await contextOf(deps, exchange, deadline);
    standing.isWorkload = session?.principal.kind === 'dependent';
    throw error;
  }
}

async function replyOf(
  deps: RestDeps,
  exchange: Exchange,
  context: Caught,
  route: RestRoute,
  { given, bytes }: Read,
): Promise<Reply> {
  const charge = chargeOf(deps, exchange, context);
  const run = async (document: string, variables: JsonObject, size: number): Promise<unknown> => {
    const facts = { operationName: null, requestId: exchange.id, method: 'POST', bytes: size, charge } as const;
    const { body } = await deps.graphql.answer({ query: document, variables, ...facts }, context);
    return outcomeOf(body, document.startsWith('mutation')).result;
  };
  const ask: Ask = (document, variables) => run(document, variables, 0);
  try {
    const before = await route.prepare?.(given, ask);
    const variables = route.variables(given, before);
    const place = route.isList
      ? await placeInList(given, (page) => ask(route.document, { ...variables, ...page }))
      : {};
    const result = await run(route.document, { ...variables, ...place }, bytes);
    return route.reply((route.complete ? await route.complete(result, given, ask) : result) as never, given);
  } catch (error) {
    if (!(error instanceof Committed)) throw error;
    return seenOf(route, given, ask);
  }
}

/** It is done: whoever may not see it is told no more than that. */
async function seenOf({ otherwise }: RestRoute, given: Asked, ask: Ask): Promise<Reply> {
  const seen = otherwise && (await ask(otherwise.document, otherwise.variables(given)).catch(() => null));
  return otherwise && seen ? otherwise.reply(seen as never, given) : nothing();
}

/** A page by number that the list does not reach is an empty one: `first: 0`. */
async function placeInList(given: Asked, ask: (variables: JsonObject) => Promise<unknown>): Promise<JsonObject> {
  const { size, cursor, skipped } = wantedPage(given);
  if (skipped === 0) return { first: size, after: cursor, rows: true };
  const after = await cursorAfter(skipped, ask);
  return after === null ? { first: 0, after: null, rows: true } : { first: size, after, rows: true };
}

const JSON_TYPE = 'application/json; charset=utf-8';

function send(
  { inFlight }: RestDeps,
  exchange: Exchange,
  { session }: Caught,
  { isCached = false }: RestRoute,
  { latin1, etag }: Told,
): void {
  const headers = etag === undefined ? {} : { etag: `"${etag}"` };
  if (isCached && etag !== undefined && isKnown(exchange, etag)) {
    sendEmpty(exchange, 304, headers);
    return;
  }
  if (latin1.length > SMALL_ANSWER) {
    holdUntilSent(exchange, inFlight.hold(session?.principal.id ?? ''), latin1.length);
  }
  sendLatin1(exchange, 200, latin1, JSON_TYPE, headers);
}

const isKnown = ({ request }: Exchange, etag: string): boolean =>
  (request.headers['if-none-match'] ?? '')
    .split(',')
    .map((each) => each.trim().replace(/^W\//, ''))
    .some((each) => each === '*' || each === `"${etag}"`);

function refuse(deps: RestDeps, exchange: Exchange, standing: Standing, error: unknown, allow: string): void {
  if (exchange.response.destroyed || exchange.response.headersSent) return;
  const problem = problemOf(deps, exchange, standing, error);
  const status = statusOf(problem, standing);
  const headers = {
    ...(problem.retryAfter === undefined ? {} : { 'retry-after': String(problem.retryAfter) }),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(status === 405 ? { allow } : {}),
  };
  const existing = standing.route?.tellsExisting && problem.existing ? slugIn(problem.existing) : null;
  const latin1 = latin1Of(JSON.stringify(bodyOf(problem, exchange.id, status, existing)));
  sendLatin1(exchange, status, latin1, JSON_TYPE, headers);
}

/** The identifier within a global id. */
const slugIn = (id: string): string | null => decodeGlobalId(id).id.split('/').at(-1) || null;

/** Arguments of lists as the query calls them. */
const PAGING: ReadonlyMap<string, string> = new Map([
  ['after', 'cursor'],
  ['first', 'per_page'],
]);

function problemOf({ mask }: RestDeps, { id }: Exchange, { route, given }: Standing, error: unknown): Problem {
  if (error instanceof Refusal) {
    const { placeOf } = route ?? {};
    return inBody(error.problem, (path) => {
      if (route?.isList) return path.map((step) => PAGING.get(step) ?? step);
      return placeOf && given ? placeOf(path, given) : path;
    });
  }
  const { message, extensions } = mask.one(error, id);
  const { code, fields, retryAfter } = extensions;
  return { code, message, ...(fields ? { fields } : {}), ...(retryAfter === undefined ? {} : { retryAfter }) };
}
