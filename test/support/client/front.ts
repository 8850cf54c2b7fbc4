import { createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What stands before a gateway: serves the page, and passes the rest on, as long as it may. */
export interface Front {
  readonly url: string;
  /** Where the gateway is; null: connections are broken off. */
  target: string | null;
  /** Of gateways: streams of events that said something, and other answers that came whole. */
  readonly passed: { streams: number; answers: number };
  /** Breaks all that is open. */
  cut(): void;
  close(): Promise<void>;
}

export async function front(script: string): Promise<Front> {
  const sockets = new Set<Socket>();
  const state = { target: null as string | null };
  const passed: Front['passed'] = { streams: 0, answers: 0 };
  const server = createServer((incoming, response) => {
    if (incoming.url === '/') {
      response.setHeader('content-type', 'text/html').end('<!doctype html><script src="/scene.js"></script>');
      return;
    }
    if (incoming.url === '/scene.js') {
      response.setHeader('content-type', 'text/javascript').end(script);
      return;
    }
    if (state.target === null) {
      incoming.socket.destroy();
      return;
    }
    const { method = 'GET', headers, url = '/' } = incoming;
    const onward = request(new URL(url, state.target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true;
      if (isStream) answer.once('data', () => (passed.streams += 1));
      answer.on('data', (chunk) => response.write(chunk));
      answer.once('close', () => {
        if (!isStream && answer.complete) passed.answers += 1;
        if (answer.complete) response.end();
        else response.destroy();
      });
    });
    onward.once('error', () => response.destroy());
    response.once('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    cut,
    close: () => {
      cut();
      return new Promise<void>((closed) => server.close(() => closed()));
    },
  });
}
