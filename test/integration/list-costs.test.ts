import {
  type GraphQLField,
  type GraphQLNamedType,
  getNamedType,
  getNullableType,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limitsWith } from '../../src/app/limits.ts';
import { costOf } from '../../src/graphql/engine/limits.ts';
import type { Work } from '../../src/kernel/work.ts';
import { aGroupInput, aProject, aServiceInput, done, groupOp, PUT_SERVICE } from '../support/makers.ts';
import { schema } from '../support/schema.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** Every field that can be long, and one way to it from the root. */

type Field = GraphQLField<unknown, unknown>;
interface Way {
  readonly name: string;
  readonly path: readonly (readonly [Field, string | null])[];
}

const ARGUMENTS: Readonly<Record<string, string>> = {
  app: '"example-app"',
  slug: '"default-project"',
  id: '"example-service"',
  name: '"V_0_0"',
  environment: '"dev"',
  mode: 'FULL',
  within: '30',
  from: '1',
  to: '1',
  source: '"U2VjcmV0R3JvdXA6ZGVmYXVsdC1wcm9qZWN0L2dyb3VwLTA="',
  ids: '["U2VjcmV0R3JvdXA6ZGVmYXVsdC1wcm9qZWN0L2dyb3VwLTA="]',
  kind: 'ADDON',
  project: '"default-project"',
  workload: '{ kind: SERVICE, id: "example-service" }',
  scope: 'RUNTIME',
};

const isList = ({ type }: Field): boolean => isListType(getNullableType(type));
const isLong = (field: Field): boolean => isList(field) || getNamedType(field.type).name.endsWith('Connection');

/** The shortest way to each field that can be long, breadth first. */
function ways(): readonly Way[] {
  const found = new Map<string, Way>();
  const root = schema.getQueryType();
  let frontier: { readonly type: GraphQLNamedType; readonly path: Way['path'] }[] = root
    ? [{ type: root, path: [] }]
    : [];
  const seen = new Set<string>();
  for (let depth = 0; depth < 8; depth += 1) {
    const next: typeof frontier = [];
    for (const { type, path } of frontier) {
      if (seen.has(type.name)) continue;
      seen.add(type.name);
      if (isAbstractType(type)) {
        for (const one of schema.getPossibleTypes(type)) {
          const last = path.at(-1);
          if (last) next.push({ type: one, path: [...path.slice(0, -1), [last[0], one.name]] });
        }
      }
      if (!isObjectType(type) && !isInterfaceType(type)) continue;
      for (const field of Object.values(type.getFields())) {
        const way = [...path, [field, null] as const];
        const name = `${type.name}.${field.name}`;
        if (isLong(field) && !isLeafType(getNamedType(field.type)) && !found.has(name))
          found.set(name, { name, path: way });
        next.push({ type: getNamedType(field.type), path: way });
      }
    }
    frontier = next;
  }
  return [...found.values()];
}

function argumentsOf(field: Field): string {
  const needed = field.args.filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined);
  const given = needed.map(({ name }) => `${name}: ${ARGUMENTS[name] ?? `MISSING_${field.name}_${name}`}`);
  return given.length === 0 ? '' : `(${given.join(', ')})`;
}

/** All that needs no further selection. */
function leaves(type: GraphQLNamedType): string {
  if (!isObjectType(type) && !isInterfaceType(type)) return '__typename';
  if (type.name.endsWith('Connection')) {
    const nodes = type.getFields().nodes;
    return nodes ? `nodes { ${leaves(getNamedType(nodes.type))} }` : '__typename';
  }
  const fields = Object.values(type.getFields()).filter(
    (field) => isLeafType(getNamedType(field.type)) && field.args.every(({ type: of }) => !isNonNullType(of)),
  );
  return ['__typename', ...fields.map(({ name }) => name)].join(' ');
}

/** The field under so many aliases in its parent. */
function queryOf({ path }: Way, aliases: number): string {
  const build = (at: number): string => {
    const step = path[at];
    if (!step) return '';
    const [field, condition] = step;
    const isLast = at === path.length - 1;
    const type = getNamedType(field.type);
    const inner = isLast ? leaves(type) : condition ? `... on ${condition} { ${build(at + 1)} }` : build(at + 1);
    const selection = isLeafType(type) ? '' : ` { ${inner} }`;
    const one = `${field.name}${argumentsOf(field)}${selection}`;
    return isLast ? Array.from({ length: aliases }, (_, i) => `a${i}: ${one}`).join(' ') : one;
  };
  return `query { ${build(0)} }`;
}

const WAYS = ways();
const UNITS = 2_000;
const REFUSALS = ['BAD_REQUEST', 'BUDGET_EXCEEDED', 'TOO_LARGE'];

let app: TestApp;
const last: { work: Work | null } = { work: null };
const longest = (): number => last.work?.longest ?? 0;
beforeAll(async () => {
  app = await startApp({
    onContext: ({ session }) => {
      last.work = session.work;
    },
  });
  await aProject(app);
  for (let g = 0; g < 20; g += 1) {
    const variables = Array.from({ length: 40 }, (_, v) => ({ name: `V_${g}_${v}`, value: `\${V_${g}_${v + 1}} x` }));
    const made = await done(app, groupOp('createSecretGroup', 'id'), aGroupInput({ name: `group ${g}`, variables }));
    for (let r = 0; r < 4; r += 1) {
      await done(app, groupOp('updateSecretGroup', 'id'), { id: made.secretGroup.id, description: `text ${r}` });
    }
  }
  for (let s = 0; s < 5; s += 1) await done(app, PUT_SERVICE, aServiceInput(s ? { id: `service-${s}` } : {}));
}, 120_000);
afterAll(() => app.close());

describe('a field that can be long', () => {
  it('is known, each of them', () => {
    expect(WAYS.length).toBeGreaterThan(40);
    expect(WAYS.map((way) => queryOf(way, 1)).filter((query) => query.includes('MISSING_'))).toEqual([]);
  });

  it.each(WAYS.map((way) => [way.name, way] as const))('%s: a budget holds', async (_name, way) => {
    const document = parse(queryOf(way, 14));
    const cost = costOf(document, document.definitions[0] as OperationDefinitionNode, {}, schema);
    last.work = null;
    const answer = await app.gql(queryOf(way, 14));
    const codes = (answer.errors ?? []).map(({ extensions }) => extensions.code);
    // Depth is a budget as well; what is not there is no answer to it.
    for (const code of codes) expect([...REFUSALS, 'NOT_FOUND', 'FORBIDDEN', 'INVALID_INPUT']).toContain(code);
    if (cost > limitsWith().cost) expect(codes).toContain('BAD_REQUEST');
    expect(longest()).toBeLessThanOrEqual(UNITS);
  });
});

describe('the sizes that variables give', () => {
  it('are judged each time, whatever the same document was given before', async () => {
    const query = `query ($a: Int, $b: Int) { projects(first: $a) { nodes { secretGroups(first: $b) { pageInfo { hasNextPage } } } } }`;
    const codeOf = async (a: number | null, b: number | null): Promise<string> => {
      const { errors } = await app.gql(query, { a, b });
      return errors?.[0]?.message.replace(/;.*/, '') ?? 'OK';
    };
    const cost = (a: number, b: number): string => `The operation costs ${1 + a * (2 + b * 2)}`;
    for (let times = 0; times < 3; times += 1) {
      expect(await codeOf(1, 2)).toBe('OK');
      expect(await codeOf(2, 1)).toBe('OK');
      expect(await codeOf(100, 100)).toBe(cost(100, 100));
      expect(await codeOf(99, 100)).toBe(cost(99, 100));
      expect(await codeOf(null, 100)).toBe(cost(50, 100));
    }
  });
});
