import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtInRoles } from '../access/resources.ts';
import { createAccess } from '../access/service.ts';
import { CLOCK_BEHIND_MS } from '../access/watch.ts';
import { createRootKeyFile, loadRootKey } from '../crypto/root-key.ts';
import { createGitReader } from '../git/reader.ts';
import { describeFault } from '../graphql/engine/mask-error.ts';
import { type TakenPort, takePort } from '../http/port.ts';
import { createServer } from '../http/server.ts';
import { systemClock } from '../kernel/clock.ts';
import { unavailable } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { Keys } from '../keys/keys.ts';
import { createMacHolder, type MacHolder } from '../keys/mac-holder.ts';
import { openKeys } from '../keys/open-keys.ts';
import { nounsOf } from '../modules/slice.ts';
import { createReach, type Reach } from '../net/reach.ts';
import { loadPlugins } from '../plugin/load.ts';
import { noPlugins, type Plugins } from '../plugin/plugin.ts';
import { type Noted, notingCommits } from '../store/noted.ts';
import { openStore } from '../store/open.ts';
import type { Store } from '../store/port.ts';
import { createVault } from '../vault/vault.ts';
import {
  assertFollowsCheckpoint,
  assertNoCheckpoint,
  type CheckpointDeps,
  followCheckpoint,
  lookAtCheckpoint,
} from './checkpoint.ts';
import type { Config } from './config.ts';
import { dropOwnerTokenFile, type Handover, handoverFor, type Terminal } from './first-start.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { startJobs } from './jobs.ts';
import { NAMED, SLICES } from './slices.ts';

export interface App {
  listen(): Promise<{ readonly url: string }>;
  close(): Promise<void>;
  /** What the operator must see once: the owner's token, the key that was made. */
  readonly announcements: readonly string[];
  /** Told when nothing may be served any more, because another process has the store. */
  onLost(told: (reason: Error) => void): void;
}

interface AppDeps {
  readonly config: Config;
  readonly log: Log;
  /** null: whatever is printed may end up in a log. */
  readonly terminal?: Terminal | null;
}

/**
 * The composition root: builds everything once. Takes its port first, so that a start that cannot serve writes nothing, and hands
 * over the first owner's token before the team is founded.
 */
export async function createApp({ config, log, terminal = null }: AppDeps): Promise<App> {
  const given = await givenRootKey(config);
  const holder = createMacHolder();
  const noted = notingCommits(await openStoreOf(config, holder, log));
  const { store } = noted;
  let plugins: Plugins = noPlugins;
  let port: TakenPort | null = null;
  try {
    const isFounding = (await store.head([config.team])) === null;
    const handover = isFounding ? handoverFor(config, terminal) : null;
    port = await takePort({ ...config, connections: config.limits.connections });
    const announcements: string[] = [];
    const rootKey = given ?? (await ownRootKey(config, store, announcements));
    const isNew = await store.isEmpty();
    if (isNew) assertNoCheckpoint(config.checkpointFile);
    const keys = await openKeys({ store, holder, rootKey, clock: systemClock, initialise: true });
    const checkpoint = checkpointOf(config, noted, keys);
    if (checkpoint) await assertFollowsCheckpoint(checkpoint, isNew);
    await store.claim?.();
    const { limits, cacheBytes } = config;
    const reach = createReach(config.allowedHosts);
    plugins = await pluginsOf(config, reach, log);
    const git = createGitReader({ reach, limits });
    const founderEnded = (): void => void dropOwnerTokenFile(config);
    const shared = { store, keys, clock: systemClock, log, limits, cacheBytes, plugins, git, reach };
    const gateway = createGateway({ ...shared, founderEnded });
    if (handover) await found(gateway, config, handover, announcements);
    await gateway.services.access.lookAtClock();
    const { schema, contextFor, known, fileMutations, hooks, expiry, routes } = gateway;
    const clockIsBehind = (): boolean => expiry.behindMs() > CLOCK_BEHIND_MS;
    const ready = async (): Promise<boolean> => (await store.head([config.team])) !== null;
    const stop = new AbortController();
    const looked = Promise.all(
      gateway.atStart.map((look) =>
        look(stop.signal).catch((error: unknown) => log.warn('A look at the start failed', describeFault(error))),
      ),
    );
    const jobs = startJobs(gateway.jobs, log);
    const following = checkpoint && (await followCheckpoint(checkpoint, log));
    const { counters } = store;
    const federation = config.federation ? gateway.federation(config.federation) : undefined;
    const server = createServer({
      schema,
      contextFor,
      known,
      fileMutations,
      hooks,
      routes,
      federation,
      ready,
      clockIsBehind,
      trouble: store.trouble?.bind(store),
      config,
      log,
      counters,
      port,
    });
    return {
      announcements,
      onLost: (told) => store.onLost?.(told),
      listen: () => server.listen(),
      close: async () => {
        await server.close();
        gateway.services.streams.close();
        stop.abort();
        await looked;
        await jobs.close();
        await plugins.close();
        await following?.close();
        await store.close();
      },
    };
  } catch (error) {
    port?.server.close();
    await plugins.close();
    await store.close();
    throw error;
  }
}

/** Founds the team, once: of two that try at the same time one does. */
async function found(gateway: Gateway, config: Config, handover: Handover, announcements: string[]): Promise<void> {
  const { lifetimeMs } = handover;
  const owner = await gateway.services.access.bootstrap(config.team, { ...handover, lifetimeMs });
  if (owner === null) return;
  // In development also where it is seen at once; it stays good there.
  if (config.development) announcements.push(`Owner token of the team ${config.team}, shown this once: ${owner}`);
}

/** A token of an owner, made while nobody serves the store (MongoDB: at any time), for whoever holds the root key. */
export async function makeOwnerToken(config: Config, log: Log): Promise<string> {
  const given = await givenRootKey(config);
  const rootKey = given ?? (await loadRootKey({ file: join(config.dataDirectory, 'root.key') }));
  const holder = createMacHolder();
  const store = await openStoreOf(config, holder, log);
  try {
    const keys = await openKeys({ store, holder, rootKey, clock: systemClock, initialise: false });
    const vault = createVault({ store, keys, clock: systemClock, log, cacheBytes: 0 });
    const access = createAccess({
      store,
      vault,
      keys,
      clock: systemClock,
      limits: config.limits,
      builtIn: builtInRoles(nounsOf(SLICES).resources),
      named: NAMED,
    });
    return await access.offlineOwner(config.team);
  } finally {
    await store.close();
  }
}

/** Says where the checkpoint file and the store stand; `accept`: from there on the store counts. */
export async function checkpointCommand(config: Config, log: Log, accept: boolean): Promise<readonly string[]> {
  const given = await givenRootKey(config);
  const rootKey = given ?? (await loadRootKey({ file: join(config.dataDirectory, 'root.key') }));
  const holder = createMacHolder();
  const store = await openStoreOf(config, holder, log);
  try {
    const keys = await openKeys({ store, holder, rootKey, clock: systemClock, initialise: false });
    const checkpoint = checkpointOf(config, notingCommits(store), keys);
    if (!checkpoint) throw unavailable('There is no checkpoint file: set KEYLOOM_CHECKPOINT_FILE');
    return await lookAtCheckpoint(checkpoint, accept);
  } finally {
    await store.close();
  }
}

function checkpointOf(config: Config, { store, made }: Noted, keys: Keys): CheckpointDeps | null {
  const { checkpointFile: file, mongodbUrl, dataDirectory, team } = config;
  if (file === null) return null;
  return { file, storeDirectory: mongodbUrl ? null : join(dataDirectory, 'store'), teams: [team], store, made, keys };
}

function openStoreOf({ mongodbUrl, database, dataDirectory, limits: quotas }: Config, holder: MacHolder, log: Log) {
  const place = mongodbUrl ? { mongodbUrl: mongodbUrl.reveal() } : {};
  return openStore({ ...place, database, dir: join(dataDirectory, 'store'), mac: holder.mac, log, quotas });
}

function pluginsOf(
  { plugins: names, pluginOptions: options, pluginDirectory, pluginHashes: hashes, limits }: Config,
  reach: Reach,
  log: Log,
): Promise<Plugins> {
  const { addonDeadlineMs: deadlineMs } = limits;
  const bounds = {
    maxBytes: limits.addonBytes,
    maxValueBytes: limits.addonValueBytes,
    maxMemoryBytes: limits.pluginMemoryBytes,
    maxProcesses: limits.pluginProcesses,
    idleMs: limits.pluginIdleMs,
  };
  const directory = pluginDirectory === null ? null : pathToFileURL(`${resolve(pluginDirectory)}/`);
  return loadPlugins({ names, options, directory, hashes, bounds, reach, deadlineMs, log, clock: systemClock });
}

/** The operator's root key; null: development has to look for its own. Asked for before anything is opened or written. */
async function givenRootKey({ rootKeyFile, rootKey, development }: Config): Promise<Uint8Array | null> {
  if (rootKeyFile !== null) return loadRootKey({ file: rootKeyFile });
  if (rootKey !== null) return loadRootKey({ env: rootKey.reveal() });
  if (development) return null;
  throw unavailable('A root key is needed: set KEYLOOM_ROOT_KEY_FILE or KEYLOOM_ROOT_KEY');
}

/** The key in the data directory; made for an empty store, and only for one. */
async function ownRootKey({ dataDirectory }: Config, store: Store, announcements: string[]): Promise<Uint8Array> {
  const own = join(dataDirectory, 'root.key');
  if (existsSync(own)) return loadRootKey({ file: own });
  if (!(await store.isEmpty())) throw unavailable(`The store holds data, but its root key ${own} is missing`);
  announcements.push(`Development: a root key was made in ${own}. Whoever loses it loses the data.`);
  return createRootKeyFile(own);
}
