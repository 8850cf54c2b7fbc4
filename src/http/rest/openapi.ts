import { STATUSES } from '../../rest/problem.ts';
import type { RestRoute } from '../../rest/route.ts';
import { type JsonSchema, schemaOf } from './schema.ts';

/** What each refusal means; statuses are those of `problem.ts`. */
const WORDS: Readonly<Record<number, string>> = {
  400: 'The request breaks a rule; `details` names each field.',
  401: 'The token is missing, unknown, revoked or expired.',
  403: 'The token does not have the permission.',
  404: 'There is no such object, or the token may not see it.',
  405: 'The method does not fit the path; `Allow` lists those that do.',
  409: 'The identifier is taken, or the object is in a state in which this cannot be done.',
  410: 'History does not reach back that far.',
  412: 'The object has another revision than `If-Match` asks for.',
  413: 'The body is larger than the limit.',
  415: 'The body must be `application/json` in UTF-8, not compressed.',
  422: 'A limit of the operator would be exceeded, or a required addon yields nothing.',
  429: 'Too many requests; wait as many seconds as `Retry-After` says.',
  500: 'A fault of the gateway; its log has the id.',
  503: 'The store or another part cannot be reached.',
  504: 'The deadline passed before there was an answer.',
};

const RATE_HEADERS = Object.fromEntries(
  [
    ['x-ratelimit-limit', 'Points a minute.'],
    ['x-ratelimit-remaining', 'Points left.'],
    ['x-ratelimit-reset', 'Seconds until all points are back.'],
  ].map(([name = '', description]) => [name, { description, schema: { type: 'string' } }]),
);

const problem = {
  type: 'object',
  additionalProperties: false,
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      additionalProperties: false,
      required: ['message', 'id'],
      properties: {
        message: { type: 'string', description: 'Text for people. Never holds a value of a secret.' },
        id: { type: 'string', description: 'Id of the request, as in the log.' },
        details: {
          type: 'object',
          description: 'The problems, by the path of the field.',
          additionalProperties: { type: 'array', items: { type: 'string' } },
        },
        entityId: { type: 'string', description: 'Identifier of the conflicting object.' },
      },
    },
  },
};

const pagination = {
  type: 'object',
  additionalProperties: false,
  required: ['hasNextPage', 'count'],
  properties: {
    hasNextPage: { type: 'boolean' },
    count: { type: 'integer', description: 'Results in this response.' },
    cursor: { type: 'string', description: 'Cursor of the next page; absent on the last.' },
  },
};

const jsonOf = (schema: object): object => ({ 'application/json': { schema } });

/** Patterns that only JavaScript reads are left out: a client would refuse all of the description for them. */
function portable(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(portable);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(
    ([key, value]) => !(key === 'pattern' && typeof value === 'string' && value.includes('\\p{')),
  );
  return Object.fromEntries(entries.map(([key, value]) => [key, portable(value)]));
}

const parametersOf = ({ path, query = {}, required = [] }: RestRoute, withTeam: boolean): readonly object[] => [
  ...[...(withTeam ? ['teamId'] : []), ...[...path.matchAll(/\{(\w{1,40})\}/g)].map(([, name = '']) => name)].map(
    (name) => ({ name, in: 'path', required: true, schema: { type: 'string', pattern: '^[A-Za-z0-9-]+$' } }),
  ),
  ...Object.entries(query).map(([name, rule]) => {
    const { description, ...schema } = schemaOf(rule);
    return {
      name,
      in: 'query',
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema,
    };
  }),
];

const headersOf = (route: RestRoute): readonly object[] => {
  const isChange = route.method !== 'GET';
  const header = (name: string, description: string, schema: object) => ({ name, in: 'header', description, schema });
  return [
    ...(isChange && route.document.includes('$input')
      ? [
          header('If-Match', 'The revision that this is about, as `ETag` gave it.', {
            type: 'string',
            pattern: '^"[1-9][0-9]{0,8}"$',
          }),
        ]
      : []),
    ...(isChange
      ? [
          header('Idempotency-Key', 'A repeated create is answered with what the first one did.', {
            type: 'string',
            minLength: 1,
            maxLength: 200,
          }),
        ]
      : []),
    ...(route.isCached
      ? [header('If-None-Match', 'Answered with 304 while nothing has changed.', { type: 'string' })]
      : []),
  ];
};

function operationOf(route: RestRoute, withTeam: boolean): object {
  const { name, group, summary, body, answer, isCached = false, query = {} } = route;
  const isPaged = Object.hasOwn(query, 'per_page');
  const data: JsonSchema = schemaOf(answer);
  const success = {
    type: 'object',
    additionalProperties: false,
    required: ['data', ...(isPaged ? ['pagination'] : [])],
    properties: { data, ...(isPaged ? { pagination: { $ref: '#/components/schemas/Pagination' } } : {}) },
  };
  return {
    operationId: withTeam ? `${name}OfTeam` : name,
    tags: [group],
    summary,
    parameters: [...parametersOf(route, withTeam), ...headersOf(route)],
    ...(body ? { requestBody: { required: true, content: jsonOf(portable(schemaOf(body)) as object) } } : {}),
    responses: {
      200: { description: 'Done.', headers: RATE_HEADERS, content: jsonOf(success) },
      ...(isCached ? { 304: { description: 'Nothing has changed.' } } : {}),
      ...Object.fromEntries(STATUSES.map((status) => [status, { $ref: `#/components/responses/${status}` }])),
      // Said by the parser of requests, which gives no body.
      431: { description: 'The path, the query and the headers together are too large.' },
    },
  };
}

/** The description of all routes, made of the table and of the models' own rules. */
export function openApiOf(routes: readonly RestRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    for (const [prefix, withTeam] of [
      ['/v1', false],
      ['/v1/teams/{teamId}', true],
    ] as const) {
      const path = `${prefix}${route.path}`;
      paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, withTeam) };
    }
  }
  const responses = Object.fromEntries(
    STATUSES.map((status) => [
      status,
      { description: WORDS[status] ?? '', content: jsonOf({ $ref: '#/components/schemas/Problem' }) },
    ]),
  );
  return {
    openapi: '3.1.0',
    info: { title: 'Keyloom', version, description: 'Secrets and configuration over REST.' },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: [...new Set(routes.map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: problem, Pagination: pagination },
      responses,
    },
  };
}
