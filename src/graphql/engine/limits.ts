import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { AppError } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';

export type DocumentLimits = Pick<Limits, 'depth' | 'aliases' | 'rootFields' | 'directives' | 'cost'>;

export interface Measured {
  /** Names of the root fields, through fragments. */
  readonly rootFields: ReadonlySet<string>;
  readonly usesIntrospection: boolean;
  /** Whether it asks for a page of a list: cursors on it are good for one viewer only. */
  readonly hasPages: boolean;
  /** Fields times the sizes of the pages they are on, without what variables say. */
  readonly cost: number;
  /** Names of the variables that the cost depends on. */
  readonly sizeVariables: ReadonlySet<string>;
}

type Variables = Readonly<Record<string, unknown>>;

/** What is known about a selection set after its fragments are drawn in. */
interface Size {
  readonly depth: number;
  readonly introspectionDepth: number;
  readonly aliases: number;
  readonly cost: number;
  readonly isConnection: boolean;
}

interface Walk {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** null while a fragment is being measured: meeting it again is a cycle. */
  readonly measured: Map<string, Size | null>;
  readonly schema: GraphQLSchema;
  readonly limits: DocumentLimits;
  readonly variables: Variables;
  readonly sizeVariables: Set<string>;
  pages: boolean;
}

const NOTHING: Size = { depth: 0, introspectionDepth: 0, aliases: 0, cost: 0, isConnection: false };
/** Pages nobody sized: the resolvers' default. */
const DEFAULT_PAGE = 50;
/** Lists without pages, unless a field says otherwise (`extensions.listSize`). What they really hold is charged as work. */
const ASSUMED_LIST = 5;
/** Arguments that say one by one what is asked for. */
const ASKED_BY: readonly string[] = ['ids', 'representations'];
/** What only connections have. */
const PAGE_FIELDS: readonly string[] = ['edges', 'nodes', 'pageInfo'];
/** The usual introspection query is 15 deep. */
const INTROSPECTION_DEPTH = 16;

const refused = (message: string): AppError => new AppError('BAD_REQUEST', message);

const isIntrospection = (name: string): boolean => name === '__schema' || name === '__type';

const fragmentsOf = (document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> =>
  new Map(document.definitions.flatMap((it) => (it.kind === Kind.FRAGMENT_DEFINITION ? [[it.name.value, it]] : [])));

/**
 * Refuses an operation that is too deep, too wide or too dear, in one pass before validation.
 * Every fragment is measured once, however often it is spread.
 */
export function measureOperation(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  limits: DocumentLimits,
  schema: GraphQLSchema,
): Measured {
  const walk: Walk = {
    fragments: fragmentsOf(document),
    measured: new Map(),
    schema,
    limits,
    variables: {},
    sizeVariables: new Set(),
    pages: false,
  };
  for (const definition of document.definitions) checkDirectives(definition, limits);
  const size = sizeOf(operation.selectionSet, rootTypeOf(operation, schema), walk);
  const rootNames = rootFieldsOf(operation, walk.fragments, limits.rootFields);
  const over = overLimit(size, limits);
  if (over !== null) throw refused(over);
  return {
    rootFields: new Set(rootNames),
    usesIntrospection: size.introspectionDepth > 0,
    hasPages: walk.pages,
    cost: size.cost,
    sizeVariables: walk.sizeVariables,
  };
}

function overLimit(size: Size, limits: DocumentLimits): string | null {
  if (size.depth > limits.depth) return `The operation is deeper than ${limits.depth} (KEYLOOM_LIMIT_DEPTH)`;
  if (size.introspectionDepth > INTROSPECTION_DEPTH) return 'The introspection is too deep';
  if (size.aliases > limits.aliases)
    return `The operation has more than ${limits.aliases} aliases (KEYLOOM_LIMIT_ALIASES)`;
  if (!(size.cost <= limits.cost)) return tooDear(size.cost, limits.cost);
  return null;
}

/** How much it was, how that is counted and what is allowed. */
export const tooDear = (cost: number, maximum: number): string =>
  `The operation costs ${cost}; the limit is ${maximum} (KEYLOOM_LIMIT_COST). Each field costs 1, times the sizes of the lists that it is in: \`first\` or \`last\`, else ${DEFAULT_PAGE} for pages and ${ASSUMED_LIST} for other lists`;

function rootTypeOf({ operation }: OperationDefinitionNode, schema: GraphQLSchema): GraphQLNamedType | undefined {
  return schema.getRootType(operation) ?? undefined;
}

/** Fields times the sizes of the lists they are in, with the sizes that variables give. */
export function costOf(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
  schema: GraphQLSchema,
): number {
  const limits = { depth: 0, aliases: 0, rootFields: 0, directives: Number.POSITIVE_INFINITY, cost: 0 };
  const walk: Walk = {
    fragments: fragmentsOf(document),
    measured: new Map(),
    schema,
    limits,
    variables,
    sizeVariables: new Set(),
    pages: false,
  };
  return sizeOf(operation.selectionSet, rootTypeOf(operation, schema), walk).cost;
}

/** Fragments on several object types cost what the dearest does: an object is of one type. */
function sizeOf(set: SelectionSetNode | undefined, type: GraphQLNamedType | undefined, walk: Walk): Size {
  let whole = NOTHING;
  const byType = new Map<GraphQLNamedType, number>();
  for (const selection of set?.selections ?? []) {
    const size = sizeOfSelection(selection, type, walk);
    const one = onlyFor(selection, type, walk);
    whole = plus(whole, one ? { ...size, cost: 0 } : size);
    if (one) byType.set(one, (byType.get(one) ?? 0) + size.cost);
  }
  return { ...whole, cost: whole.cost + Math.max(0, ...byType.values()) };
}

/** The object type that a fragment is for, where its parent may be of another. */
function onlyFor(selection: SelectionNode, type: GraphQLNamedType | undefined, walk: Walk): GraphQLNamedType | null {
  if (selection.kind === Kind.FIELD) return null;
  const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : walk.fragments.get(selection.name.value);
  const condition = fragment && conditionOf(fragment, walk);
  return isObjectType(condition) && condition !== type ? condition : null;
}

const plus = (a: Size, b: Size): Size => ({
  depth: Math.max(a.depth, b.depth),
  introspectionDepth: Math.max(a.introspectionDepth, b.introspectionDepth),
  aliases: a.aliases + b.aliases,
  cost: a.cost + b.cost,
  isConnection: a.isConnection || b.isConnection,
});

function sizeOfSelection(selection: SelectionNode, type: GraphQLNamedType | undefined, walk: Walk): Size {
  checkDirectives(selection, walk.limits);
  switch (selection.kind) {
    case Kind.FIELD:
      return sizeOfField(selection, type, walk);
    case Kind.INLINE_FRAGMENT:
      return sizeOf(selection.selectionSet, conditionOf(selection, walk) ?? type, walk);
    case Kind.FRAGMENT_SPREAD:
      return sizeOfFragment(selection.name.value, walk);
  }
}

const conditionOf = (
  { typeCondition }: { readonly typeCondition?: { readonly name: { readonly value: string } } | undefined },
  { schema }: Walk,
): GraphQLNamedType | undefined => (typeCondition ? schema.getType(typeCondition.name.value) : undefined);

/** An unknown field has no type: validation names it. */
const fieldOf = (type: GraphQLNamedType | undefined, name: string): GraphQLField<unknown, unknown> | undefined =>
  isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;

/** The items of a list that is no page: by the ids that are asked for, or as many as are assumed. */
function itemsOf(
  field: FieldNode,
  definition: GraphQLField<unknown, unknown> | undefined,
  type: GraphQLNamedType | undefined,
  walk: Walk,
): number {
  if (!definition || !isListType(getNullableType(definition.type)) || type?.name.endsWith('Connection')) return 1;
  const ids = field.arguments?.find(({ name }) => ASKED_BY.includes(name.value))?.value;
  if (ids?.kind === Kind.LIST) return Math.max(1, ids.values.length);
  if (ids?.kind === Kind.VARIABLE) {
    walk.sizeVariables.add(ids.name.value);
    const given = walk.variables[ids.name.value];
    return Array.isArray(given) ? Math.max(1, given.length) : 1;
  }
  const { listSize } = definition.extensions;
  return typeof listSize === 'number' ? listSize : ASSUMED_LIST;
}

function sizeOfField(field: FieldNode, type: GraphQLNamedType | undefined, walk: Walk): Size {
  const name = field.name.value;
  const definition = fieldOf(type, name);
  const inner = sizeOf(field.selectionSet, definition && getNamedType(definition.type), walk);
  const items = inner.cost === 0 ? 1 : itemsOf(field, definition, type, walk);
  const introspection = isIntrospection(name);
  if (PAGE_FIELDS.includes(name)) walk.pages = true;
  return {
    depth: introspection ? 1 : inner.depth + 1,
    introspectionDepth: introspection ? inner.depth + 1 : inner.introspectionDepth,
    aliases: inner.aliases + (field.alias === undefined ? 0 : 1),
    cost: 1 + inner.cost * items * pageOf(field, inner.isConnection, walk),
    isConnection: name === 'edges' || name === 'nodes',
  };
}

/** An unknown fragment counts as nothing: validation names it. */
function sizeOfFragment(name: string, walk: Walk): Size {
  const known = walk.measured.get(name);
  if (known === null) throw refused(`The fragment "${name}" spreads itself`);
  if (known !== undefined) return known;
  walk.measured.set(name, null);
  const fragment = walk.fragments.get(name);
  const size = sizeOf(fragment?.selectionSet, fragment && conditionOf(fragment, walk), walk);
  walk.measured.set(name, size);
  return size;
}

/** How many times over a field's selections are answered. */
function pageOf(field: FieldNode, isConnection: boolean, walk: Walk): number {
  const sizes = (field.arguments ?? []).flatMap(({ name, value }) => {
    if (name.value !== 'first' && name.value !== 'last') return [];
    if (value.kind === Kind.INT) return [Number(value.value)];
    if (value.kind !== Kind.VARIABLE) return [];
    walk.sizeVariables.add(value.name.value);
    const given = walk.variables[value.name.value];
    return typeof given === 'number' ? [given] : [];
  });
  if (sizes.length === 0) return isConnection ? DEFAULT_PAGE : 1;
  return Math.max(1, ...sizes.map(Math.abs));
}

function checkDirectives(node: object, limits: DocumentLimits): void {
  const { directives, variableDefinitions } = node as Partial<OperationDefinitionNode>;
  if ((directives?.length ?? 0) > limits.directives)
    throw refused(`More than ${limits.directives} directives in one place (KEYLOOM_LIMIT_DIRECTIVES)`);
  for (const definition of variableDefinitions ?? []) checkDirectives(definition, limits);
}

const isConditional = ({ directives }: SelectionNode): boolean =>
  directives?.some(({ name }) => name.value === 'skip' || name.value === 'include') === true;

/** Stops at the limit, so that a fragment spread many times costs nothing. */
function rootFieldsOf(
  { operation, selectionSet }: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  max: number,
): readonly string[] {
  const found: string[] = [];
  const visit = (inner: SelectionSetNode | undefined): void => {
    for (const selection of inner?.selections ?? []) {
      // Without its field there would be nothing to subscribe to.
      if (operation === 'subscription' && isConditional(selection))
        throw refused('A subscription must not skip or include its root field');
      if (selection.kind === Kind.FIELD) found.push(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) visit(selection.selectionSet);
      else visit(fragments.get(selection.name.value)?.selectionSet);
      if (found.length > max)
        throw refused(`The operation has more than ${max} root fields (KEYLOOM_LIMIT_ROOT_FIELDS)`);
    }
  };
  visit(selectionSet);
  return found;
}
