import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { decodeBase64 } from '../../input/rules.ts';
import { SLUG } from '../../kernel/ids.ts';

/** A scalar of text that passes a check. Its refusals never repeat the text. */
function textScalar(name: string, description: string, isValid: (text: string) => boolean): GraphQLScalarType<string> {
  const parse = (value: unknown): string => {
    if (typeof value === 'string' && isValid(value)) return value;
    throw new GraphQLError(`Not a ${name}`);
  };
  return new GraphQLScalarType<string>({
    name,
    description,
    serialize: (value) => value as string,
    parseValue: parse,
    parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : null),
  });
}

export const SlugScalar = textScalar(
  'Slug',
  'A derived identifier: letters and digits with single hyphens between them, at most 200 characters. Never changes once given.',
  (text) => text.length <= 200 && SLUG.test(text),
);

export const Base64Scalar = textScalar(
  'Base64',
  'Bytes in canonical base64 (RFC 4648, section 4): padded, no white space, no other spelling of the same bytes.',
  (text) => decodeBase64(text) !== null,
);

export const CursorScalar = textScalar(
  'Cursor',
  'An opaque position in a list or stream, given by the server and valid only for the one it came from.',
  (text) => text.length > 0 && text.length <= 2000,
);

/** Deeper than any rule allows, and far from what exhausts the stack. */
const LITERAL_DEPTH = 64;

type LiteralVariables = Readonly<Record<string, unknown>> | null | undefined;

/** A literal of the document as JSON. A member called `__proto__` is a member. */
function jsonOf(node: ValueNode, variables: LiteralVariables, depth = 0): unknown {
  if (depth > LITERAL_DEPTH) throw new GraphQLError(`JSON: deeper than ${LITERAL_DEPTH}`);
  switch (node.kind) {
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.NULL:
      return null;
    case Kind.LIST:
      return node.values.map((item) => jsonOf(item, variables, depth + 1));
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map(({ name, value }) => [name.value, jsonOf(value, variables, depth + 1)]),
      );
    case Kind.VARIABLE:
      return variables && Object.hasOwn(variables, node.name.value) ? variables[node.name.value] : null;
    case Kind.ENUM:
      throw new GraphQLError('JSON has no bare words: put the text in quotes');
  }
}

/** Takes JSON as it is; what of it is allowed is said by the rules of whoever keeps it. */
export const JsonScalar = new GraphQLScalarType<unknown>({
  name: 'JSON',
  description:
    'Any JSON value: at most 32 levels, 20,000 values, names of 256 characters; finite numbers, and whole numbers up to 2^53; text without NUL.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => jsonOf(node, variables),
});
