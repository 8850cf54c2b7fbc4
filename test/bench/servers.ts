import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { variables } from './work.ts';

// The servers that are measured side by side. Each prints its address as its first line.

const announce = (url: string): void => void process.stdout.write(`${url}\n`);
const local = (port: number): string => `http://127.0.0.1:${port}/graphql`;

const environment = { seq: 13, digest: 'x'.repeat(43), variables };

/** The same bytes for everyone, those of the head as Keyloom sends it too: what Node can do at all. */
function startBare(): void {
  const bytes = Buffer.from(JSON.stringify({ data: { project: { service: { environment } } } }));
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': '00000000-0000-4000-8000-000000000000',
  };
  const server = createHttpServer((request, response) => {
    request.on('data', () => {});
    request.on('end', () => {
      response.writeHead(200, headers);
      response.end(bytes);
    });
  });
  server.listen(0, '127.0.0.1', () => announce(local((server.address() as AddressInfo).port)));
}

/** The same answer from memory, with no one to authenticate and nothing to resolve. */
function aSchema(): GraphQLSchema {
  const schema = buildSchema(`
    enum Scope { RUNTIME BUILD }
    type Variable { name: String! value: String }
    type Environment { seq: Int! digest: String! variables: [Variable!]! }
    type Service { environment(scope: Scope! = RUNTIME): Environment! }
    type Project { service(id: ID!): Service }
    type Query { project(slug: String!): Project }`);
  const query = schema.getQueryType()?.getFields().project;
  if (query) query.resolve = async () => ({ service: { environment } });
  return schema;
}

/** graphql-yoga as its documentation sets it up. */
function startYoga(): void {
  const yoga = createYoga({ schema: aSchema(), logging: false });
  const server = createHttpServer((request, response) => void yoga(request, response));
  server.listen(0, '127.0.0.1', () => announce(local((server.address() as AddressInfo).port)));
}

const role = process.argv[2];
if (role === 'bare') startBare();
else startYoga();
