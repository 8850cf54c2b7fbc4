import { setTimeout as sleep } from 'node:timers/promises';
import {
  assertEnumType,
  assertInputObjectType,
  assertObjectType,
  assertScalarType,
  buildSchema,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import { limitsWith } from '../../src/app/limits.ts';
import { routesOf } from '../../src/app/routes.ts';
import { createServer, type HttpServer, type ServerDeps } from '../../src/http/server.ts';
import { AppError, unauthenticated } from '../../src/kernel/errors.ts';
import type { Limits } from '../../src/kernel/limits.ts';
import type { Log, LogFields } from '../../src/kernel/log.ts';
import { PATIENT } from './patient.ts';

const SDL = `
  scalar Stamp
  enum Colour { RED GREEN }
  interface Node { id: ID! }
  union Thing = Group | Box
  type Box implements Node { id: ID! size: Int! colour: Colour }
  type Item { name: String! thing: Thing }
  type ItemEdge { cursor: String! node: Item! }
  type ItemConnection { edges: [ItemEdge!]! nodes: [Item!]! }
  type Group implements Node {
    id: ID! name: String! tags: [String!]! parent: Group box: Box! things: [Thing!]! maybe: [Node]!
    items(first: Int = 20, last: Int): ItemConnection!
    broken: String fatal: String! absent: String! late: String returned: String
  }
  input Detail { text: String! colour: Colour stamp: Stamp numbers: [Int!] }
  type Query {
    hello(name: String = "world"): String
    echo(text: String!): String!
    colour(is: Colour): Colour
    stamp(at: Stamp): Stamp
    describe(detail: Detail!): String!
    numbers(list: [Int!]): [Int!]
    group(id: ID = "a"): Group
    node(id: ID!): Node
    fail(how: String!): String
    never: String
  }
  type Mutation { append(text: String!, ms: Int = 0): [String!]! upload(data: String!): Int! }
  type Subscription { count(to: Int!): Int! }
`;

type Args = Readonly<Record<string, unknown>>;
type Field = GraphQLFieldResolver<unknown, unknown, Args>;

const aBox = (id: string): object => ({ __typename: 'Box', id, size: 3, colour: 1 });
const anItem = (index: number): object => ({
  name: `item-${index}`,
  thing: index % 2 ? aBox(`b${index}`) : aGroup('g'),
});

function aGroup(id: string): object {
  return {
    __typename: 'Group',
    id,
    name: `group ${id}`,
    tags: ['x', 'y'],
    parent: async () => (id === 'a' ? aGroup('parent') : null),
    box: aBox('box'),
    things: async () => [aBox('one'), aGroup('two')],
    maybe: () => [aBox('three'), null, aGroup('four')],
    broken: () => {
      throw new Error('hunter2 in a message\n    at hunter2 (nowhere)');
    },
    fatal: async () => {
      throw new AppError('FORBIDDEN', 'Not allowed');
    },
    absent: null,
    late: async () => sleep(1, 'late'),
    returned: () => new AppError('CONFLICT', 'returned, not thrown'),
  };
}

const page = ({ first }: Args): object => {
  const items = Array.from({ length: Math.min(Number(first ?? 2), 5) }, (_, index) => anItem(index));
  return { nodes: items, edges: items.map((node, index) => ({ cursor: String(index), node })) };
};

async function fail({ how }: Args): Promise<never> {
  if (how === 'unknown') throw new TypeError('the password is hunter2');
  if (how === 'integrity') throw new AppError('INTEGRITY', 'Stored data failed', { cause: new Error('hunter2') });
  throw new AppError('NOT_FOUND', 'Group not found');
}

/** What `append` appended, in the order in which it happened. */
export type Journal = string[];

/** Fields of a group that are made when asked for. */
const MADE_LATER = ['parent', 'things', 'maybe', 'broken', 'fatal', 'late', 'returned'];
type Thunks = Readonly<Record<string, () => unknown>>;

const fieldsOf = (journal: Journal): Readonly<Record<string, Readonly<Record<string, Field>>>> => ({
  Query: {
    hello: (_source, { name }) => `Hello ${name}`,
    echo: (_source, { text }) => text,
    colour: (_source, { is }) => is,
    stamp: (_source, { at }) => at,
    describe: (_source, { detail }) => JSON.stringify(detail),
    numbers: (_source, { list }) => list,
    group: async (_source, { id }) => (id === 'none' ? null : aGroup(String(id))),
    node: (_source, { id }) => (String(id).startsWith('b') ? aBox(String(id)) : aGroup(String(id))),
    fail: (_source, args) => fail(args),
    never: () => new Promise(() => {}),
  },
  Group: {
    items: (_source, args) => page(args),
    ...Object.fromEntries(MADE_LATER.map((name) => [name, (source: unknown) => (source as Thunks)[name]?.()])),
  },
  Mutation: {
    append: async (_source, { text, ms }) => {
      await sleep(Number(ms));
      journal.push(String(text));
      return [...journal];
    },
    upload: (_source, { data }) => String(data).length,
  },
});

/** Enum values other than their names, and a scalar other than JSON: what a compiler gets wrong first. */
function setInternals(schema: GraphQLSchema): void {
  const colour = assertEnumType(schema.getType('Colour'));
  for (const [index, value] of colour.getValues().entries()) value.value = index;
  const [is] = schema.getQueryType()?.getFields().colour?.args ?? [];
  if (is !== undefined) is.defaultValue = 0;
  const detail = assertInputObjectType(schema.getType('Detail')).getFields().colour;
  if (detail !== undefined) detail.defaultValue = 1;
  Object.assign(assertScalarType(schema.getType('Stamp')), {
    parseValue: stampOf,
    parseLiteral: (node: ValueNode) => stampOf(valueFromASTUntyped(node)),
    serialize: (value: unknown) => (value instanceof Date ? value.toISOString() : stampOf(value).toISOString()),
  });
}

function stampOf(value: unknown): Date {
  const date = new Date(String(value));
  if (Number.isNaN(date.getTime())) throw new TypeError(`${value} is no stamp`);
  return date;
}

export function aSchema(journal: Journal = []): GraphQLSchema {
  const schema = buildSchema(SDL);
  for (const [type, fields] of Object.entries(fieldsOf(journal))) {
    for (const [name, resolve] of Object.entries(fields)) {
      const field = assertObjectType(schema.getType(type)).getFields()[name];
      if (field !== undefined) field.resolve = resolve;
    }
  }
  const count = schema.getSubscriptionType()?.getFields().count;
  if (count !== undefined) {
    count.subscribe = async function* (_source, { to }) {
      for (let n = 1; n <= Number(to); n += 1) yield { count: n };
    };
  }
  setInternals(schema);
  return schema;
}

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

export function collectingLog(): { readonly log: Log; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields });
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}

export const GOOD_TOKEN = 'Bearer good';

export interface RunningServer {
  readonly url: string;
  readonly server: HttpServer;
  readonly lines: LogLine[];
  readonly journal: Journal;
  /** POSTs a body as it is. */
  post(body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<Response>;
  /** POSTs an operation. */
  gql(query: string, variables?: Readonly<Record<string, unknown>>): Promise<Response>;
}

interface Over {
  readonly limits?: Partial<Limits>;
  readonly development?: boolean;
  readonly ready?: ServerDeps['ready'];
  readonly port?: number;
  readonly trustedProxies?: ServerDeps['config']['trustedProxies'];
}

/** A listening server; the token `good` is let in. */
export async function startServer({
  limits = {},
  development = false,
  ready = async () => true,
  port = 0,
  trustedProxies = [],
}: Over = {}): Promise<RunningServer> {
  const journal: Journal = [];
  const { log, lines } = collectingLog();
  const server = createServer({
    schema: aSchema(journal),
    contextFor: async ({ authorization, signal }) => {
      if (authorization !== GOOD_TOKEN) throw unauthenticated();
      return { signal: signal(), stamp: null, session: { principal: { id: 'good' } } };
    },
    ready,
    config: {
      host: '127.0.0.1',
      port,
      development,
      limits: limitsWith({ ...PATIENT, ...limits }),
      answerCacheBytes: 0,
      trustedProxies,
    },
    log,
    fileMutations: new Set(['upload']),
    routes: routesOf(),
  });
  const { url } = await server.listen();
  const post: RunningServer['post'] = (body, headers = {}) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { authorization: GOOD_TOKEN, 'content-type': 'application/json', ...headers },
      body,
    });
  return { url, server, lines, journal, post, gql: (query, variables) => post(JSON.stringify({ query, variables })) };
}

/** The codes of the errors in an answer. */
export function codesOf(answer: unknown): readonly string[] {
  const { errors = [] } = answer as { errors?: readonly { readonly extensions: { readonly code: string } }[] };
  return errors.map(({ extensions }) => extensions.code);
}
