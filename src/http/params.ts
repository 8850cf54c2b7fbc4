import { AppError } from '../kernel/errors.ts';
import type { Limits } from '../kernel/limits.ts';
import { decodeUtf8, parseLongJson, parseStrictJson } from './strict-json.ts';

/** The parameters of a GraphQL request, of the right types. */
export interface Params {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | null;
}

const NAMES: readonly string[] = ['query', 'variables', 'operationName', 'extensions'];
const TOKEN_NAMES: readonly string[] = ['token', 'access_token', 'authorization', 'bearer', 'api_key', 'apikey'];

const bad = (message: string): AppError => new AppError('BAD_REQUEST', message);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** From a JSON body. */
export function paramsOfBody(bytes: Uint8Array, limits: Limits): Params {
  return paramsOf(parseStrictJson(decodeUtf8(bytes), limits));
}

/** The same of a body above the usual limit. */
export const paramsOfLongBody = async (bytes: Uint8Array, limits: Limits): Promise<Params> =>
  paramsOf(await parseLongJson(bytes, limits));

/** From a query string, in which `variables` is JSON. */
export function paramsOfQuery(search: string, limits: Limits): Params {
  const given = parseQuery(search);
  const variables = given.get('variables');
  return paramsOf({
    ...Object.fromEntries(given),
    ...(variables === undefined ? {} : { variables: parseStrictJson(variables, limits) }),
    extensions: null,
  });
}

/** Of what was parsed. */
export function paramsOf(given: unknown): Params {
  if (Array.isArray(given)) throw bad('Batches are not accepted: send one operation');
  if (!isObject(given)) throw bad('The body must be a JSON object');
  if (Object.keys(given).some((name) => !NAMES.includes(name))) {
    throw bad('Only query, variables, operationName and extensions are accepted');
  }
  const { query, variables = null, operationName = null, extensions = null } = given;
  if (typeof query !== 'string') throw bad('query must be a string');
  if (variables !== null && !isObject(variables)) throw bad('variables must be an object');
  if (operationName !== null && typeof operationName !== 'string') throw bad('operationName must be a string');
  if (extensions !== null && !isObject(extensions)) throw bad('extensions must be an object');
  return { query, variables: variables ?? {}, operationName: operationName === '' ? null : operationName };
}

/** Each parameter once, percent-decoded strictly. */
export function parseQuery(search: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of queryPairs(search)) {
    if (found.has(name)) throw bad('A query parameter is duplicated');
    found.set(name, value);
  }
  return found;
}

/** The parameters as they come, percent-decoded strictly. Refuses tokens among them. */
export function queryPairs(search: string): readonly (readonly [name: string, value: string])[] {
  return search
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const mark = pair.indexOf('=');
      const name = decode(mark < 0 ? pair : pair.slice(0, mark));
      if (TOKEN_NAMES.includes(name.toLowerCase())) throw bad('Tokens are not accepted in a URL: revoke this one');
      return [name, mark < 0 ? '' : decode(pair.slice(mark + 1))];
    });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw bad('The query string is not percent-encoded UTF-8');
  }
}
