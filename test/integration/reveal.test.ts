import { type DocumentNode, execute, GraphQLString, isLeafType, isObjectType, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSchema } from '../../src/app/schema.ts';
import type { Shown } from '../../src/audit/notes.ts';
import type { Context } from '../../src/graphql/types/context.ts';
import type { StoredGroup } from '../../src/modules/secret-groups/model.ts';
import { formsOf } from '../support/canaries.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { type Walked, walk } from '../support/sweep/walk.ts';
import { aWorld, type World } from '../support/sweep/world.ts';

/** Every field by which a value becomes text for somebody. Each of them opens it through `audit/reveal`, which notes it. */
const PATHS = [
  'Addon.params',
  'AddonRevision.params',
  'AppSecretValue.text',
  'AppSecretValueRevision.text',
  'DockerSecretMount.data',
  'GlobalSecret.values',
  'GlobalSecretFile.data',
  'RenderedAppSecret.serializedValue',
  'ResolvedFile.data',
  'ResolvedMount.data',
  'ResolvedVariable.value',
  'SecretFile.data',
  'Variable.value',
];

type Schema = ReturnType<typeof createSchema>;

let app: TestApp;
let world: World;
let forms: readonly string[];
const schema = createSchema();

beforeAll(async () => {
  app = await startApp({ limits: { cost: 1_000_000, depth: 30, aliases: 200, ratePoints: 0 } });
  world = await aWorld(app);
  forms = [...world.canaries.keys()].flatMap(formsOf);
}, 120_000);
afterAll(() => app.close());

const holdsValue = (text: string): boolean => forms.some((form) => text.includes(form));

async function answered(over: Schema, document: DocumentNode, token = app.owner) {
  const { signal } = new AbortController();
  const caller = { authorization: `Bearer ${token}`, requestId: 'test', signal: () => signal };
  const contextValue = (await app.gateway.contextFor(caller)) as Context;
  const { data } = await execute({ schema: over, document, contextValue });
  return { data, shown: contextValue.notes.shown };
}

const total = (shown: Shown): number => [...shown.values()].reduce((sum, count) => sum + count, 0);

/** The leaves of an answer that hold a value, by `Type.field`, from the aliases of the walk. */
function pathsIn(over: Schema, data: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(data)) for (const each of data) pathsIn(over, each, found);
  else if (data !== null && typeof data === 'object') {
    const row = data as Record<string, unknown>;
    const type = over.getType(String(row.__typename));
    const leaves = isObjectType(type)
      ? Object.values(type.getFields()).filter(({ type: of }) => isLeafType(named(of)))
      : [];
    for (const [name, value] of Object.entries(row)) {
      const leaf = /^l(\d+)$/.exec(name);
      const field = leaf ? leaves[Number(leaf[1])]?.name : name;
      if (!leaf) pathsIn(over, value, found);
      else if (holdsValue(JSON.stringify(value) ?? '')) found.add(`${String(row.__typename)}.${field}`);
    }
  }
  return found;
}
function named(type: unknown): never {
  const { ofType } = type as { readonly ofType?: unknown };
  return (ofType === undefined ? type : named(ofType)) as never;
}

/** All leaves that show the owner a value, and the queries whose values the door did not note. */
async function walked(over: Schema) {
  const paths = new Set<string>();
  const unnoted: string[] = [];
  // Mounts are there at build time only.
  const built = Object.fromEntries(
    ['Workload', 'Service', 'Job'].map((type) => [`${type}.environment.scope`, 'BUILD']),
  );
  for (const literals of [...Object.values(world.literals), { ...world.literals.own, ...built }]) {
    const leadsTo = async (query: string, type: string): Promise<boolean> =>
      JSON.stringify((await answered(over, parse(query))).data ?? null).includes(`"__typename":"${type}"`);
    const documents: readonly Walked[] = await walk(over, literals, leadsTo);
    for (const { query } of documents) {
      const { data, shown } = await answered(over, parse(query));
      const here = pathsIn(over, data);
      for (const path of here) paths.add(path);
      if (here.size > 0 && total(shown) === 0) unnoted.push(query);
    }
  }
  return { paths: [...paths].sort(), unnoted };
}

describe('the one door for values', () => {
  it('is the way of every field that shows one, and each of them is known', async () => {
    expect(await walked(schema)).toEqual({ paths: PATHS, unnoted: [] });
  }, 120_000);

  it('a path that is planted beside it is found', async () => {
    const planted = createSchema();
    const group = planted.getType('SecretGroup');
    if (!isObjectType(group)) throw new Error('no SecretGroup');
    group.getFields().planted = {
      ...(group.getFields().slug as NonNullable<ReturnType<typeof group.getFields>[string]>),
      name: 'planted',
      type: GraphQLString,
      resolve: (stored: StoredGroup) => [...stored.body().variables.values()].join(),
    };
    const { paths, unnoted } = await walked(planted);
    expect(paths.filter((path) => !PATHS.includes(path))).toEqual(['SecretGroup.planted']);
    expect(unnoted.length).toBeGreaterThan(0);
  }, 120_000);

  it('counts what it shows, by whose it is, and nothing of what is masked', async () => {
    const document = parse(
      '{ project(slug: "default-project") { secretGroups(first: 100) { edges { node { slug type variables { name value masked } } } } } }',
    );
    const { data, shown } = await answered(schema, document);
    const groups = (data as never as Answer).project.secretGroups.edges.map(({ node }) => node);
    const expected = new Map(
      groups
        .filter(({ variables }) => variables.length > 0)
        .map(({ slug, variables }) => [`secretGroup/default-project/${slug}`, variables.length] as const),
    );
    expect(new Map(shown)).toEqual(expected);
    const developer = await answered(schema, document, await app.token('developer'));
    const open = (developer.data as never as Answer).project.secretGroups.edges.flatMap(({ node }) => node.variables);
    expect(open.some(({ masked }) => masked)).toBe(true);
    expect(total(developer.shown)).toBe(open.filter(({ masked }) => !masked).length);
    expect([...developer.shown.keys()].some(holdsValue)).toBe(false);
  });
});

interface Answer {
  readonly project: {
    readonly secretGroups: {
      readonly edges: readonly {
        readonly node: { readonly slug: string; readonly variables: readonly { readonly masked: boolean }[] };
      }[];
    };
  };
}
