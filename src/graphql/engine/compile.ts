import {
  type ArgumentNode,
  BREAK,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLArgument,
  GraphQLScalarType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  type TypeNode,
  type VariableDefinitionNode,
  valueFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/** Executes an operation with variables that are coerced already. `root`: the event that a subscription tells. */
export type Run = (
  context: unknown,
  variables: Record<string, unknown>,
  root?: unknown,
) => ExecutionResult | Promise<ExecutionResult>;

type Compiler = typeof import('graphql-jit');

let loading: Promise<Compiler> | null = null;
let loaded: Compiler | null = null;

/** Loaded when an operation comes twice: it has parsers and validators of its own, which no start needs. */
export async function loadCompiler(): Promise<void> {
  loading ??= import('graphql-jit');
  loaded = await loading;
}

/** The compiler; null: it is not there yet, but will be for a later use. */
export function compilerNow(): Compiler | null {
  // A gateway that cannot load a part of itself ends.
  if (loaded === null) void loadCompiler();
  return loaded;
}

/** Compiles an operation, or answers null where graphql's own execution is the safe or only choice. */
export function compileOperation(
  { compileQuery, isCompiledQuery }: Compiler,
  schema: GraphQLSchema,
  given: DocumentNode,
  operation: OperationDefinitionNode,
): Run | null {
  const { document, held } =
    operation.operation === 'subscription' ? withHeld(given, operation) : { document: given, held: {} };
  if (!isTame(schema, document)) return null;
  const compiled = compileQuery(
    withPassingScalar(schema),
    withPassingVariables(document),
    operation.name?.value ?? '',
    {
      disablingCapturingStackErrors: true,
    },
  );
  if (!isCompiledQuery(compiled)) return null;
  return (context, variables, root) => compiled.query(root, context, { ...variables, ...held });
}

const HELD = 'keyloomHeld';

/**
 * What the field of a subscription is asked decides where it listens. Telling an event takes none of it, so that something else
 * may hold the place of each argument, whatever is written there.
 */
function withHeld(document: DocumentNode, operation: OperationDefinitionNode) {
  const held: Record<string, unknown> = {};
  const definitions: VariableDefinitionNode[] = [];
  const hold = (argument: ArgumentNode): ArgumentNode => {
    const name = { kind: Kind.NAME, value: `${HELD}${definitions.length}` } as const;
    const variable = { kind: Kind.VARIABLE, name } as const;
    held[name.value] = true;
    definitions.push({ kind: Kind.VARIABLE_DEFINITION, variable, type: PASSING_TYPE });
    return { ...argument, value: variable };
  };
  const selections = operation.selectionSet.selections.map((each) =>
    each.kind === Kind.FIELD ? { ...each, arguments: (each.arguments ?? []).map(hold) } : each,
  );
  const told: OperationDefinitionNode = {
    ...operation,
    variableDefinitions: [...(operation.variableDefinitions ?? []), ...definitions],
    selectionSet: { ...operation.selectionSet, selections },
  };
  return {
    document: { ...document, definitions: document.definitions.map((it) => (it === operation ? told : it)) },
    held,
  };
}

// The compiler has its own coercion, which quotes values in its messages and differs in details. It is handed
// variables that are coerced already, under a type that lets everything through.
const PASSING = 'KeyloomCoercedValue';
const passing = new GraphQLScalarType({ name: PASSING, parseValue: (value) => value });

function withPassingScalar(schema: GraphQLSchema): GraphQLSchema {
  const derived: GraphQLSchema = Object.create(schema);
  derived.getType = (name) => (name === PASSING ? passing : schema.getType(name));
  return derived;
}

const PASSING_TYPE: TypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: PASSING } };

/** `@skip` and `@include` insist on `Boolean!`, which lets every coerced value through as well. */
const isBoolean = (type: TypeNode): boolean =>
  type.kind === Kind.NON_NULL_TYPE && type.type.kind === Kind.NAMED_TYPE && type.type.name.value === 'Boolean';

const passingDefinition = ({ variable, type }: VariableDefinitionNode): VariableDefinitionNode => ({
  kind: Kind.VARIABLE_DEFINITION,
  variable,
  type: isBoolean(type) ? type : PASSING_TYPE,
});

const withPassingVariables = (document: DocumentNode): DocumentNode => ({
  ...document,
  definitions: document.definitions.map((it) =>
    it.kind === Kind.OPERATION_DEFINITION
      ? { ...it, variableDefinitions: (it.variableDefinitions ?? []).map(passingDefinition) }
      : it,
  ),
});

/** No underscore and no capital at the beginning: the compiler joins names by `_` and mixes them with types' names. */
const TAME_ALIAS = /^(?!idx\d)[a-z][a-zA-Z0-9]*$/;

const isTameName = (name: string): boolean => !Object.hasOwn(Object.prototype, name);

/**
 * The compiler writes names and literals into the text of a program: it turns a string literal that begins with one of its
 * own marks into code, writes custom scalars as JSON, and lets two paths share a name. So it gets only documents in which
 * aliases are plain and every literal is a simple one.
 */
function isTame(schema: GraphQLSchema, document: DocumentNode): boolean {
  const info = new TypeInfo(schema);
  let tame = true;
  const unless = (wild: boolean) => {
    if (!wild) return undefined;
    tame = false;
    return BREAK;
  };
  visit(
    document,
    visitWithTypeInfo(info, {
      Field: ({ alias, name }) => {
        const isMeta = name.value === '__schema' || name.value === '__type';
        const badAlias = alias !== undefined && !(TAME_ALIAS.test(alias.value) && isTameName(alias.value));
        return unless(isMeta || badAlias || info.getFieldDef()?.args.every(hasSimpleDefault) !== true);
      },
      Argument: (node) => unless(!isSimple(node, info.getArgument())),
      Variable: ({ name }) => unless(!TAME_ALIAS.test(name.value) || !isTameName(name.value)),
    }),
  );
  return tame;
}

const hasSimpleDefault = ({ defaultValue }: GraphQLArgument): boolean =>
  defaultValue === undefined || isSimpleValue(defaultValue);

function isSimpleValue(value: unknown): boolean {
  return (
    value === null ||
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value)) ||
    (typeof value === 'string' && !value.includes('__MAGIC'))
  );
}

function isSimple({ value }: ArgumentNode, argument: GraphQLArgument | null | undefined): boolean {
  if (value.kind === Kind.VARIABLE || value.kind === Kind.NULL) return true;
  return argument !== null && argument !== undefined && isSimpleValue(valueFromAST(value, argument.type));
}
