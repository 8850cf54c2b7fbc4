import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createMask, describeFault, type Mask, statusOf } from '../graphql/engine/mask-error.ts';
import { latin1Of } from '../graphql/engine/write-answer.ts';
import type { Counters } from '../kernel/counters.ts';
import { AppError } from '../kernel/errors.ts';
import { guarded } from '../kernel/guarded.ts';
import type { Hook } from '../kernel/hook.ts';
import { Line } from '../kernel/line.ts';
import type { LeveledLog, Log } from '../kernel/log.ts';
import { clientAddressOf } from '../net/client-address.ts';
import { dropRestOfBody } from './body.ts';
import { sendAsEvent } from './events.ts';
import { Exchange, isSaidAsEvent, sendJson } from './exchange.ts';
import type { Route } from './graphql-route.ts';
import { createReadiness, live, type Ready, type StoreTrouble } from './health.ts';
import { HOOKS, hookRoutes, loggedHookPath } from './hook-route.ts';
import type { KeptLane } from './kept-lane.ts';
import { createLanes, type LaneDeps } from './lanes.ts';
import { queryPairs } from './params.ts';
import { serveAt, type TakenPort, takePort } from './port.ts';
import { startRateExchange } from './rate-exchange.ts';

export interface ServerDeps extends LaneDeps {
  readonly log: LeveledLog;
  readonly ready: Ready;
  /** Whether the wall clock is behind what the store holds; absent: nobody looks. */
  readonly clockIsBehind?: () => boolean;
  readonly trouble?: StoreTrouble | undefined;
  readonly config: LaneDeps['config'] & { readonly host: string; readonly port: number };
  /** What hears webhooks of others, without a token. */
  readonly hooks?: readonly Hook[];
  /** Where the processes that serve the same teams tell each other what they count; absent: there is only this one. */
  readonly counters?: Counters | undefined;
  /** Where it is to serve; absent: it listens when it is told to. */
  readonly port?: TakenPort;
}

export interface HttpServer {
  listen(): Promise<{ readonly url: string }>;
  /** Stops accepting and lets requests under way finish for up to ten seconds. */
  close(): Promise<void>;
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
}

const REST = '/v1/';
const DRAIN_MS = 10_000;

export function createServer(deps: ServerDeps): HttpServer {
  const { config, log, ready } = deps;
  const mask = createMask(log, config.limits.errors);
  const lanes = createLanes(deps, mask);
  const routes: ReadonlyMap<string, Route> = new Map([
    ...lanes.graphql,
    ['/healthz', onlyRead(live)],
    ['/readyz', onlyRead(createReadiness(ready, log, deps))],
  ]);
  const hookOf = hookRoutes(deps.hooks ?? [], config.limits);
  const routeOf = (path: string): Route | undefined =>
    routes.get(path) ??
    routes.get(path.replace(/\/$/, '')) ??
    hookOf(path) ??
    (path.startsWith(REST) ? lanes.rest : undefined);
  const underWay = new Line<ServerResponse>();
  let closing = false;
  const failed = (error: unknown, requestId: string): void =>
    log.error('A connection failed', { requestId, ...describeFault(error) });
  const closed = (exchange: Exchange): void => {
    if (exchange.place) underWay.leave(exchange.place);
    exchange.onClose?.(exchange);
    if (log.hasInfo !== false) logRequest(log, exchange);
    if (exchange.body === null) dropRestOfBody(exchange.request);
  };
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    const exchange = new Exchange(request, response, clientAddressOf(request, config.trustedProxies), failed);
    if (closing) response.shouldKeepAlive = false;
    exchange.place = underWay.join(response);
    response.on('close', exchange.guarded(closed));
    const kept = exchange.method === 'POST' && exchange.search === '' ? lanes.kept.get(exchange.path) : undefined;
    if (kept === undefined) answer(exchange);
    // A small body is there by then, whole.
    else process.nextTick(answerAgain, exchange, kept);
  };
  const answer = (exchange: Exchange): void => {
    serve(routeOf, exchange).catch(
      guarded(exchange.onFault, (error) => sendRefusal(exchange, mask, lanes.graphql, error)),
    );
  };
  const answerAgain = (exchange: Exchange, kept: KeptLane): void => {
    try {
      if (!kept(exchange)) answer(exchange);
    } catch (error) {
      exchange.fault(error);
    }
  };
  const endExchange = deps.counters ? startRateExchange(lanes.rates, deps.counters) : () => {};
  let taken: TakenPort | null = deps.port ?? null;
  return {
    handler,
    async listen() {
      taken ??= await takePort({ ...config, connections: config.limits.connections });
      serveAt(taken, handler, lanes.upgrade);
      return { url: taken.url };
    },
    close: () => {
      closing = true;
      endExchange();
      lanes.close();
      // Connections are not kept for a next request.
      for (const response of underWay) response.shouldKeepAlive = false;
      return taken === null ? Promise.resolve() : drain(taken.server);
    },
  };
}

async function serve(routeOf: (path: string) => Route | undefined, exchange: Exchange): Promise<void> {
  const route = routeOf(exchange.path);
  // Refuses tokens in the URL, wherever it leads.
  if (exchange.search !== '') queryPairs(exchange.search);
  if (route === undefined) throw new AppError('NOT_FOUND', 'Not found');
  await route(exchange);
}

const onlyRead =
  (route: Route): Route =>
  async (exchange) => {
    if (exchange.method !== 'GET' && exchange.method !== 'HEAD') throw new AppError('METHOD_NOT_ALLOWED', 'Use GET');
    await route(exchange);
  };

/** Errors of GraphQL in its own shape, all others as the REST facade has them. */
function sendRefusal(exchange: Exchange, mask: Mask, graphql: ReadonlyMap<string, Route>, error: unknown): void {
  // A client that went away is no fault to report.
  if (exchange.response.destroyed) return;
  const masked = mask.one(error, exchange.id);
  const status = statusOf(masked);
  const { retryAfter } = masked.extensions;
  const isGraphql = graphql.has(exchange.path.replace(/\/$/, ''));
  const allow = isGraphql ? 'POST, GET' : exchange.path.startsWith(HOOKS) ? 'POST' : 'GET, HEAD';
  const headers = {
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(status === 405 ? { allow } : {}),
  };
  const body = isGraphql ? { errors: [masked] } : { error: { message: masked.message, id: exchange.id } };
  if (isSaidAsEvent(exchange, status)) sendAsEvent(exchange, latin1Of(JSON.stringify(body)));
  else sendJson(exchange, status, body, headers);
}

/** A token or a root key, as somebody pasted it into an address or named an operation by it. */
const CREDENTIAL = /klm(?:_|%5f|root)/i;
const MAX_LOGGED = 200;

/** Segment by segment: whatever follows the beginning of a credential in one is left out. */
function loggable(text: string): string {
  if (!CREDENTIAL.test(text)) return text.slice(0, MAX_LOGGED);
  const shown = text.split('/', MAX_LOGGED).map((segment) => {
    const at = segment.search(CREDENTIAL);
    return at < 0 ? segment : `${segment.slice(0, at)}klm_***`;
  });
  return shown.join('/').slice(0, MAX_LOGGED);
}

function logRequest(log: Log, { method, path, response, startedAt, id, client, operationName }: Exchange): void {
  log.info('request', {
    method,
    // The id behind it names a global secret.
    path: path.startsWith(HOOKS) ? loggedHookPath(path) : loggable(path),
    status: response.headersSent ? response.statusCode : 0,
    ms: Math.round((performance.now() - startedAt) * 100) / 100,
    client,
    requestId: id,
    operation: operationName && loggable(operationName),
  });
}

function drain(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
