import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { SLUG } from '../kernel/ids.ts';
import { decodeBase64 } from '../modules/rules.ts';

/** A scalar of text that passes a check. Its refusals never repeat the text. */
function textScalar(name: string, description: string, isValid: (text: string) => boolean): GraphQLScalarType<string> {
  const parse = (value: unknown): string => {
    if (typeof value === 'string' && isValid(value)) return value;
    throw new GraphQLError(`${name} has a form of its own: see its description`);
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
  'A place in a list, opaque, given by the server and only good for the list it came from.',
  (text) => text.length > 0 && text.length <= 2000,
);
