import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';

export interface Hive {
  readonly url: string;
  close(): Promise<void>;
}

export interface HiveOptions {
  readonly supergraph: string;
  /** Keyloom's token of this gateway. */
  readonly gateway: string;
  /** How subscriptions go on from here to Keyloom. */
  readonly subscriptions: 'sse' | 'ws';
}

/** Hive's gateway in front of Keyloom and others: the user's token is passed on to Keyloom, and to nobody else. */
export async function startHive({ supergraph, gateway, subscriptions }: HiveOptions): Promise<Hive> {
  const ws = {
    kind: 'ws',
    options: { connectionParams: { authorization: '{context.headers.authorization}', 'x-keyloom-gateway': gateway } },
  };
  const runtime = createGatewayRuntime({
    supergraph,
    logging: false,
    landingPage: false,
    graphiql: false,
    propagateHeaders: {
      fromClientToSubgraphs: ({ request, subgraphName }) =>
        subgraphName === 'keyloom'
          ? { authorization: request.headers.get('authorization'), 'x-keyloom-gateway': gateway }
          : {},
    },
    ...(subscriptions === 'ws' ? { transportEntries: { keyloom: { options: { subscriptions: ws } } } } : {}),
  });
  const server = createServer(runtime as never);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await runtime[Symbol.asyncDispose]();
    },
  };
}
