import type { Resource } from '../access/model.ts';
import type { ResourceFacts } from '../access/resources.ts';
import type { AccessService } from '../access/service.ts';
import type { GitReader } from '../git/port.ts';
import type { Builder } from '../graphql/types/builder.ts';
import type { Declarations } from '../graphql/types/declarations.ts';
import type { Federated } from '../graphql/types/federated.ts';
import type { Services } from '../graphql/types/services.ts';
import type { Clock } from '../kernel/clock.ts';
import type { ExpiryClock } from '../kernel/expiry-clock.ts';
import type { Hook } from '../kernel/hook.ts';
import type { Job } from '../kernel/job.ts';
import type { Limits, LimitTable } from '../kernel/limits.ts';
import type { Log } from '../kernel/log.ts';
import type { Keys } from '../keys/keys.ts';
import type { Reach } from '../net/reach.ts';
import type { Plugins } from '../plugin/plugin.ts';
import type { RestRoute } from '../rest/route.ts';
import type { Store } from '../store/port.ts';
import type { Vault } from '../vault/port.ts';
import type { Inspect } from './certificates/inspection.ts';
import type { Contents } from './contents.ts';
import type { Shown, ShownKinds } from './shown.ts';

export const federatedOf = (slices: readonly Slice[]): Federated => ({
  entities: slices.flatMap(({ federated }) => federated?.entities ?? []),
  ofWorkloads: slices.flatMap(({ federated }) => federated?.ofWorkloads ?? []),
});

/** What follows from the list of slices. */
export interface Nouns {
  readonly shown: ShownKinds;
  readonly resources: readonly ResourceFacts[];
}

export const nounsOf = (slices: readonly Slice[]): Nouns => ({
  shown: new Map(slices.flatMap(({ shown = [] }) => shown.map((each) => [each.type.kind, each]))),
  resources: slices.flatMap(({ resources = [] }) => resources),
});

/** What a slice is made of: the grounds, and the services of the slices that are listed before it. */
export interface House {
  readonly store: Store;
  readonly vault: Vault;
  readonly keys: Keys;
  readonly access: AccessService;
  readonly contents: Contents;
  readonly inspect: Inspect;
  readonly clock: Clock;
  readonly expiry: ExpiryClock;
  readonly log: Log;
  readonly limits: Limits;
  readonly plugins: Plugins;
  readonly git: GitReader;
  /** What of the network may be reached for people. */
  readonly reach: Reach;
  /** Bytes that all slices together may keep in memory between requests; 0: none. */
  readonly cacheBytes: number;
  readonly nouns: Nouns;
  /** One that comes later in the list is not there yet: ask for it when it is needed. */
  readonly services: Services;
}

/** What a slice brings into a gateway. */
export interface Made {
  /** Under the names which the slice adds to `Services`. */
  readonly services?: Partial<Services>;
  /** What it does by itself. */
  readonly jobs?: readonly Job[];
  /** Looks that are taken once, when the gateway is open; it serves meanwhile. */
  readonly atStart?: readonly ((signal: AbortSignal) => Promise<void>)[];
  readonly hooks?: readonly Hook[];
}

/** All that the house must know of a noun. `app/slices.ts` lists them; nothing else names one. */
export interface Slice {
  /** The name of its folder. */
  readonly name: string;
  /** What of it is bounded; `KEYLOOM_LIMIT_*` sets them. */
  readonly limits?: LimitTable;
  /** Once in each gateway. */
  readonly create?: (house: House) => Made;
  /** What of it roles give rights on. */
  readonly resources?: readonly ResourceFacts[];
  /** Its documents that people know of. */
  readonly shown?: readonly Shown[];
  /** Types that other slices may name: they are in a schema before anybody adds fields. */
  readonly types?: Declarations;
  /** Adds its types and fields: once in each schema. */
  readonly addSchema?: (builder: Builder, nouns: Nouns) => void;
  /** The ways to it over REST. */
  readonly rest?: readonly RestRoute[];
  /** What of it a larger graph knows: types that are entities by their `id`, and fields of services and jobs that come from here. */
  readonly federated?: Partial<Federated>;
  /** Its mutations that carry files: their bodies may be larger for whoever may write the resource somewhere. */
  readonly fileMutations?: { readonly resource: Resource; readonly names: readonly string[] };
}
