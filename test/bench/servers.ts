import { mkdtempSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { openEmbeddedStore } from '../../src/store/embedded/open.ts';
import { aGroupInput, aProject, aServiceInput, groupOp, PUT_SERVICE, run } from '../support/makers.ts';
import { startApp } from '../support/start-app.ts';
import { GROUPS, PER_GROUP, textOf } from './work.ts';

// The servers that are measured side by side. Each prints `{ url, token }` as its first line.

const announce = (url: string, token = ''): void => void process.stdout.write(`${JSON.stringify({ url, token })}\n`);
const local = (port: number): string => `http://127.0.0.1:${port}/graphql`;

const variables = Array.from({ length: GROUPS * PER_GROUP }, (_, i) => ({ name: `VARIABLE_${i}`, value: textOf(i) }));
const environment = { seq: 13, digest: 'x'.repeat(43), variables };

/** The same bytes for everyone: what Node can do at all. */
function startBare(): void {
  const bytes = Buffer.from(JSON.stringify({ data: { project: { service: { environment } } } }));
  const server = createHttpServer((request, response) => {
    request.on('data', () => {});
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
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
    type Project { service(id: String!): Service }
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

/** The whole gateway on the embedded store, with a real token of the service itself. */
async function startKeyloom(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'keyloom-bench-'));
  const app = await startApp({ open: ({ mac }) => openEmbeddedStore({ dir, mac }) });
  await aProject(app);
  for (let group = 0; group < GROUPS; group += 1) {
    const own = variables.slice(group * PER_GROUP, (group + 1) * PER_GROUP);
    await run(app, groupOp('createSecretGroup', 'id'), aGroupInput({ name: `Group ${group}`, variables: own }));
  }
  await run(app, PUT_SERVICE, aServiceInput());
  const workload = { project: 'default-project', kind: 'SERVICE', id: 'example-service' };
  announce(`${app.url}/graphql`, await app.token('dependent', { kind: 'DEPENDENT', workload }));
}

const role = process.argv[2];
if (role === 'bare') startBare();
else if (role === 'yoga') startYoga();
else await startKeyloom();
