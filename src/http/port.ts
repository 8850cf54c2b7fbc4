import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { unavailable } from '../kernel/errors.ts';
import type { Sockets } from './sockets.ts';

/** An address that this process listens at. */
export interface TakenPort {
  readonly server: Server;
  readonly url: string;
}

export interface Place {
  readonly host: string;
  readonly port: number;
  /** Connections of all kinds at the same time. */
  readonly connections: number;
}

/** Listens, and answers 503 until somebody serves: a start that cannot listen fails before it has written anything. */
export async function takePort({ host, port, connections }: Place): Promise<TakenPort> {
  const server = httpServer(connections);
  server.on('request', starting);
  server.on('checkContinue', starting);
  await new Promise<void>((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException): void =>
      reject(unavailable(`Cannot listen on ${host}:${port} (${error.code ?? 'unknown'})`, error));
    server.once('error', refused);
    server.listen(port, host, () => {
      server.off('error', refused);
      resolve();
    });
  });
  const { address, family, port: bound } = server.address() as AddressInfo;
  return { server, url: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}` };
}

/** Has these answer from now on. `upgrade` guards its own parts, each with its connection. */
export function serveAt(
  { server }: TakenPort,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  upgrade: Sockets['upgrade'],
): void {
  server.removeAllListeners('request').on('request', handler);
  // Strangers are refused before they send their bodies.
  server.removeAllListeners('checkContinue').on('checkContinue', handler);
  server.on('upgrade', upgrade);
}

function starting(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(503, {
    'retry-after': '1',
    'content-type': 'application/json; charset=utf-8',
    connection: 'close',
  });
  response.end('{"error":{"message":"The gateway is starting"}}');
}

function httpServer(connections: number): Server {
  const server = createServer({
    maxHeaderSize: 16_384,
    headersTimeout: 10_000,
    requestTimeout: 60_000,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 5_000,
  });
  server.maxHeadersCount = 100;
  server.maxConnections = connections;
  return server;
}
