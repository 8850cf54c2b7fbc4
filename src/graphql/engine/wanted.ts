import {
  type GraphQLInputType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';

/** What the scalars of the schema take, in words that follow "must be". */
const SCALARS: ReadonlyMap<string, string> = new Map([
  ['String', 'a string'],
  ['ID', 'an id: a string'],
  ['Int', 'a whole number from -2,147,483,648 to 2,147,483,647'],
  ['Float', 'a finite number'],
  ['Boolean', 'true or false'],
  ['SafeInt', 'a whole number from -9,007,199,254,740,991 to 9,007,199,254,740,991'],
  ['DateTime', 'a date and time with a time zone (RFC 3339), such as 2026-01-31T12:00:00Z'],
  ['Slug', 'a slug: at most 200 letters and digits with single hyphens between them'],
  ['Base64', 'canonical base64 (RFC 4648): padded with `=`, without white space, of the alphabet with `+` and `/`'],
  ['Cursor', 'a cursor of 1 to 2,000 characters, as the server gave it'],
  ['JSON', 'JSON of at most 64 levels, with every text in quotes'],
]);

/** More values of an enum than these help nobody. */
const MAX_NAMES = 60;

/** What a type takes, in words that follow "must be". It speaks of the schema alone. */
export function wantedOf(given: GraphQLInputType): string {
  const type = getNullableType(given);
  if (isListType(type)) return `a list, each item ${wantedOf(type.ofType)}`;
  if (isEnumType(type)) {
    const names = type
      .getValues()
      .map(({ name }) => name)
      .sort();
    return `one of ${names.slice(0, MAX_NAMES).join(', ')}${names.length > MAX_NAMES ? ', ...' : ''}`;
  }
  if (isInputObjectType(type)) return `an object of type ${type.name}`;
  return SCALARS.get(String(type)) ?? `of type ${String(type)}`;
}

/** The type at a place within a value; null: the type has no such place. */
export function typeAt(root: GraphQLInputType, path: readonly (string | number)[]): GraphQLInputType | null {
  let type: GraphQLInputType = root;
  for (const step of path) {
    const here: GraphQLInputType = getNullableType(type);
    if (typeof step === 'number') {
      // One item stands for a list of one.
      if (isListType(here)) type = here.ofType;
      continue;
    }
    const owner = isListType(here) ? getNullableType(here.ofType) : here;
    const field = isInputObjectType(owner) ? owner.getFields()[step] : undefined;
    if (!field) return null;
    type = field.type;
  }
  return type;
}

/** Names that may be said again: they were sent as names, and are no longer than names are. */
const SAFE_NAME = /^[\w.$-]{1,60}$/;

/** A place as it is written in a path. */
export function placeOf(path: readonly (string | number)[]): string {
  const parts = path.map((step, i) => {
    if (typeof step === 'number') return `[${step}]`;
    const name = SAFE_NAME.test(step) ? step : '?';
    return i === 0 ? name : `.${name}`;
  });
  return parts.join('');
}

export interface BadValue {
  readonly path: readonly (string | number)[];
  /** In words that follow the place. */
  readonly message: string;
}

const UNKNOWN_FIELD = /^Field "(\w+)" is not defined by type "(\w+)"/;
const MISSING_FIELD = /^Field "([\w.]+)" of required type "/;
const ONE_OF = /^(?:Within OneOf Input Object type|Exactly one key must be specified for OneOf type) "\w+"/;

/**
 * What graphql found wrong with a value, in words that hold nothing of it. `message`: as graphql says it, of which names of
 * fields alone are taken over; `type`: what is wanted at the path.
 */
export function badValue(
  path: readonly (string | number)[],
  type: GraphQLInputType | null,
  message: string,
  isNull: boolean,
): BadValue {
  const [, unknown = null, owner = ''] = UNKNOWN_FIELD.exec(message) ?? [];
  if (unknown !== null) {
    if (SAFE_NAME.test(unknown)) return { path: [...path, unknown], message: `is not a field of ${owner}` };
    return { path, message: `has a field that ${owner} does not have` };
  }
  const missing = MISSING_FIELD.exec(message)?.[1]?.split('.').at(-1);
  if (missing !== undefined) {
    const wanted = type && typeAt(type, [missing]);
    return { path: [...path, missing], message: `is required${wanted ? `, and must be ${wantedOf(wanted)}` : ''}` };
  }
  if (ONE_OF.test(message)) return { path, message: 'must have exactly one field, and that not null' };
  const wanted = type === null ? 'of another type' : wantedOf(type);
  const isRefusedNull = isNull && (type === null || isNonNullType(type));
  return { path, message: isRefusedNull ? `must not be null, but ${wanted}` : `must be ${wanted}` };
}
