import {
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  lexicographicSortSchema,
} from 'graphql';
import { capital } from '../../kernel/casing.ts';
import { federatedIn } from '../types/federated.ts';

/** What an operator decides about Keyloom's part of a larger graph. */
export interface SubgraphOptions {
  /** Goes before the names of types and root fields; empty: they are named as in the public schema. */
  readonly prefix: string;
  /** What the larger graph calls the two key fields of its services and jobs: the project's and their own. */
  readonly key: readonly [project: string, id: string];
}

/** Types that belong to the deploy platform: the larger graph knows them by these names. */
const PLATFORM: readonly string[] = ['Service', 'Job'];
/** Every graph has one look-up by global id: that is for whoever owns the ids of the whole. */
const LEFT_OUT: readonly string[] = ['node', 'nodes'];
/** In every graph that follows Relay, and the same in each. */
export const SHAREABLE: readonly string[] = ['PageInfo'];

/** An entity of the subgraph, by the name that it has there. */
export interface EntityType {
  readonly name: string;
  /** As the public schema names it. */
  readonly publicName: string;
  readonly key: readonly string[];
}

export interface Shape {
  /** Without the fields of the protocol. */
  readonly schema: GraphQLSchema;
  readonly entities: readonly EntityType[];
}

type WithFields = GraphQLObjectType | GraphQLInterfaceType;
const hasFields = (type: GraphQLNamedType): type is WithFields => isObjectType(type) || isInterfaceType(type);

/**
 * The public schema as a part of a larger graph: the same types and resolvers, without what others own there. `publicSchema`
 * stays as it is.
 */
export function subgraphShape(publicSchema: GraphQLSchema, { prefix, key }: SubgraphOptions): Shape {
  const { entities: nodes, ofWorkloads } = federatedIn(publicSchema);
  // A copy with types of its own, in a stable order.
  const schema = lexicographicSortSchema(publicSchema);
  const roots = rootsOf(schema);
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isScalarType(type) && type.name !== 'Node',
  );
  for (const type of types) if (hasFields(type)) leaveOut(type, ofWorkloads);
  for (const type of types) if (isWorkload(type) && hasFields(type)) renameKey(type, key);
  const nameOf = (name: string): string =>
    PLATFORM.includes(name) || SHAREABLE.includes(name) || roots.some((root) => root.name === name)
      ? name
      : `${prefix}${name}`;
  const isThere = (name: string): boolean => schema.getType(name) !== undefined;
  const entities = [
    ...nodes.filter(isThere).map((name) => ({ name: nameOf(name), publicName: name, key: ['id'] })),
    ...PLATFORM.filter(isThere).map((name) => ({ name, publicName: name, key })),
  ];
  if (prefix !== '') {
    for (const root of roots) renameFields(root, (name) => rootFieldOf(name, prefix));
    for (const type of types) if (isAbstractType(type)) renameResolved(type, nameOf);
    for (const type of types) type.name = nameOf(type.name);
  }
  return { schema: rebuilt(schema, types), entities };
}

/** What a field of a root is called in the subgraph. */
export const rootFieldOf = (name: string, prefix: string): string =>
  prefix === '' ? name : `${prefix.charAt(0).toLowerCase()}${prefix.slice(1)}${capital(name)}`;

const rootsOf = (schema: GraphQLSchema): readonly GraphQLObjectType[] =>
  [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(isObjectType);

const isWorkload = ({ name }: GraphQLNamedType): boolean => name === 'Workload' || PLATFORM.includes(name);

/** All that Keyloom says of a service or a job besides its key stays. Everything else is for the platform to say. */
function leaveOut(type: WithFields, ofWorkloads: readonly string[]): void {
  const fields = type.getFields();
  const ofPlatform = isWorkload(type);
  for (const name of Object.keys(fields)) {
    const isKept = !ofPlatform || ['projectId', 'id', ...ofWorkloads].includes(name);
    if (!isKept || (type.name === 'Query' && LEFT_OUT.includes(name))) delete fields[name];
  }
  const interfaces = type.getInterfaces() as GraphQLInterfaceType[];
  const node = interfaces.findIndex(({ name }) => name === 'Node');
  if (node >= 0) interfaces.splice(node, 1);
}

function renameKey(type: WithFields, [project, id]: SubgraphOptions['key']): void {
  const names: Readonly<Record<string, string>> = { projectId: project, id };
  renameFields(type, (name) => names[name] ?? name);
}

function renameFields(type: WithFields, nameOf: (name: string) => string): void {
  const fields = type.getFields();
  const renamed = Object.values(fields).map(
    (field): GraphQLField<unknown, unknown> => ({
      ...field,
      name: nameOf(field.name),
    }),
  );
  for (const name of Object.keys(fields)) delete fields[name];
  for (const field of renamed) fields[field.name] = field;
}

/** What says by name which type an object is of, says it by the new name. */
function renameResolved(type: GraphQLAbstractType, nameOf: (name: string) => string): void {
  const { resolveType } = type;
  if (!resolveType) return;
  type.resolveType = (...args) => {
    const found = resolveType(...args);
    if (found instanceof Promise) return found.then((name) => (name === undefined ? name : nameOf(name)));
    return typeof found === 'string' ? nameOf(found) : found;
  };
}

/** Only what can be reached: types that were left out may have been the only way to others. */
function rebuilt(schema: GraphQLSchema, types: readonly GraphQLNamedType[]): GraphQLSchema {
  const [query = null, mutation = null, subscription = null] = rootsOf(schema);
  return new GraphQLSchema({
    query,
    mutation,
    subscription,
    directives: schema.getDirectives(),
    extensions: schema.extensions,
    types: types.filter((type) => isObjectType(type) && type.getInterfaces().length > 0),
  });
}
