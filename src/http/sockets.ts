import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import type { Mask } from '../graphql/engine/mask-error.ts';
import { describeFault, statusOf } from '../graphql/engine/mask-error.ts';
import { AppError } from '../kernel/errors.ts';
import { guarded } from '../kernel/guarded.ts';
import { clientAddressOf, clientKeyOf, type TrustedProxies } from '../net/client-address.ts';
import { authorizationOf } from './authorization.ts';
import { createHeartbeat } from './heartbeat.ts';
import { checkOrigin } from './origin.ts';
import { parseQuery } from './params.ts';
import { openSocket, type Socket, type SocketDeps } from './socket.ts';

export interface Sockets {
  /** Whether it takes over what asks for this path and query. */
  takes(target: string): boolean;
  /** Takes over a connection whose client asks for a WebSocket. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void;
  /** Refuses new ones and tells all to go elsewhere. */
  close(): void;
}

export interface SocketsDeps extends SocketDeps {
  /** Where they are taken. */
  readonly path: string;
  readonly mask: Mask;
  readonly proxies: TrustedProxies;
}

const serverFor = ({ socketMessageBytes }: SocketsDeps['limits']): WebSocketServer =>
  new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: socketMessageBytes,
    // Compressed frames can unfold to anything, and cost each client a memory of its own.
    perMessageDeflate: false,
    // Another is taken up only to be closed with the code that says why.
    handleProtocols: (offered) =>
      offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : ([...offered][0] ?? false),
  });

/** A fault in something that the network called ends this connection alone. */
const failing =
  (log: SocketDeps['log']) =>
  (requestId: string, stream: Duplex) =>
  (error: unknown): void => {
    log.error('A connection failed', { requestId, ...describeFault(error) });
    stream.destroy();
  };

/** By then it may be gone. */
function inTurn({ pace }: Pick<SocketDeps, 'pace'>, stream: Duplex, enter: () => void): void {
  pace.begin(() => {
    if (!stream.destroyed) enter();
    return undefined;
  });
}

export function createSockets(deps: SocketsDeps): Sockets {
  const { limits, proxies, path, log } = deps;
  const sockets = new Set<Socket>();
  let closing = false;
  const server = serverFor(limits);
  const heart = createHeartbeat(limits.socketPingMs);

  const takes = (target: string): boolean => [path, `${path}/`].includes(target.split('?')[0] ?? '');

  /** Everything that is judged before the connection is a WebSocket. */
  function admit(request: IncomingMessage): string | undefined {
    const [, search = ''] = (request.url ?? '').split(/\?(.*)/s);
    if (!takes(request.url ?? '')) throw new AppError('NOT_FOUND', 'Not found');
    if (search !== '') parseQuery(search);
    checkOrigin(request.headers);
    if (closing) throw new AppError('UNAVAILABLE', 'The gateway is shutting down');
    return authorizationOf(request.rawHeaders);
  }

  const failed = failing(log);

  function open(request: IncomingMessage, stream: Duplex, head: Buffer, requestId: string): void {
    const authorization = admit(request);
    const client = clientAddressOf(request, proxies);
    const address = clientKeyOf(client);
    const startedAt = performance.now();
    server.handleUpgrade(request, stream, head, (ws) => {
      const { rawHeaders: headers, url: asked = '' } = request;
      const opening = { authorization, headers, target: asked, client, address };
      const socket = openSocket(deps, { ws, stream, requestId, ...opening });
      sockets.add(socket);
      const gone = (): void => {
        sockets.delete(socket);
        heart.delete(beat);
      };
      const beat = guarded(gone, () => {
        if (!socket.beat()) gone();
      });
      heart.add(beat);
      ws.once(
        'close',
        guarded(failed(requestId, stream), (code: number) => {
          gone();
          log.info('socket', { code, ms: Math.round(performance.now() - startedAt), client, requestId });
        }),
      );
      if (ws.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL)
        socket.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable');
    });
  }

  return {
    takes,
    upgrade(request, stream, head) {
      const requestId = randomUUID();
      const refused = (error: unknown): void => {
        const masked = deps.mask.one(error, requestId);
        refuse(stream, statusOf(masked), JSON.stringify({ errors: [masked] }));
      };
      const fault = failed(requestId, stream);
      stream.on(
        'error',
        guarded(fault, () => stream.destroy()),
      );
      const enter = guarded(guarded(fault, refused), () => open(request, stream, head, requestId));
      inTurn(deps, stream, enter);
    },
    close() {
      closing = true;
      heart.stop();
      for (const socket of sockets) socket.close(1001, 'The gateway is shutting down');
    },
  };
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
};

/** Answers as HTTP does, for the connection is that still. */
function refuse(stream: Duplex, status: number, body: string): void {
  const bytes = Buffer.from(body);
  stream.end(
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${bytes.length}\r\ncache-control: no-store\r\n\r\n${bytes.toString()}`,
  );
}
