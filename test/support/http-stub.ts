import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpStub {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly host: string;
  close(): Promise<void>;
}

/** A server on loopback that answers as it is told. */
export async function httpStub(listener: RequestListener): Promise<HttpStub> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
