import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { createServer } from '../../src/http/server.ts';
import { limitsWith } from '../../src/kernel/limits.ts';
import { silentLog } from '../../src/kernel/log.ts';

// The servers that Keyloom is measured against. Each prints its address as its first line.
const PAIRS = Array.from({ length: 50 }, (_, i) => ({ name: `VARIABLE_${i}`, value: `value-${i}-${'x'.repeat(20)}` }));

const announce = (port: number): void => void process.stdout.write(`http://127.0.0.1:${port}/graphql\n`);

function aSchema(): GraphQLSchema {
  const schema = buildSchema('type Pair { name: String! value: String! } type Query { variables: [Pair!]! }');
  const variables = schema.getQueryType()?.getFields().variables;
  if (variables !== undefined) variables.resolve = async () => PAIRS;
  return schema;
}

/** The same bytes for everyone: what Node can do at all. */
function startBare(): void {
  const bytes = Buffer.from(JSON.stringify({ data: { variables: PAIRS } }));
  const server = createHttpServer((request, response) => {
    request.on('data', () => {});
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
      response.end(bytes);
    });
  });
  server.listen(0, '127.0.0.1', () => announce((server.address() as AddressInfo).port));
}

/** graphql-yoga as its documentation sets it up. */
function startYoga(): void {
  const yoga = createYoga({ schema: aSchema(), logging: false });
  const server = createHttpServer((request, response) => void yoga(request, response));
  server.listen(0, '127.0.0.1', () => announce((server.address() as AddressInfo).port));
}

/** Keyloom's transport with the same list, without its store. */
async function startTransport(): Promise<void> {
  const server = createServer({
    schema: aSchema(),
    contextFor: async ({ signal }) => ({ signal }),
    ready: async () => true,
    config: { host: '127.0.0.1', port: 0, development: false, limits: limitsWith() },
    log: silentLog,
    fileMutations: new Set(),
  });
  announce(Number(new URL((await server.listen()).url).port));
}

const role = process.argv[2];
if (role === 'bare') startBare();
else if (role === 'yoga') startYoga();
else await startTransport();
