import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, graphql } from 'graphql';
import { PLATFORM } from './platform-sdl.ts';

/** A deploy platform's part of the graph: services by name, which Keyloom knows the environments of. */
export interface Platform {
  readonly url: string;
  readonly sdl: string;
  /** Names of the headers with tokens that it was sent. */
  readonly told: ReadonlySet<string>;
  close(): Promise<void>;
}

interface Representation {
  readonly __typename: string;
  readonly projectId: string;
  readonly id: string;
}

const PROTOCOL = `
  scalar _Any
  union _Entity = Service | Job
  extend type Query { _entities(representations: [_Any!]!): [_Entity]! }`;

const serviceOf = (projectId: string, id: string) => ({
  __typename: 'Service',
  projectId,
  id,
  name: `The service ${id}`,
  tags: ['web'],
  project: { id: projectId, name: `The project ${projectId}`, services: [] },
});

const ROOT = {
  service: ({ projectId, id }: Representation) => serviceOf(projectId, id),
  services: ({ projectId, count }: { readonly projectId: string; readonly count: number }) =>
    Array.from({ length: count }, (_, i) => serviceOf(projectId, `svc-${i}`)),
  _entities: ({ representations }: { readonly representations: readonly Representation[] }) =>
    representations.map(({ projectId, id }) => serviceOf(projectId, id)),
};

export async function startPlatform(): Promise<Platform> {
  // The directives are for composition.
  const bare = PLATFORM.replace(/extend schema[^\n]*\n/, '').replaceAll(/ @(key\([^)]*\)|shareable)/g, '');
  const schema = buildSchema(bare + PROTOCOL);
  const told = new Set<string>();
  const server = createServer((request, response) => {
    for (const name of Object.keys(request.headers)) if (/authorization|keyloom/.test(name)) told.add(name);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    const answer = async (): Promise<void> => {
      const { query: source, variables: variableValues } = JSON.parse(Buffer.concat(chunks).toString());
      const made = await graphql({ schema, source, variableValues, rootValue: ROOT });
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(made));
    };
    request.on('end', () => void answer());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    sdl: PLATFORM,
    told,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
