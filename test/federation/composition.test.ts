import { readFileSync } from 'node:fs';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { transformSupergraphToPublicSchema } from '@theguild/federation-composition';
import { buildASTSchema, buildSchema, type GraphQLSchema, isInterfaceType, isObjectType, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createSubgraph, type Subgraph } from '../../src/graphql/federation/entities.ts';
import { printedSubgraph } from '../architecture/print-schema.ts';
import { COMPOSERS } from '../support/federation/compose.ts';
import { MODEST_PLATFORM, PLATFORM } from '../support/federation/platform-sdl.ts';
import { schema } from '../support/schema.ts';

const KEY = ['projectId', 'id'] as const;
const plain = createSubgraph(schema, { prefix: '', key: KEY });
const prefixed = createSubgraph(schema, { prefix: 'Keyloom', key: KEY });

const beside = (sdl: string, platform: string) => [
  { name: 'keyloom', sdl },
  { name: 'platform', sdl: platform },
];

describe.each(Object.entries(COMPOSERS))('composition by %s (case 225)', (_name, compose) => {
  it('succeeds beside a platform with ordinary names, under a prefix', () => {
    const { errors, supergraph } = compose(beside(prefixed.sdl, PLATFORM));
    expect(errors).toEqual([]);
    const service = fieldsIn(buildSchemaOf(supergraph), 'Service');
    expect(service).toEqual(expect.arrayContaining(['name', 'tags', 'project', 'environment', 'running']));
  });

  it('succeeds without a prefix beside one that has no name of it', () => {
    expect(compose(beside(plain.sdl, MODEST_PLATFORM)).errors).toEqual([]);
  });

  it('succeeds with other names of the key', () => {
    const { sdl } = createSubgraph(schema, { prefix: '', key: ['estate', 'ref'] });
    const renamed = MODEST_PLATFORM.replaceAll('"projectId id"', '"estate ref"')
      .replaceAll('projectId: ID! id: ID!', 'estate: ID! ref: ID!')
      .replaceAll('project: Estate!', '');
    expect(compose(beside(sdl, renamed)).errors).toEqual([]);
  });

  it('fails where both own a name, so that a prefix is needed', () => {
    expect(compose(beside(plain.sdl, PLATFORM)).errors.join()).toContain('Project');
  });
});

const buildSchemaOf = (supergraph: string): GraphQLSchema =>
  buildASTSchema(transformSupergraphToPublicSchema(parse(supergraph)) as never, { assumeValid: true });

function fieldsIn(from: GraphQLSchema, name: string): readonly string[] {
  const type = from.getType(name);
  return isObjectType(type) || isInterfaceType(type) ? Object.keys(type.getFields()) : [];
}

/** \`Type.field\` of all that a schema has, the protocol's own aside. */
const coordinates = (from: GraphQLSchema): ReadonlySet<string> =>
  new Set(
    Object.values(from.getTypeMap())
      .filter(({ name }) => !name.startsWith('_'))
      .flatMap(({ name }) => [name, ...fieldsIn(from, name).map((field) => `${name}.${field}`)]),
  );

describe('the subgraph', () => {
  it('is the public schema without what others own in a larger graph', () => {
    const [whole, part] = [coordinates(schema), coordinates(plain.schema)];
    const missing = [...whole].filter((each) => !part.has(each)).sort();
    const ofPlatform = ['buildArguments', 'buildFiles', 'createdAt', 'files', 'name', 'revision', 'stageId', 'tags'];
    expect(missing).toEqual(
      [
        ...['Job', 'Service', 'Workload'].flatMap((type) =>
          [...ofPlatform, 'updatedAt', 'variables'].map((field) => `${type}.${field}`),
        ),
        ...['Node', 'Node.id', 'Query.node', 'Query.nodes'],
      ].sort(),
    );
    expect([...part].filter((each) => !whole.has(each)).sort()).toEqual(['Query._entities', 'Query._service']);
  });

  it('says its keys and what it shares, and nothing of the protocol', () => {
    expect(plain.sdl).toContain('https://specs.apollo.dev/federation/v2.9');
    const keyed = [...plain.sdl.matchAll(/^type (\w+)[^\n]* @key\(fields: "([^"]+)"\)/gm)];
    expect(keyed.map(([, type, fields]) => `${type} ${fields}`).sort()).toEqual([
      'App id',
      'AppSecret id',
      'Environment id',
      'GlobalSecret id',
      'Job projectId id',
      'SecretGroup id',
      'Service projectId id',
    ]);
    expect(plain.sdl).toContain('type PageInfo @shareable');
    expect(plain.sdl).not.toMatch(/_entities|_service|_Any|_Entity|interface Node/);
  });

  it('carries a prefix on everything but the platform, the roots, pages and scalars', () => {
    const names = Object.values(prefixed.schema.getTypeMap()).map(({ name }) => name);
    const free = names.filter((name) => !name.startsWith('Keyloom') && !name.startsWith('_')).sort();
    expect(free).toEqual(
      [
        ...['Base64', 'Boolean', 'Cursor', 'DateTime', 'Float', 'ID', 'Int', 'JSON', 'SafeInt', 'Slug', 'String'],
        ...['Job', 'Mutation', 'PageInfo', 'Query', 'Service', 'Subscription'],
      ].sort(),
    );
    expect(fieldsIn(prefixed.schema, 'Query')).toContain('keyloomProject');
  });

  it('leaves the public schema as it is', () => {
    expect(schema.getType('Node')).toBeDefined();
    expect(fieldsIn(schema, 'Query')).not.toContain('_entities');
    expect(readFileSync('schema.graphql', 'utf8')).not.toMatch(/@key|@link|@shareable|_entities|_service/);
  });
});

/** What clients of the larger graph see. */
const composed = ({ sdl }: Pick<Subgraph, 'sdl'>): GraphQLSchema =>
  buildSchemaOf(COMPOSERS.guild(beside(sdl, MODEST_PLATFORM)).supergraph);

async function breaking(before: GraphQLSchema, after: GraphQLSchema): Promise<readonly string[]> {
  const changes = await diff(before, after);
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ message }) => message);
}

describe('the supergraph', () => {
  const released = readFileSync('test/federation/released-subgraph.graphql', 'utf8');

  it('breaks nothing that was released', async () => {
    expect(await breaking(composed({ sdl: released }), composed(plain))).toEqual([]);
  });

  it('notices what would break (case 225)', async () => {
    const without = released.replaceAll('  running(scope: Scope! = RUNTIME): RunningEnvironment\n', '');
    expect(without).not.toBe(released);
    expect(await breaking(composed({ sdl: released }), composed({ sdl: without }))).toContain(
      "Field 'running' was removed from object type 'Service'",
    );
  });

  it('is compared with what a release prints', () => {
    expect(buildSchema(released, { assumeValidSDL: true }).getType('SecretGroup')).toBeDefined();
    expect(printedSubgraph()).not.toContain('"""');
  });
});
