import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import {
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLEnumType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  lexicographicSortSchema,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  validate,
} from 'graphql';
import { DOCUMENTS } from '../../src/client/documents.ts';
import { schema as built } from '../support/schema.ts';

const schema = lexicographicSortSchema(built);

const SCALARS: Readonly<Record<string, string>> = {
  ...{ Int: 'number', Float: 'number', SafeInt: 'number', Boolean: 'boolean', JSON: 'unknown' },
  ...Object.fromEntries(['ID', 'String', 'Slug', 'Cursor', 'DateTime', 'Base64'].map((name) => [name, 'string'])),
};

/** Enums that are used, or that the client shows beside: of codes. */
const ENUMS = new Set(['ErrorCode', 'ConflictReason', 'Scope', 'WorkloadKind']);

function outputOf(type: GraphQLOutputType, selections: SelectionSetNode | undefined): string {
  if (isNonNullType(type)) return bare(type.ofType, selections);
  return `${bare(type, selections)} | null`;
}

function bare(type: GraphQLOutputType, selections: SelectionSetNode | undefined): string {
  if (isNonNullType(type)) return bare(type.ofType, selections);
  if (isListType(type)) {
    const item = outputOf(type.ofType, selections);
    return `readonly ${/[|{]/.test(item) && !item.startsWith('{') ? `(${item})` : item}[]`;
  }
  const named = getNamedType(type);
  if (isScalarType(named)) {
    const found = SCALARS[named.name];
    if (found === undefined) throw new Error(`no type for the scalar ${named.name}`);
    return found;
  }
  if (isEnumType(named)) {
    ENUMS.add(named.name);
    return named.name;
  }
  if (!selections) throw new Error(`${named.name} without fields`);
  return compositeOf(named as GraphQLCompositeType, selections);
}

/** An object; of several possible types, one of their objects. */
function compositeOf(type: GraphQLCompositeType, selections: SelectionSetNode): string {
  const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : [type as GraphQLObjectType];
  return [...new Set(possible.map((each) => objectOf(each, selections)))].join(' | ');
}

function objectOf(type: GraphQLObjectType, selections: SelectionSetNode): string {
  const fields = fieldsOf(type, selections);
  return `{ ${fields.join(' ')} }`;
}

function fieldsOf(type: GraphQLObjectType, { selections }: SelectionSetNode): readonly string[] {
  return selections.flatMap((each) => {
    if (each.kind === 'FragmentSpread') throw new Error('no fragments');
    if (each.kind === 'InlineFragment') {
      const on = each.typeCondition ? schema.getType(each.typeCondition.name.value) : type;
      const applies = on === type || (isAbstractType(on) && schema.isSubType(on, type));
      return applies ? fieldsOf(type, each.selectionSet) : [];
    }
    const name = each.name.value;
    if (name === '__typename') return [`readonly ${name}: '${type.name}';`];
    const field = type.getFields()[name];
    if (!field) throw new Error(`${type.name} has no ${name}`);
    return [`readonly ${each.alias?.value ?? name}: ${outputOf(field.type, each.selectionSet)};`];
  });
}

/** Named types where the same object is meant in many places. */
const NAME_DIFF =
  '{ readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly string[]; }';

const docs = (text: string | null | undefined): string => (text ? `/** ${text.replaceAll('\n', ' ')} */\n` : '');

const enumOf = ({ name, description, getValues }: Listed): string => {
  const values = getValues().map((each) => `  | '${each.name}'`);
  return `${docs(description)}export type ${name} =\n${values.join('\n')};\n`;
};

type Listed = Pick<GraphQLEnumType, 'name' | 'description' | 'getValues'>;

/** The text of `src/client/types.ts`. */
export function clientTypes(): string {
  // Operations that answer alike share one type.
  const named = new Map<string, string>();
  const operations = Object.entries(DOCUMENTS).map(([name, text]) => {
    const document = parse(text);
    const errors = validate(schema, document);
    if (errors.length > 0) throw new Error(`${name}: ${errors.map(({ message }) => message).join('; ')}`);
    const [operation] = document.definitions as readonly (OperationDefinitionNode | FragmentDefinitionNode)[];
    if (operation?.kind !== 'OperationDefinition' || operation.name?.value !== name)
      throw new Error(`${name} is not the name of its operation`);
    const root = schema.getRootType(operation.operation);
    if (!isObjectType(root)) throw new Error('no root');
    const body = objectOf(root, operation.selectionSet).replaceAll(NAME_DIFF, 'NameDiff');
    const same = named.get(body);
    named.set(body, same ?? name);
    return `export type ${name} = ${same ?? body};\n`;
  });
  const enums = [...ENUMS].sort().map((name) => {
    const type = schema.getType(name);
    if (!isEnumType(type)) throw new Error(`${name} is no enum`);
    return enumOf({ name, description: type.description, getValues: () => type.getValues() });
  });
  const description = schema.getType('NameDiff')?.description;
  const head = '/* Made of schema.graphql and documents.ts by `npm run schema`. */\n';
  const text = [head, ...enums, `${docs(description)}export type NameDiff = ${NAME_DIFF};\n`, ...operations].join('\n');
  const options = { input: text, encoding: 'utf8' } as const;
  return execFileSync('node_modules/.bin/biome', ['format', `--stdin-file-path=${TYPES}`], options);
}

/** Where they are. */
export const TYPES = 'src/client/types.ts';

if (process.argv[1]?.endsWith('client-types.ts')) writeFileSync(TYPES, clientTypes());
