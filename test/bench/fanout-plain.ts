import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionArgs, execute, subscribe } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { createPubSub, createSchema, createYoga } from 'graphql-yoga';
import { WebSocketServer } from 'ws';

// graphql-yoga with graphql-ws and its own publisher, as their documentation sets them up.

interface Event {
  readonly cursor: string;
  readonly seq: number;
  readonly at: string;
  readonly operation: string;
  readonly changes: readonly object[];
}

const pubSub = createPubSub<{ changes: [Event] }>();
let seq = 0;
const yoga = createYoga({
  logging: false,
  schema: createSchema({
    typeDefs: `
      type Change { kind: String! name: String! revision: Int! }
      type CommitEvent { cursor: String! seq: Int! at: String! operation: String! changes: [Change!]! }
      type Query { ok: Boolean! }
      type Mutation { publish: Int! }
      type Subscription { changes: CommitEvent! }`,
    resolvers: {
      Query: { ok: () => true },
      Mutation: {
        publish: () => {
          seq += 1;
          const changes = [{ kind: 'SERVICE', name: 'example-service', revision: seq }];
          const at = new Date().toISOString();
          pubSub.publish('changes', { cursor: 'x'.repeat(32), seq, at, operation: 'service.put', changes });
          return seq;
        },
      },
      Subscription: { changes: { subscribe: () => pubSub.subscribe('changes'), resolve: (event: Event) => event } },
    },
  }),
});
const server = createServer((request, response) => void yoga(request, response));
type Root = ExecutionArgs & {
  readonly rootValue: { readonly execute: typeof execute; readonly subscribe: typeof subscribe };
};
useServer(
  {
    execute: (args) => (args as Root).rootValue.execute(args),
    subscribe: (args) => (args as Root).rootValue.subscribe(args),
    onSubscribe: async (context, _id, params) => {
      const enveloped = yoga.getEnveloped({ ...context, params });
      const { schema, execute: run, subscribe: listen, contextFactory, parse, validate } = enveloped;
      const args = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute: run, subscribe: listen },
      };
      const errors = validate(args.schema, args.document);
      return errors.length > 0 ? errors : args;
    },
  },
  new WebSocketServer({ server, path: '/graphql' }),
);
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql\n`),
);
