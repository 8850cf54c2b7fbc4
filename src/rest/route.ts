import type { z } from 'zod';
import { capital } from '../kernel/casing.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A request to a route, of the right shape; whether it is allowed, and by the rules, is said by the document that runs. */
export interface Given {
  /** Decoded once; each is a slug or a platform's id. */
  readonly path: Readonly<Record<string, string>>;
  /** What the route knows of the query; a parameter that may be repeated has several. */
  readonly query: Readonly<Record<string, readonly string[]>>;
  readonly body: JsonObject;
  /** The revision that `If-Match` asks for. */
  readonly ifMatch: number | null;
  readonly idempotencyKey: string | null;
}

export interface Page {
  readonly hasNextPage: boolean;
  readonly count: number;
  /** Absent on the last page. */
  readonly cursor?: string;
}

/** What a 200 carries. */
export interface Reply {
  readonly data: object;
  readonly pagination?: Page;
  /** What `If-Match` and `If-None-Match` compare with, without quotes. */
  readonly etag?: string;
}

export interface Operation {
  /** Aliases what the answer is made of as `result`, on each level down to it. */
  readonly document: string;
  /** `before`: what the route had to look at first. */
  readonly variables: (given: Given, before?: JsonObject) => JsonObject;
  /** `result`: what lies under the innermost `result`. */
  readonly reply: (result: never, given: Given) => Reply;
}

/** Runs another stored document for the same caller; what lies under its innermost `result`. */
export type Ask = (document: string, variables: JsonObject) => Promise<unknown>;

/** One way in: a method and a path, and the stored document that answers it. */
export interface RestRoute extends Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/v1`, with `{name}` for what is taken from the path. */
  readonly path: string;
  /** As OpenAPI calls the operation. */
  readonly name: string;
  readonly group: string;
  readonly summary: string;
  /** By name; a list for what may be repeated. */
  readonly query?: Readonly<Record<string, z.ZodType>>;
  /** Those without which nothing can be answered. */
  readonly required?: readonly string[];
  readonly body?: z.ZodType;
  /** Of `data`. */
  readonly answer: z.ZodType;
  /** A page of a list; the document takes `first`, `after` and `rows`. */
  readonly isList?: boolean;
  /** Whether `If-None-Match` is answered with 304. */
  readonly isCached?: boolean;
  /** Asked for before the document runs. */
  readonly prepare?: (given: Given, ask: Ask) => Promise<JsonObject>;
  /** Asked for after it: gives what `reply` takes. */
  readonly complete?: (result: unknown, given: Given, ask: Ask) => Promise<unknown>;
  /** Where a place in the input of the document is in the body. */
  readonly placeOf?: (path: readonly string[], given: Given) => readonly string[];
  /** Asked for when a change was made whose outcome may not be shown in full. */
  readonly otherwise?: Operation;
  /** Whether a conflict tells the id of what is in the way. */
  readonly tellsExisting?: boolean;
}

/** A route whose reply is typed; `Result` is what its document asks for. */
export const routeOf = <Result>(
  route: Omit<RestRoute, 'reply'> & { readonly reply: (result: Result, given: Given) => Reply },
): RestRoute => route as RestRoute;

/** Nothing to tell: what was asked for is done. */
export const nothing = (): Reply => ({ data: {} });

/** A value of an enum of the schema as REST has it: `ENVIRONMENT_ARGUMENTS` is `environment-arguments`. */
export const lower = (name: string): string => name.toLowerCase().replaceAll('_', '-');
export const upper = (name: unknown): unknown =>
  typeof name === 'string' ? name.toUpperCase().replaceAll('-', '_') : name;

/** Without what is absent, so that nothing is sent as null by mistake. */
export const given = (values: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** `If-Match` and `Idempotency-Key` as the inputs of documents have them. */
export const expected = ({ ifMatch }: Given): JsonObject => (ifMatch === null ? {} : { expectedRevision: ifMatch });
export const once = ({ idempotencyKey }: Given): JsonObject => (idempotencyKey === null ? {} : { idempotencyKey });

/** A mutation by the habits of the schema; `fields`: of its payload, with the innermost aliased as `result`. */
export const mutation = (name: string, fields: string, more = ''): string =>
  `mutation ${capital(name)}($input: ${capital(name)}Input!) { result: ${name}(input: $input) {
    __typename ... on ${capital(name)}Payload { ${fields} }
    ... on Error { code message ... on InvalidInputError { fields { path rule message } } ... on ConflictError { reason existing } }
  } } ${more}`;

/** The only value of a parameter; undefined: it was not given. */
export const one = ({ query }: Given, name: string): string | undefined => query[name]?.[0];
