import DataLoader from 'dataloader';
import {
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  isObjectType,
} from 'graphql';
import { type FieldError, invalidInput, unauthenticated } from '../../kernel/errors.ts';
import type { Context } from '../types/context.ts';
import { localId } from '../types/ids.ts';
import { lookUpOf } from '../types/nodes.ts';
import { orNull } from '../types/or-null.ts';
import { subgraphSdl } from './sdl.ts';
import { type EntityType, type Shape, type SubgraphOptions, subgraphShape } from './shape.ts';

/** Representations in one call. */
const MAX = 100;
/** Ids and slugs are shorter. */
const MAX_LENGTH = 2_000;

/** What a gateway knows of an object: the name of its type, and its key. */
type Representation = Readonly<Record<string, unknown>>;

/** The object behind a key that is in order. NOT_FOUND when there is none, or it may not be seen. */
type Load = (key: readonly string[], context: Context) => Promise<object>;

const AnyScalar = new GraphQLScalarType({
  name: '_Any',
  description: 'What a gateway knows of an object: `__typename` and the fields of its key.',
});

const ServiceType = new GraphQLObjectType<string>({
  name: '_Service',
  description: 'This part of the larger graph.',
  fields: {
    sdl: { type: GraphQLString, description: 'Its schema, for composition.', resolve: (sdl) => sdl },
  },
});

/** Of nodes, which are the same objects while they do not change. Workloads are made anew for each who asks, and say it themselves. */
const typeNames = new WeakMap<object, string>();

const typeNameOf = (found: object): string | undefined =>
  isWorkload(found) ? WORKLOAD_TYPES[found.kind] : typeNames.get(found);

/** The loader of a request, on its context: a map beside it would cost each request a collection of its own. */
const LOADER = Symbol('entities');
type Asking = Context & { [LOADER]?: DataLoader<string, object | null> };

export interface Subgraph {
  readonly schema: GraphQLSchema;
  readonly sdl: string;
}

/** Keyloom as a part of a larger graph, from the public schema: what a gateway may ask. */
export function createSubgraph(publicSchema: GraphQLSchema, options: SubgraphOptions): Subgraph {
  const shape = subgraphShape(publicSchema, options);
  const sdl = subgraphSdl(shape);
  return { sdl, schema: withProtocol(shape, sdl) };
}

function withProtocol({ schema, entities }: Shape, sdl: string): GraphQLSchema {
  const config = schema.toConfig();
  const query = schema.getQueryType()?.toConfig();
  if (!query) throw new Error('The schema has no queries');
  const EntityUnion = new GraphQLUnionType({
    name: '_Entity',
    description: 'Every type that others of the larger graph can refer to.',
    types: entities.map(({ name }) => schema.getType(name)).filter(isObjectType),
    resolveType: typeNameOf,
  });
  const resolve = entitiesResolver(entities);
  const root = new GraphQLObjectType<unknown, Context>({
    ...query,
    fields: {
      ...query.fields,
      _entities: {
        type: new GraphQLNonNull(new GraphQLList(EntityUnion)),
        description: `The objects that are meant, in their order, at most ${MAX}; null for each that there is not or that you may not see.`,
        args: { representations: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(AnyScalar))) } },
        resolve: (_root, { representations }, context) =>
          resolve(representations as readonly Representation[], context),
      },
      _service: {
        type: new GraphQLNonNull(ServiceType),
        description: 'For composition.',
        resolve: () => sdl,
      },
    },
  });
  const types = config.types.filter(({ name }) => name !== query.name);
  return new GraphQLSchema({ ...config, query: root, types });
}

/** The look-ups are those that the fields of the public schema use: there is no second set of rights. */
function entitiesResolver(entities: readonly EntityType[]) {
  const known = new Map(entities.map((entity) => [entity.name, { ...entity, load: loadOf(entity) }]));

  /** Equal representations of a request are looked up once. */
  function loaderOf(context: Asking): DataLoader<string, object | null> {
    context[LOADER] ??= new DataLoader((wanted: readonly string[]) =>
      Promise.all(wanted.map((text) => loadOne(text, context))),
    );
    return context[LOADER];
  }

  function loadOne(text: string, context: Context): Promise<object | null | Error> {
    const [name = '', ...key] = JSON.parse(text) as readonly string[];
    const entity = known.get(name);
    if (!entity) return Promise.resolve(null);
    return orNull(entity.load(key, context)).then(
      (found) => {
        if (found && !isWorkload(found)) typeNames.set(found, name);
        return found;
      },
      (error: unknown) => error as Error,
    );
  }

  return async (given: readonly Representation[], context: Context): Promise<readonly (object | null | Error)[]> => {
    // Whoever forwards has no rights of their own.
    if (context.session.principal.kind === 'gateway') throw unauthenticated();
    const wanted = wantedOf(given, known);
    await context.session.work.spend({ documents: wanted.length });
    return loaderOf(context).loadMany(wanted);
  };
}

/** Names and keys as texts that a loader tells apart. What is not in order is refused as a whole: a gateway makes no such mistakes. */
function wantedOf(given: readonly Representation[], known: ReadonlyMap<string, EntityType>): readonly string[] {
  if (given.length > MAX) {
    throw invalidInput([{ path: ['representations'], rule: 'max', message: `must have at most ${MAX} entries` }]);
  }
  const mistakes: FieldError[] = [];
  const wanted = given.map((representation, i) => {
    const bad = (field: string, rule: string, message: string): string => {
      mistakes.push({ path: ['representations', String(i), ...(field === '' ? [] : [field])], rule, message });
      return '';
    };
    if (typeof representation !== 'object' || representation === null || Array.isArray(representation))
      return bad('', 'type', 'must be an object');
    const name = own(representation, '__typename');
    const entity = typeof name === 'string' ? known.get(name) : undefined;
    if (!entity) return bad('__typename', 'type', `must be one of ${[...known.keys()].join(', ')}`);
    const key = entity.key.map((field) => {
      const value = own(representation, field);
      if (typeof value === 'string' && value.length <= MAX_LENGTH) return value;
      return bad(
        field,
        'key',
        `must be a text of at most ${MAX_LENGTH} characters: it is in the key of ${entity.name}`,
      );
    });
    // What else stands there is not looked at.
    return JSON.stringify([entity.name, ...key]);
  });
  if (mistakes.length > 0) throw invalidInput(mistakes);
  return wanted;
}

const WORKLOAD_TYPES = { service: 'Service', job: 'Job' } as const;

const isWorkload = (found: object): found is { readonly kind: keyof typeof WORKLOAD_TYPES } =>
  'kind' in found && typeof found.kind === 'string' && Object.hasOwn(WORKLOAD_TYPES, found.kind);

const own = (object: Representation, name: string): unknown => (Object.hasOwn(object, name) ? object[name] : undefined);

function loadOf({ publicName }: EntityType): Load {
  const kind = publicName === 'Service' ? 'service' : publicName === 'Job' ? 'job' : null;
  if (kind)
    return ([project = '', id = ''], { services, session }) => services.workloads.byId(project, kind, id, session);
  const lookUp = lookUpOf(publicName);
  return async ([id = ''], context) => {
    const [found] = await lookUp([localId(publicName, id) ?? ''], context);
    if (found instanceof Error) throw found;
    return found as object;
  };
}
