import type { Answer, Graphql, GraphqlRequest } from '../graphql/execute.ts';
import { AppError } from '../kernel/errors.ts';
import type { Limits } from '../kernel/limits.ts';
import { authorizationOf } from './authorization.ts';
import { checkContentType, readBody } from './body.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { type Exchange, sendJson } from './exchange.ts';
import { paramsOfBody, paramsOfQuery } from './params.ts';
import type { YogaLane } from './yoga.ts';

/** Who asks: throws UNAUTHENTICATED for strangers. */
export type ContextFor = (request: {
  readonly authorization: string | undefined;
  readonly requestId: string;
  readonly signal: AbortSignal;
}) => Promise<object>;

interface Deps {
  readonly graphql: Graphql;
  readonly contextFor: ContextFor;
  readonly yoga: YogaLane;
  readonly limits: Limits;
  readonly development: boolean;
}

export type Route = (exchange: Exchange) => Promise<void>;

export function createGraphqlRoute({ graphql, contextFor, yoga, limits, development }: Deps): Route {
  const serve = async (exchange: Exchange, deadline: Deadline): Promise<void> => {
    const { request, id } = exchange;
    const authorization = authorizationOf(request.rawHeaders);
    const context = await deadline.race(contextFor({ authorization, requestId: id, signal: deadline.signal }));
    const graphqlRequest = await deadline.race(readRequest(exchange, limits));
    if (!accepts(exchange, 'text/event-stream')) {
      return sendAnswer(exchange, await deadline.race(graphql.answer(graphqlRequest, context)));
    }
    const outcome = await deadline.race(graphql.stream(graphqlRequest, context));
    if (!(Symbol.asyncIterator in outcome)) return sendAnswer(exchange, outcome);
    deadline.end();
    return yoga.events(exchange, outcome);
  };

  return async (exchange) => {
    const { method, response } = exchange;
    if (method !== 'POST' && method !== 'GET') throw new AppError('METHOD_NOT_ALLOWED', 'Use POST');
    if (method === 'GET' && accepts(exchange, 'text/html')) {
      if (development) return yoga.page(exchange);
      throw new AppError('NOT_FOUND', 'There is no page here');
    }
    const deadline = startDeadline(limits.deadlineMs);
    let isServed = false;
    response.once('close', () => {
      if (!isServed) deadline.abandon();
    });
    try {
      await serve(exchange, deadline);
    } finally {
      isServed = true;
      deadline.end();
    }
  };
}

const accepts = ({ request }: Exchange, type: string): boolean => request.headers.accept?.includes(type) === true;

async function readRequest(exchange: Exchange, limits: Limits): Promise<GraphqlRequest> {
  const { request, response, method, search, id } = exchange;
  if (method === 'GET') {
    // Only what a page cannot make a browser send along with a GET of its own.
    if (request.headers['content-type'] !== undefined) checkContentType(request);
    return { ...paramsOfQuery(search, limits), requestId: id, method: 'GET', bytes: 0 };
  }
  checkContentType(request);
  // Which mutation it is, is known only after parsing; the usual limit is held then.
  const bytes = await readBody(request, response, Math.max(limits.bodyBytes, limits.fileBodyBytes));
  return { ...paramsOfBody(bytes, limits), requestId: id, method: 'POST', bytes: bytes.byteLength };
}

const GRAPHQL_TYPE = 'application/graphql-response+json';

function sendAnswer(exchange: Exchange, { status, body, operationName }: Answer): void {
  exchange.operationName = operationName;
  sendJson(
    exchange,
    status,
    body,
    accepts(exchange, GRAPHQL_TYPE) ? { 'content-type': `${GRAPHQL_TYPE}; charset=utf-8` } : {},
  );
}
