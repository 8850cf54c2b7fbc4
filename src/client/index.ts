/**
 * A client of the gateway for programs, in Node and in browsers: what a workload gets, and each change of it. Its types are
 * made of schema.graphql; it imports nothing.
 */
import {
  type Environment,
  ownWorkload,
  type Place,
  type ResolveOptions,
  resolveAt,
  type Workload,
} from './environment.ts';
import { again } from './retry.ts';
import { createTransport, type TransportOptions } from './transport.ts';
import type { Scope } from './types.ts';
import { type Changed, type Missed, type WatchOptions, watchAt } from './watch.ts';

export type { Environment, ResolveOptions, Workload } from './environment.ts';
// biome-ignore lint/performance/noBarrelFile: it is the entry of the package
export { type Code, type DetailsOf, type FieldError, isKeyloomError, KeyloomError, type Unresolved } from './errors.ts';
export type { ConflictReason, ErrorCode, Scope, WorkloadKind } from './types.ts';
export type { Changed, Missed, NameDiff, WatchOptions } from './watch.ts';

export type ClientOptions = TransportOptions;

/** A document that knows its types, as GraphQL Code Generator's `documentMode: 'string'` writes them; or any text. */
export interface TypedDocument<Result, Variables> {
  readonly __apiType?: (variables: Variables) => Result;
  toString(): string;
}

/** A gateway, as one token sees it. */
export interface Client {
  /** What a workload gets: the token's own one unless another is given. */
  resolve(workload?: Workload | null, options?: ResolveOptions): Promise<Environment>;
  /** Each change of that, once and in order, over breaks of the connection. */
  watch(workload?: Workload | null, options?: WatchOptions): AsyncGenerator<Changed | Missed, void, undefined>;
  /** What it gets now, and again whenever that is another. What cannot be resolved later is told to `onRetry`, and passed over. */
  follow(workload?: Workload | null, options?: FollowOptions): AsyncGenerator<Environment, void, undefined>;
  /** The data of any query or mutation. */
  query<Result = unknown, Variables extends object = object>(
    document: TypedDocument<Result, Variables> | string,
    variables?: Variables,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Result>;
}

export type FollowOptions = ResolveOptions & Pick<WatchOptions, 'onRetry'>;

/** Opens no connection yet. */
export function createClient(options: ClientOptions): Client {
  const transport = createTransport(options);

  async function placeOf(workload: Workload | null, scope: Scope = 'RUNTIME', signal?: AbortSignal): Promise<Place> {
    return { ...(workload ?? (await ownWorkload(transport, signal))), scope };
  }

  async function resolve(workload: Workload | null = null, given: ResolveOptions = {}): Promise<Environment> {
    return resolveAt(transport, await placeOf(workload, given.scope, given.signal), given);
  }

  async function* watch(workload: Workload | null = null, given: WatchOptions = {}) {
    yield* watchAt(transport, await placeOf(workload, given.scope, given.signal), given);
  }

  async function* follow(workload: Workload | null = null, given: FollowOptions = {}) {
    const place = await placeOf(workload, given.scope, given.signal);
    let environment = await resolveAt(transport, place, given);
    yield environment;
    for await (const event of watchAt(transport, place, { ...given, since: environment })) {
      // Gone, or given nothing: there is no other environment to be told.
      if (event.kind === 'changed' && (event.digest === null || event.seq <= environment.seq)) continue;
      const next = await again(() => resolveAt(transport, place, given), given);
      if (next === null || next.digest === environment.digest) continue;
      environment = next;
      yield environment;
    }
  }

  return {
    resolve,
    watch,
    follow,
    query: (document, variables, { signal } = {}) => transport.ask(String(document), variables ?? {}, signal),
  };
}
