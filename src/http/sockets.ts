import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Mask } from '../graphql/mask-error.ts';
import { statusOf } from '../graphql/mask-error.ts';
import { AppError } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import { authorizationOf } from './authorization.ts';
import { checkOrigin } from './origin.ts';
import { parseQuery } from './params.ts';
import { openSocket, type Socket, type SocketDeps } from './socket.ts';

export interface Sockets {
  /** Takes over a connection whose client asks for a WebSocket. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void;
  /** Refuses new ones and tells all to go elsewhere. */
  close(): void;
}

export interface SocketsDeps extends SocketDeps {
  /** Where they are taken. */
  readonly path: string;
  readonly mask: Mask;
  readonly log: Log;
}

const PROTOCOL = 'graphql-transport-ws';

export function createSockets(deps: SocketsDeps): Sockets {
  const { limits, places, path, log } = deps;
  const sockets = new Set<Socket>();
  let closing = false;
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.socketMessageBytes,
    // Compressed frames can unfold to anything, and cost each client a memory of its own.
    perMessageDeflate: false,
    // Another is taken up only to be closed with the code that says why.
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : ([...offered][0] ?? false)),
  });
  const heart = setInterval(() => {
    for (const socket of sockets) if (!socket.beat()) sockets.delete(socket);
  }, limits.socketPingMs).unref();

  /** Everything that is judged before the connection is a WebSocket. */
  function admit(request: IncomingMessage): string | undefined {
    const [target = '', search = ''] = (request.url ?? '').split(/\?(.*)/s);
    if (target !== path) throw new AppError('NOT_FOUND', 'There is nothing at this path');
    if (search !== '') parseQuery(search);
    checkOrigin(request.headers);
    if (closing) throw new AppError('UNAVAILABLE', 'The gateway is closing');
    return authorizationOf(request.rawHeaders);
  }

  function open(request: IncomingMessage, stream: Duplex, head: Buffer, requestId: string): void {
    const authorization = admit(request);
    const givePlaceBack = places.ofAddress(request.socket.remoteAddress ?? '');
    if (givePlaceBack === null) throw new AppError('RATE_LIMITED', 'Too many connections');
    stream.once('close', givePlaceBack);
    const startedAt = performance.now();
    server.handleUpgrade(request, stream, head, (ws) => {
      const socket = openSocket(deps, { ws, stream, requestId, authorization });
      sockets.add(socket);
      ws.once('close', (code) => {
        sockets.delete(socket);
        log.info('socket', { code, ms: Math.round(performance.now() - startedAt), requestId });
      });
      if (ws.protocol !== PROTOCOL) socket.close(4406, 'Subprotocol not acceptable');
    });
  }

  return {
    upgrade(request, stream, head) {
      const requestId = randomUUID();
      stream.on('error', () => stream.destroy());
      try {
        open(request, stream, head, requestId);
      } catch (error) {
        const masked = deps.mask.one(error, requestId);
        refuse(stream, statusOf(masked), JSON.stringify({ errors: [masked] }));
      }
    },
    close() {
      closing = true;
      clearInterval(heart);
      for (const socket of sockets) socket.close(1001, 'The gateway is closing');
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
