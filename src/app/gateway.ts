import type { GraphQLSchema } from 'graphql';
import { couldEver } from '../access/first-check.ts';
import { createAccess } from '../access/service.ts';
import type { Session } from '../access/session.ts';
import { createAdministratorWatch, createClockWatch } from '../access/watch.ts';
import { createContainers } from '../crypto/containers.ts';
import { sshKeyPair } from '../crypto/pki.ts';
import { secureRandom } from '../crypto/random.ts';
import type { GitReader } from '../git/port.ts';
import { schema } from '../graphql/schema.ts';
import type { Context, Services } from '../graphql/types/context.ts';
import type { GitHooks } from '../http/git-hook-route.ts';
import type { ContextFor } from '../http/graphql-route.ts';
import type { Clock } from '../kernel/clock.ts';
import { unauthenticated } from '../kernel/errors.ts';
import { createExpiryClock, type ExpiryClock } from '../kernel/expiry-clock.ts';
import type { Job } from '../kernel/job.ts';
import type { Limits } from '../kernel/limits.ts';
import type { Log } from '../kernel/log.ts';
import type { Keys } from '../keys/keys.ts';
import { createAddons } from '../modules/addons/service.ts';
import { createAppSecrets } from '../modules/app-secrets/service.ts';
import { createEnvironments } from '../modules/apps/environments.ts';
import { createApps } from '../modules/apps/service.ts';
import { createInspection } from '../modules/certificates/inspection.ts';
import { createCertificates } from '../modules/certificates/service.ts';
import { createChanges } from '../modules/changes/service.ts';
import { createContents } from '../modules/contents.ts';
import { createDeleted } from '../modules/deleted/service.ts';
import { createGitSyncs } from '../modules/git-sync/git-syncs.ts';
import { createGlobalSecrets } from '../modules/global-secrets/service.ts';
import { createDestruction } from '../modules/projects/destruction.ts';
import { createProjects } from '../modules/projects/service.ts';
import { createResolutions } from '../modules/resolution/service.ts';
import { createRestarts } from '../modules/restarts/service.ts';
import { FILE_MUTATIONS } from '../modules/secret-groups/mutations.ts';
import { createSecretGroups } from '../modules/secret-groups/service.ts';
import { createTags } from '../modules/tags/service.ts';
import { createVcsAccounts } from '../modules/vcs/service.ts';
import { createWorkloads } from '../modules/workloads/service.ts';
import { type GuardedFetch, guardedFetch, isPermitted } from '../net/guarded-fetch.ts';
import { createReach, type Reach } from '../net/reach.ts';
import type { Plugins } from '../plugin/plugin.ts';
import type { Store } from '../store/port.ts';
import { createCursors } from '../streams/cursor.ts';
import { createStreams } from '../streams/streams.ts';
import { createForgetting } from '../vault/forgetting.ts';
import { createVault } from '../vault/vault.ts';

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
  /** The token of the founder has ended, because there is another administrator. */
  readonly founderEnded?: () => void;
}

export interface Gateway {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly contextFor: ContextFor;
  readonly expiry: ExpiryClock;
  /** What it does by itself; whoever opens the gateway starts them. */
  readonly jobs: readonly Job[];
  /** Webhooks of hosts of repositories. */
  readonly gitHooks: GitHooks;
  /** Mutations whose bodies may be larger. */
  readonly fileMutations: ReadonlySet<string>;
}

const BEARER = 'Bearer ';
/** What mutations that carry files write. */
const FILE_RESOURCES = ['secretGroup', 'globalSecret', 'workload'] as const;
const ANYWHERE = { in: 'unknown' } as const;

/** Everything between a store and a transport. */
export function createGateway({
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
}: GatewayDeps): Gateway {
  // Finished resolutions are small beside the documents that they were made of.
  const documentBytes = Math.floor((cacheBytes * 3) / 4);
  const expiry = createExpiryClock(clock, monotonic);
  const vault = createVault({ store, keys, clock, log, cacheBytes: documentBytes, expiry });
  const inspect = createInspection({ limits, open: createContainers() });
  const contents = createContents({ vault, keys, inspect });
  const addonBytes = Math.floor(cacheBytes / 16);
  const access = createAccess({ store, vault, keys, clock, expiry, limits, founderEnded });
  const addons = createAddons({ vault, keys, clock, log, limits, plugins, access, cacheBytes: addonBytes });
  const secretGroups = createSecretGroups({ vault, keys, contents, clock, limits, addons });
  const globalSecrets = createGlobalSecrets({ vault, keys, clock, limits, inspect, git });
  const gitSyncs = createGitSyncs({ vault, keys, clock, log, limits, git, access, inspect });
  const resolutions = createResolutions({
    vault,
    keys,
    contents,
    addons,
    limits,
    cacheBytes: cacheBytes - documentBytes - addonBytes,
  });
  const fetch = webhookFetch(reach, limits);
  const nouns = { access, secretGroups, addons, globalSecrets, resolutions };
  const restarts = createRestarts({
    vault,
    keys,
    clock,
    limits,
    fetch,
    mayAsk: (url) => isPermitted(url, reach),
    ...nouns,
  });
  const services: Services = {
    ...nouns,
    projects: createProjects({ vault, keys, clock }),
    tags: createTags({ vault, keys, clock }),
    workloads: createWorkloads({ vault, keys, contents, clock, limits }),
    gitSyncs,
    vcsAccounts: createVcsAccounts({ clock, limits, mayAsk: git.mayAsk }),
    certificates: createCertificates({ clock }),
    apps: createApps({ vault, keys, clock, limits }),
    environments: createEnvironments({ vault, keys, clock, limits }),
    appSecrets: createAppSecrets({ vault, keys, clock, limits, random: secureRandom, sshKeyPair }),
    changes: createChanges({ vault, access, resolutions }),
    streams: createStreams({ vault, access, cursors: createCursors(keys.mac('cursor')), log }),
    restarts: restarts.service,
    deleted: createDeleted({ vault }),
  };
  const cursorMac = keys.mac('cursor');
  const contextOf = (session: Session): Context => {
    let repeatable = true;
    const notRepeatable = (): void => {
      repeatable = false;
    };
    const isRepeatable = (): boolean => repeatable;
    const { stamp } = session;
    const mayCarryFiles = (): boolean =>
      FILE_RESOURCES.some((each) => couldEver(session.principal, 'write', each, ANYWHERE));
    return { session, services, cursorMac, stamp, notRepeatable, isRepeatable, mayCarryFiles, withSession: contextOf };
  };
  const contextFor: ContextFor = async ({ authorization, signal }): Promise<Context> => {
    if (!authorization?.startsWith(BEARER)) throw unauthenticated();
    const session = await services.access.authenticate(authorization.slice(BEARER.length), signal);
    return contextOf(session);
  };
  const forgetting = createForgetting({ vault, clock, limits, teams: access.teams });
  const watches = [createAdministratorWatch({ access, log, expiry }), createClockWatch({ log, expiry })];
  const isClockSteady = expiry.isSteady;
  const destruction = createDestruction({ store, vault, keys, clock, log, access, isClockSteady });
  const jobs: readonly Job[] = [destruction, ...watches, restarts.job, ...gitSyncs.jobs, ...addons.jobs, forgetting];
  return {
    schema,
    services,
    contextFor,
    expiry,
    jobs,
    gitHooks: gitSyncs.hooks,
    fileMutations: new Set(FILE_MUTATIONS),
  };
}

/** To deploy webhooks: what they answer is not read, so that none of it can matter. */
function webhookFetch(reach: Reach, { webhookDeadlineMs, webhookLeaseMs }: Limits): GuardedFetch {
  const deadlineMs = Math.min(webhookDeadlineMs, webhookLeaseMs / 3);
  return guardedFetch({ reach, mostBytes: 65_536, excess: 'cut', deadlineMs, signal: new AbortController().signal });
}
