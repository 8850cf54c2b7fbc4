import type { GraphQLSchema } from 'graphql';
import type { Context, Services } from './graphql/context.ts';
import { schema } from './graphql/schema.ts';
import type { ContextFor } from './http/graphql-route.ts';
import type { Clock } from './kernel/clock.ts';
import { unauthenticated } from './kernel/errors.ts';
import type { Job } from './kernel/job.ts';
import type { Limits } from './kernel/limits.ts';
import type { Log } from './kernel/log.ts';
import { createAccess } from './modules/access/service.ts';
import { createAddons } from './modules/addons/service.ts';
import { createChanges } from './modules/changes/service.ts';
import { createContents } from './modules/contents.ts';
import { createGlobalSecrets } from './modules/global-secrets/service.ts';
import type { Keys } from './modules/keys/keys.ts';
import { createProjects } from './modules/projects/service.ts';
import { createResolutions } from './modules/resolution/service.ts';
import { FILE_MUTATIONS } from './modules/secret-groups/mutations.ts';
import { createSecretGroups } from './modules/secret-groups/service.ts';
import { createTags } from './modules/tags/service.ts';
import { createWorkloads } from './modules/workloads/service.ts';
import type { Plugins } from './plugin/plugin.ts';
import type { Store } from './store/port.ts';
import { createVault } from './vault/vault.ts';

export interface GatewayDeps {
  readonly store: Store;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  /** Bytes of opened documents and finished resolutions kept in memory; 0 keeps none. */
  readonly cacheBytes: number;
  readonly plugins: Plugins;
}

export interface Gateway {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly contextFor: ContextFor;
  /** What it does by itself; whoever opens the gateway starts them. */
  readonly jobs: readonly Job[];
  /** Mutations whose bodies may be larger. */
  readonly fileMutations: ReadonlySet<string>;
}

const BEARER = 'Bearer ';

/** Everything between a store and a transport. */
export function createGateway({ store, keys, clock, log, limits, cacheBytes, plugins }: GatewayDeps): Gateway {
  // Finished resolutions are small beside the documents that they were made of.
  const documentBytes = Math.floor((cacheBytes * 3) / 4);
  const vault = createVault({ store, keys, clock, log, cacheBytes: documentBytes });
  const contents = createContents({ vault, keys });
  const addonBytes = Math.floor(cacheBytes / 16);
  const access = createAccess({ store, vault, keys, clock });
  const addons = createAddons({ vault, keys, clock, log, limits, plugins, access, cacheBytes: addonBytes });
  const services: Services = {
    access,
    projects: createProjects({ vault, keys, clock }),
    tags: createTags({ vault, keys, clock }),
    workloads: createWorkloads({ vault, keys, contents, clock, limits }),
    addons,
    secretGroups: createSecretGroups({ vault, keys, contents, clock, limits, addons }),
    globalSecrets: createGlobalSecrets({ vault, keys, clock, limits }),
    changes: createChanges({ vault }),
    resolutions: createResolutions({
      vault,
      keys,
      contents,
      addons,
      cacheBytes: cacheBytes - documentBytes - addonBytes,
    }),
  };
  const cursorMac = keys.mac('cursor');
  const contextFor: ContextFor = async ({ authorization }): Promise<Context> => {
    if (!authorization?.startsWith(BEARER)) throw unauthenticated();
    const session = await services.access.authenticate(authorization.slice(BEARER.length));
    let repeatable = true;
    const notRepeatable = (): void => {
      repeatable = false;
    };
    const isRepeatable = (): boolean => repeatable;
    return { session, services, cursorMac, stamp: session.stamp, notRepeatable, isRepeatable };
  };
  const jobs: readonly Job[] = [...addons.jobs];
  return { schema, services, contextFor, jobs, fileMutations: new Set(FILE_MUTATIONS) };
}
