import { type GraphQLInputType, isEnumType, isInputObjectType, isListType, isNonNullType } from 'graphql';

const DEPTH = 4;
const TEXT = 'bad\u0000 ${name} !';

const SCALARS: Readonly<Record<string, unknown>> = {
  String: TEXT,
  ID: 'nothing',
  Int: -7,
  SafeInt: -7,
  Float: -7,
  Boolean: true,
  DateTime: '2000-01-01T00:00:00Z',
  Slug: 'default-project',
  Base64: 'YQ==',
  JSON: { a: { b: [TEXT] } },
};

/** As much as its type lets through, and nearly all of it against the rules: texts, numbers, and lists of `length` items. */
export function hugeInput(type: GraphQLInputType, length: number, depth = 0): unknown {
  if (isNonNullType(type)) return hugeInput(type.ofType, length, depth);
  if (isListType(type)) {
    // One long list on the way down is enough.
    const items = depth > 1 ? 2 : length;
    return Array.from({ length: items }, () => hugeInput(type.ofType, length, depth + 1));
  }
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((field) => depth < DEPTH || isNonNullType(field.type));
    return Object.fromEntries(fields.map((field) => [field.name, hugeInput(field.type, length, depth + 1)]));
  }
  return SCALARS[type.name];
}
