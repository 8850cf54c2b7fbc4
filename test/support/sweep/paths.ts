import {
  createSourceEventStream,
  type DocumentNode,
  execute,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
  Kind,
  parse,
} from 'graphql';
import { NOTHING_SHOWN, type Shown } from '../../../src/audit/notes.ts';
import type { Context } from '../../../src/graphql/types/context.ts';
import { shareOf } from '../../../src/graphql/types/sharing.ts';
import type { Item } from '../../../src/streams/stream.ts';
import { until } from '../listening.ts';
import type { TestApp } from '../start-app.ts';
import { walk } from './walk.ts';
import type { World } from './world.ts';

/** By which fields of a schema values become text for the owner, and whether the door noted them. */

/** The context of a request of its own. */
export async function contextOf(app: TestApp, token = app.owner): Promise<Context> {
  const { signal } = new AbortController();
  const caller = { authorization: `Bearer ${token}`, requestId: 'test', signal: () => signal };
  return (await app.gateway.contextFor(caller)) as Context;
}

/** What a document answers, executed as the pipeline executes it; `item`: the event that a subscription tells of. */
export async function answered(schema: GraphQLSchema, document: DocumentNode, contextValue: Context, item?: Item) {
  const { data } = await execute({ schema, document, contextValue, rootValue: item });
  return { data, shown: contextValue.notes.shown };
}

export const total = (shown: Shown): number => [...shown.values()].reduce((sum, count) => sum + count, 0);

/** The leaves of an answer that hold a value, by `Type.field`, from the aliases of the walk. */
function pathsIn(schema: GraphQLSchema, data: unknown, holdsValue: (text: string) => boolean, found: Set<string>) {
  if (Array.isArray(data)) for (const each of data) pathsIn(schema, each, holdsValue, found);
  else if (data !== null && typeof data === 'object') {
    const row = data as Record<string, unknown>;
    const type = schema.getType(String(row.__typename));
    const leaves = isObjectType(type)
      ? Object.values(type.getFields()).filter((field) => isLeafType(getNamedType(field.type)))
      : [];
    for (const [name, value] of Object.entries(row)) {
      const leaf = /^l(\d+)$/.exec(name);
      if (!leaf) pathsIn(schema, value, holdsValue, found);
      else if (holdsValue(JSON.stringify(value) ?? ''))
        found.add(`${String(row.__typename)}.${leaves[Number(leaf[1])]?.name}`);
    }
  }
  return found;
}

/** An event of each subscription, with the context in which its stream has it put into words. */
export type Events = ReadonlyMap<string, { readonly item: Item; readonly context: Context }>;

const typename = (name: string, args: string): string => `subscription { ${name}${args} { __typename } }`;

/** Listens to each subscription, has `happen` make something happen, and gives the first event of each. */
export async function eventsOf(
  app: TestApp,
  subscriptions: Readonly<Record<string, string>>,
  happen: () => Promise<unknown>,
): Promise<Events> {
  const { schema } = app.gateway;
  const events = new Map<string, { readonly item: Item; readonly context: Context }>();
  const leaving: (() => void)[] = [];
  for (const [name, args] of Object.entries(subscriptions)) {
    const contextValue = await contextOf(app);
    const source = await createSourceEventStream({ schema, document: parse(typename(name, args)), contextValue });
    const share = shareOf(source);
    if (!share) throw new Error(`${name}: ${JSON.stringify(source)}`);
    leaving.push(
      await share({
        operation: 'paths',
        deliver: async (item, context) => {
          if (!item.expired && !events.has(name)) events.set(name, { item, context });
          return { cursor: item.cursor, latin1: '', shown: NOTHING_SHOWN };
        },
        wording: null,
        sink: { send: () => {}, ready: async () => {}, end: () => {} },
      }),
    );
  }
  await happen();
  await until(() => events.size === leaving.length, 'an event of each subscription');
  for (const leave of leaving) leave();
  return events;
}

const fieldOf = ({ definitions: [operation] }: DocumentNode): string => {
  const [selection] = operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet.selections : [];
  return selection?.kind === Kind.FIELD ? selection.name.value : '';
};

interface Found {
  /** `Type.field`, in order. */
  readonly paths: readonly string[];
  /** Documents whose values the door did not note. */
  readonly unnoted: readonly string[];
}

/** All leaves by which queries and events show the owner a value. */
export async function shownBy(
  app: TestApp,
  schema: GraphQLSchema,
  world: World,
  events: Events,
  holdsValue: (text: string) => boolean,
): Promise<Found> {
  const paths = new Set<string>();
  const unnoted: string[] = [];
  const ask = async (query: string) => {
    const document = parse(query);
    const event = events.get(fieldOf(document));
    // A shared delivery has a context of its own, too.
    return event
      ? answered(schema, document, event.context.withSession(event.context.session), event.item)
      : answered(schema, document, await contextOf(app));
  };
  const leadsTo = async (query: string, type: string): Promise<boolean> =>
    JSON.stringify((await ask(query)).data ?? null).includes(`"__typename":"${type}"`);
  // Mounts are there at build time only.
  const built = Object.fromEntries(
    ['Workload', 'Service', 'Job'].map((type) => [`${type}.environment.scope`, 'BUILD']),
  );
  for (const literals of [...Object.values(world.literals), { ...world.literals.own, ...built }]) {
    const documents = [
      ...(await walk(schema, literals, leadsTo)),
      ...(await walk(schema, literals, leadsTo, 'subscription')),
    ];
    for (const { query } of documents) {
      const { data, shown } = await ask(query);
      const here = pathsIn(schema, data, holdsValue, new Set());
      for (const path of here) paths.add(path);
      if (here.size > 0 && total(shown) === 0) unnoted.push(query);
    }
  }
  return { paths: [...paths].sort(), unnoted };
}

/** Every type that an operation of this kind can answer. */
function reachable(schema: GraphQLSchema, from: GraphQLNamedType | null | undefined): ReadonlySet<string> {
  const seen = new Set<string>();
  const visit = (type: GraphQLNamedType): void => {
    if (seen.has(type.name)) return;
    seen.add(type.name);
    if (isAbstractType(type)) schema.getPossibleTypes(type).forEach(visit);
    if (isObjectType(type)) for (const field of Object.values(type.getFields())) visit(getNamedType(field.type));
  };
  if (from) visit(from);
  return seen;
}

/** The leaves that mutations alone can answer, by `Type.field`; refusals are no part of it. */
export function leavesOfMutations(schema: GraphQLSchema): readonly string[] {
  const asked = reachable(schema, schema.getQueryType());
  return [...reachable(schema, schema.getMutationType())]
    .filter((name) => !asked.has(name) && !name.endsWith('Error'))
    .flatMap((name) => {
      const type = schema.getType(name);
      if (!isObjectType(type)) return [];
      const leaves = Object.values(type.getFields()).filter((field) => isLeafType(getNamedType(field.type)));
      return leaves.map((field) => `${name}.${field.name}`);
    })
    .sort();
}
