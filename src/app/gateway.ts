import type { GraphQLSchema } from 'graphql';
import { couldEver } from '../access/first-check.ts';
import { builtInRoles } from '../access/resources.ts';
import { createAccess } from '../access/service.ts';
import type { Session } from '../access/session.ts';
import type { KnownCaller } from '../access/standing.ts';
import { createAdministratorWatch, createClockWatch } from '../access/watch.ts';
import { Notes } from '../audit/notes.ts';
import { createContainers } from '../crypto/containers.ts';
import type { GitReader } from '../git/port.ts';
import type { SubgraphOptions } from '../graphql/federation/shape.ts';
import type { Context } from '../graphql/types/context.ts';
import type { Services } from '../graphql/types/services.ts';
import type { ContextFor, KnownCallers } from '../http/caller.ts';
import type { GraphqlLane } from '../http/lanes.ts';
import type { Clock } from '../kernel/clock.ts';
import { unauthenticated } from '../kernel/errors.ts';
import { createExpiryClock, type ExpiryClock } from '../kernel/expiry-clock.ts';
import type { Hook } from '../kernel/hook.ts';
import type { Job } from '../kernel/job.ts';
import type { Limits } from '../kernel/limits.ts';
import type { Log } from '../kernel/log.ts';
import { Memo } from '../kernel/memo.ts';
import type { Keys } from '../keys/keys.ts';
import { createInspection } from '../modules/certificates/inspection.ts';
import { createContents } from '../modules/contents.ts';
import { type House, type Made, type Nouns, nounsOf, type Slice } from '../modules/slice.ts';
import { createReach, type Reach } from '../net/reach.ts';
import type { Plugins } from '../plugin/plugin.ts';
import type { RestRoute } from '../rest/route.ts';
import type { Store } from '../store/port.ts';
import { createCursors } from '../streams/cursor.ts';
import { createStreams } from '../streams/streams.ts';
import { createForgetting } from '../vault/forgetting.ts';
import { createVault } from '../vault/vault.ts';
import { createFederation } from './federation.ts';
import { assertLimits } from './limits.ts';
import { routesOf } from './routes.ts';
import { schemaOf } from './schema.ts';
import { NAMED, SLICES } from './slices.ts';

export interface GatewayDeps {
  readonly store: Store;
  readonly keys: Keys;
  /** Milliseconds that go on whatever `clock` is set to. */
  readonly monotonic?: () => number;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  /** Bytes of opened documents and finished resolutions kept in memory; 0 keeps none. */
  readonly cacheBytes: number;
  readonly plugins: Plugins;
  readonly git: GitReader;
  /** What of the network may be reached for people; nothing private unless given. */
  readonly reach?: Reach;
  /** The nouns that it serves; all unless given. */
  readonly slices?: readonly Slice[];
  /** The token of the founder has ended, because there is another administrator. */
  readonly founderEnded?: () => void;
}

export interface Gateway {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly contextFor: ContextFor;
  readonly known: KnownCallers;
  readonly expiry: ExpiryClock;
  /** What it does by itself; whoever opens the gateway starts them. */
  readonly jobs: readonly Job[];
  /** Looks that whoever opens the gateway takes once. */
  readonly atStart: NonNullable<Made['atStart']>;
  readonly hooks: readonly Hook[];
  /** Mutations whose bodies may be larger. */
  readonly fileMutations: ReadonlySet<string>;
  /** The ways in over REST. */
  readonly routes: readonly RestRoute[];
  /** What it is to a federation gateway. */
  readonly federation: (options: SubgraphOptions) => GraphqlLane;
}

const BEARER = 'Bearer ';
const ANYWHERE = { in: 'unknown' } as const;

/** Everything between a store and a transport. */
export function createGateway(deps: GatewayDeps): Gateway {
  const { keys, limits, slices = SLICES } = deps;
  assertLimits(limits, slices);
  const { house, watches } = groundsOf(deps, nounsOf(slices));
  const { access, expiry, vault, clock, services } = house;
  const jobs: Job[] = [];
  const hooks: Hook[] = [];
  const atStart: ((signal: AbortSignal) => Promise<void>)[] = [];
  for (const { create } of slices) {
    const made = create?.(house) ?? {};
    Object.assign(services, made.services);
    jobs.push(...(made.jobs ?? []));
    hooks.push(...(made.hooks ?? []));
    atStart.push(...(made.atStart ?? []));
  }
  jobs.push(...watches, createForgetting({ vault, clock, limits, teams: access.teams }));
  const cursorMac = keys.mac('cursor');
  const carriers = slices.flatMap(({ fileMutations }) => fileMutations ?? []);
  const given: SharedByContexts = { services, cursorMac, carriers };
  const contextOf = (session: Session): Context => new SessionContext(session, given);
  const contextOrNull = (session: Session | null): Context | null => session && contextOf(session);
  const contextFor: ContextFor = async ({ authorization, signal }): Promise<Context> => {
    if (!authorization?.startsWith(BEARER)) throw unauthenticated();
    const session = await access.authenticate(authorization.slice(BEARER.length), signal);
    return contextOf(session);
  };
  const known = {
    find: (authorization: string | undefined): KnownCaller | null =>
      authorization?.startsWith(BEARER) ? access.known(authorization.slice(BEARER.length)) : null,
    atOnce: (caller: KnownCaller): Context | null => contextOrNull(access.sessionNow(caller)),
  };
  const fileMutations = new Set(carriers.flatMap(({ names }) => names));
  const schema = schemaOf(slices);
  const federation: Gateway['federation'] = (options) =>
    createFederation({ schema, access, contextOf, fileMutations }, options);
  const routes = routesOf(slices);
  return { schema, services, contextFor, known, expiry, jobs, atStart, hooks, fileMutations, routes, federation };
}

interface SharedByContexts extends Pick<Context, 'services' | 'cursorMac'> {
  readonly carriers: readonly { readonly resource: Parameters<typeof couldEver>[2] }[];
}

/** A class, since each request makes one: see `http/exchange.ts` on literals. Its functions are its own, so that it can be taken apart. */
class SessionContext implements Context {
  readonly session: Session;
  readonly services: Services;
  readonly cursorMac: Context['cursorMac'];
  readonly stamp: string;
  readonly notes = new Notes();
  readonly memo = new Memo();
  readonly notRepeatable: () => void;
  readonly isRepeatable: () => boolean;
  readonly mayCarryFiles: () => boolean;
  readonly atOnce: () => Context | null;
  readonly withSession: (session: Session) => Context;

  constructor(session: Session, shared: SharedByContexts) {
    let repeatable = true;
    this.session = session;
    this.services = shared.services;
    this.cursorMac = shared.cursorMac;
    this.stamp = session.stamp;
    this.notRepeatable = () => {
      repeatable = false;
    };
    this.isRepeatable = () => repeatable;
    this.mayCarryFiles = () =>
      shared.carriers.some(({ resource }) => couldEver(session.principal, 'write', resource, ANYWHERE));
    this.withSession = (other) => new SessionContext(other, shared);
    this.atOnce = () => {
      const twin = session.twin();
      return twin && new SessionContext(twin, shared);
    };
  }
}

/** What all slices stand on. */
function groundsOf(
  {
    store,
    keys,
    clock,
    log,
    limits,
    cacheBytes,
    plugins,
    git,
    reach = createReach([]),
    founderEnded = () => {},
    monotonic = () => performance.now(),
  }: GatewayDeps,
  nouns: Nouns,
) {
  // Finished resolutions are small beside the documents that they were made of.
  const documentBytes = Math.floor((cacheBytes * 3) / 4);
  const expiry = createExpiryClock(clock, monotonic);
  const vault = createVault({ store, keys, clock, log, cacheBytes: documentBytes, expiry });
  const inspect = createInspection({ limits, open: createContainers() });
  const contents = createContents({ vault, keys, inspect });
  const builtIn = builtInRoles(nouns.resources);
  const access = createAccess({
    store,
    vault,
    keys,
    clock,
    expiry,
    limits,
    founderEnded,
    builtIn,
    named: NAMED,
  });
  const streams = createStreams({ vault, access, cursors: createCursors(keys.mac('cursor')), log });
  // Each slice adds its own; see `Services`.
  const services = { access, streams } as Services;
  const grounds = { store, vault, keys, access, contents, inspect, clock, expiry, log, limits, plugins, git, reach };
  const house: House = { ...grounds, cacheBytes: cacheBytes - documentBytes, nouns, services };
  return {
    house,
    watches: [createAdministratorWatch({ access, log, expiry, builtIn }), createClockWatch({ log, expiry })],
  };
}
