import {
  type ArgumentNode,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromAST,
} from 'graphql';
import { type AskedField, atOnceIn, LATER } from '../types/at-once.ts';
import type { Context } from '../types/context.ts';

type Variables = Readonly<Record<string, unknown>>;

/** The data of an answer as JSON; null: the usual way is to answer, which also says what is wrong. May throw for the same reason. */
export type WriteData = (variables: Variables, context: Context) => string | null;

type WriteField = (source: unknown, variables: Variables, context: Context) => string | null;
type Args = Record<string, unknown>;
type ArgsOf = (variables: Variables) => Args | null;

/** A query whose every field can be answered within a turn, as code that does so; null: it takes the usual way. */
export function writerOf(schema: GraphQLSchema, { operation, directives, selectionSet }: OperationDefinitionNode) {
  const type = operation === 'query' && !directives?.length ? schema.getQueryType() : null;
  const write = type ? objectOf(type, selectionSet) : null;
  return write && ((variables: Variables, context: Context) => write(undefined, variables, context));
}

/** Plain fields alone, each answered under a key of its own. */
function plainFields({ selections }: SelectionSetNode): readonly FieldNode[] | null {
  const keys = new Set<string>();
  const fields: FieldNode[] = [];
  for (const selection of selections) {
    if (selection.kind !== Kind.FIELD || selection.directives?.length) return null;
    keys.add(keyOf(selection));
    fields.push(selection);
  }
  return keys.size === fields.length ? fields : null;
}

const keyOf = ({ alias, name }: FieldNode): string => (alias ?? name).value;

function objectOf(type: GraphQLObjectType, selection: SelectionSetNode): WriteField | null {
  const parts: { readonly before: string; readonly write: WriteField }[] = [];
  for (const node of plainFields(selection) ?? []) {
    const write = fieldOf(type, node);
    if (write === null) return null;
    parts.push({ before: `${parts.length === 0 ? '{' : ','}${JSON.stringify(keyOf(node))}:`, write });
  }
  if (parts.length === 0) return null;
  return (source, variables, context) => {
    let text = '';
    for (const { before, write } of parts) {
      const written = write(source, variables, context);
      if (written === null) return null;
      text += before + written;
    }
    return `${text}}`;
  };
}

function fieldOf(type: GraphQLObjectType, node: FieldNode): WriteField | null {
  const name = node.name.value;
  if (name === '__typename') {
    const text = JSON.stringify(type.name);
    return () => text;
  }
  const field = type.getFields()[name];
  const known = field && atOnceIn(field.extensions);
  if (!field || !known) return null;
  if (known.writes) return listOf(field, node, known.writes);
  const { value } = known;
  const argsOf = argumentsOf(field, node);
  const write = value && argsOf && writerOfValue(field, node);
  if (!write) return null;
  const isNullable = !isNonNullType(field.type);
  return (source, variables, context) => {
    const args = argsOf(variables);
    const found = args && value(source as never, args as never, context);
    if (found === LATER || found === undefined || args === null) return null;
    if (found === null) return isNullable ? 'null' : null;
    return write(found, variables, context);
  };
}

function listOf(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  writes: NonNullable<NonNullable<ReturnType<typeof atOnceIn>>['writes']>,
): WriteField | null {
  const fields = node.selectionSet && plainFields(node.selectionSet);
  if (!fields || node.arguments?.length || fields.some((each) => each.selectionSet || each.arguments?.length))
    return null;
  const type = getNamedType(field.type);
  const asked = fields.map((each): AskedField => ({ key: keyOf(each), name: each.name.value }));
  const isKnown = ({ name }: AskedField, of: GraphQLObjectType) => name === '__typename' || of.getFields()[name];
  if (!isObjectType(type) || !asked.every((each) => isKnown(each, type))) return null;
  const write = writes(asked, type.name);
  return write && ((source, _variables, context) => write(source as never, context));
}

function writerOfValue({ type }: GraphQLField<unknown, unknown>, { selectionSet }: FieldNode): WriteField | null {
  const inner = getNullableType(type);
  if (isListType(inner)) return null;
  if (isLeafType(inner)) return (value) => leafText(inner, value);
  return isObjectType(inner) && selectionSet ? objectOf(inner, selectionSet) : null;
}

function leafText(type: GraphQLLeafType, value: unknown): string | null {
  const told = type.serialize(value);
  return typeof told === 'string' || typeof told === 'boolean' || Number.isFinite(told) ? JSON.stringify(told) : null;
}

function argumentsOf({ args }: GraphQLField<unknown, unknown>, { arguments: given = [] }: FieldNode): ArgsOf | null {
  const takers: ((into: Args, variables: Variables) => boolean)[] = [];
  for (const argument of args) {
    const taker = argumentOf(
      argument,
      given.find(({ name }) => name.value === argument.name),
    );
    if (taker === null) return null;
    takers.push(taker);
  }
  return (variables) => {
    const into: Args = {};
    for (const take of takers) if (!take(into, variables)) return null;
    return into;
  };
}

/** Puts an argument in its place; answers false for what is refused. */
function argumentOf({ name, type, defaultValue }: GraphQLArgument, node: ArgumentNode | undefined) {
  const absent = (into: Args): boolean => {
    if (defaultValue !== undefined) into[name] = defaultValue;
    return defaultValue !== undefined || !isNonNullType(type);
  };
  if (!node) return absent;
  if (node.value.kind === Kind.VARIABLE) {
    const from = node.value.name.value;
    return (into: Args, variables: Variables): boolean => {
      if (!Object.hasOwn(variables, from)) return absent(into);
      const value = variables[from];
      into[name] = value;
      return value !== null || !isNonNullType(type);
    };
  }
  // Lists and objects may hold variables.
  if (node.value.kind === Kind.LIST || node.value.kind === Kind.OBJECT) return null;
  const value: unknown = valueFromAST(node.value, type);
  if (value === undefined) return null;
  return (into: Args): boolean => {
    into[name] = value;
    return true;
  };
}
