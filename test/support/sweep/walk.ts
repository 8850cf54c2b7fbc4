import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'graphql';

/** Documents that select every field of a schema at least once, each through the shortest way from a root. */

type Field = GraphQLField<unknown, unknown>;
type Arguments = Readonly<Record<string, string>>;

export interface Walked {
  /** `Type.field` of every field that a document selects. */
  readonly fields: readonly string[];
  readonly query: string;
}

interface Step {
  readonly field: Field;
  /** The object type that the field is looked at as. */
  readonly type: GraphQLNamedType;
}

const MAX_DEPTH = 14;

/**
 * Literals by `Type.field.argument` or by the argument's name, first those for what is looked at behind it: `...@Addon`. An
 * argument that is needed and has none fails.
 */
function argumentsOf(parent: string, field: Field, literals: Arguments, target = ''): string {
  const given = field.args.flatMap(({ name, type, defaultValue }) => {
    const exact = `${parent}.${field.name}.${name}`;
    const literal = literals[`${exact}@${target}`] ?? literals[exact] ?? literals[`*.${name}`];
    const isNeeded = isNonNullType(type) && defaultValue === undefined;
    if (isNeeded && literal === undefined) throw new Error(`no literal for ${parent}.${field.name}(${name})`);
    return isNeeded || literals[`${parent}.${field.name}.${name}`] !== undefined ? [`${name}: ${literal}`] : [];
  });
  return given.length === 0 ? '' : `(${given.join(', ')})`;
}

const possible = (schema: GraphQLSchema, type: GraphQLNamedType): readonly GraphQLObjectType[] =>
  isObjectType(type) ? [type] : isAbstractType(type) ? schema.getPossibleTypes(type) : [];

/** All leaves of a type, and `__typename`. */
function leavesOf(
  type: GraphQLObjectType,
  literals: Arguments,
): { readonly text: string; readonly names: readonly string[] } {
  const leaves = Object.values(type.getFields()).filter((field) => isLeafType(getNamedType(field.type)));
  const texts = leaves.map((field, i) => `l${i}: ${field.name}${argumentsOf(type.name, field, literals)}`);
  return { text: ['__typename', ...texts].join(' '), names: leaves.map(({ name }) => `${type.name}.${name}`) };
}

interface Root {
  readonly keyword: 'query' | 'subscription';
  readonly type: GraphQLObjectType;
}

function documentOf(
  { keyword, type: rootType }: Root,
  path: readonly Step[],
  literals: Arguments,
  names: string[],
): string {
  const build = (at: number, parent: string): string => {
    const step = path[at];
    if (!step) return '';
    const { field, type } = step;
    names.push(`${parent}.${field.name}`);
    const inside = at === path.length - 1 ? leavesOf(type as GraphQLObjectType, literals) : null;
    if (inside) names.push(...inside.names);
    const inner = inside ? inside.text : build(at + 1, type.name);
    return `${field.name}${argumentsOf(parent, field, literals, type.name)} { ... on ${type.name} { ${inner} } }`;
  };
  return `${keyword} { ${build(0, rootType.name)} }`;
}

type Way = { readonly type: GraphQLObjectType; readonly path: readonly Step[] };

/**
 * One document for each edge from an object type to another, by the shortest way that leads to an object: behind one that ends
 * in null there is nothing to see. `leadsTo` says whether the answer to a query holds an object of the type.
 */
export async function walk(
  schema: GraphQLSchema,
  literals: Arguments,
  leadsTo: (query: string, type: string) => Promise<boolean>,
  keyword: Root['keyword'] = 'query',
): Promise<readonly Walked[]> {
  const type = keyword === 'query' ? schema.getQueryType() : schema.getSubscriptionType();
  if (!type) return [];
  const root = { keyword, type };
  const found: Walked[] = [];
  const seen = new Set<string>([type.name]);
  /** By the type at its end: ways that led nowhere, for types to which none leads. */
  const empty = new Map<string, Way>();
  let frontier: Way[] = [{ type, path: [] }];
  for (let depth = 0; depth < MAX_DEPTH && frontier.length > 0; depth += 1) {
    const next: Way[] = [];
    for (const { type: from, path } of frontier) {
      for (const field of Object.values(from.getFields())) {
        for (const target of possible(schema, getNamedType(field.type))) {
          const way = { type: target, path: [...path, { field, type: target }] };
          const fields: string[] = [];
          const query = documentOf(root, way.path, literals, fields);
          found.push({ query, fields });
          if (seen.has(target.name)) continue;
          if (await leadsTo(query, target.name)) {
            seen.add(target.name);
            next.push(way);
          } else if (!empty.has(target.name)) empty.set(target.name, way);
        }
      }
    }
    frontier = next;
    if (frontier.length > 0) continue;
    frontier = [...empty.values()].filter(({ type }) => !seen.has(type.name));
    for (const each of frontier) seen.add(each.type.name);
  }
  return found;
}

/** Every `Type.field` of object types that queries can answer. */
export function allFields(schema: GraphQLSchema): readonly string[] {
  const skipped = /Payload$|Error$|Event$|^Mutation$|^Subscription$|^HistoryExpired$|^__/;
  return Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) && !skipped.test(type.name)
      ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`)
      : [],
  );
}
