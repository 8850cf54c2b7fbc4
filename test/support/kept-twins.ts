import { limitsWith } from '../../src/app/limits.ts';
import type { GraphqlLane } from '../../src/http/lanes.ts';
import { createServer, type HttpServer } from '../../src/http/server.ts';
import type { Limits } from '../../src/kernel/limits.ts';
import type { LogFields } from '../../src/kernel/log.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { networkOf } from '../../src/net/client-address.ts';
import { PATIENT } from './patient.ts';
import { type RawAnswer, RawConnection } from './raw-http.ts';
import type { TestApp } from './start-app.ts';

/** One way of serving a gateway, and how it was asked. */
export interface Twin {
  readonly server: HttpServer;
  readonly url: string;
  /** Two, which are kept. */
  readonly connections: readonly RawConnection[];
  /** What the log says of requests, less what differs from one to the next. */
  readonly logged: LogFields[];
  /** Requests whose caller was found out the usual way. */
  readonly usual: () => number;
  /** Contexts that were begun for an answer within a turn. */
  readonly begun: () => number;
  close(): Promise<void>;
}

export interface TwinOptions {
  readonly limits?: Partial<Limits>;
  readonly answerCacheBytes?: number;
  /** Whether answers are given again, and made, the short way. */
  readonly isShort?: boolean;
}

/** Another server of the same gateway: the same tokens, the same state, the same clock. */
export async function aTwin(
  { gateway }: TestApp,
  { limits = {}, answerCacheBytes = 8_000_000, isShort = false }: TwinOptions,
): Promise<Twin> {
  let [usual, begun] = [0, 0];
  /** Nothing is answered within a turn but for the one that is to. */
  function begin(make: () => object | null | undefined): object | null {
    const context = isShort ? (make() ?? null) : null;
    if (context) begun += 1;
    return context;
  }
  const laneOf = ({ schema, contextFor, known, fileMutations }: GraphqlLane): GraphqlLane => ({
    schema,
    fileMutations,
    async contextFor(request) {
      usual += 1;
      const caught = await contextFor(request);
      return { ...caught, atOnce: () => begin(() => caught.atOnce?.()) };
    },
    known: known && {
      find: (...request) => (isShort ? known.find(...request) : null),
      atOnce: (caller) => begin(() => known.atOnce?.(caller)),
    },
  });
  const logged: LogFields[] = [];
  const proxy = networkOf('127.0.0.1');
  if (proxy === null) throw new Error('No address');
  const federation = gateway.federation({ prefix: '', key: ['projectId', 'id'] });
  const server = createServer({
    ...laneOf(gateway),
    routes: gateway.routes,
    federation: laneOf(federation),
    config: {
      host: '127.0.0.1',
      port: 0,
      development: false,
      trustedProxies: [proxy],
      limits: limitsWith({ ...PATIENT, ratePoints: 0, ratePointsDependent: 0, wrongTokensPerAddress: 0, ...limits }),
      answerCacheBytes,
    },
    log: {
      ...silentLog,
      info(message, { ms, requestId, ...fields } = {}) {
        if (message === 'request' && ms !== undefined && requestId !== undefined) logged.push(fields);
      },
    },
    ready: async () => true,
  });
  const { url } = await server.listen();
  const connections = [new RawConnection(url), new RawConnection(url)];
  return {
    server,
    url,
    connections,
    logged,
    usual: () => usual,
    begun: () => begun,
    close() {
      for (const connection of connections) connection.close();
      return server.close();
    },
  };
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Less what differs from one request to the next: the time and ids; seconds that may have passed in between. */
export function comparable({ status, headers, body }: RawAnswer) {
  const { date, 'x-request-id': id, 'x-ratelimit-reset': reset, 'retry-after': retryAfter, ...others } = headers;
  const has = {
    date: date !== undefined,
    id: id?.replace(UUID, 'id') === 'id',
    reset: reset !== undefined,
    retryAfter: retryAfter !== undefined,
  };
  const words = body.replaceAll(UUID, 'id').replace(/"retryAfter":\d\d/, '"retryAfter":ss');
  return { status, headers: others, has, body: words };
}
