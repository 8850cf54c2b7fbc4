import { fileURLToPath } from 'node:url';
import type { Clock } from '../kernel/clock.ts';
import { AppError, type FieldError, invalidInput, isAppError } from '../kernel/errors.ts';
import { defaultsOf, OWN_LIMITS } from '../kernel/limits.ts';
import type { Log } from '../kernel/log.ts';
import type { Reach } from '../net/reach.ts';
import { type Candidate, candidateOf } from './candidate.ts';
import { folderHash } from './folder-hash.ts';
import { type Bounds, NotReady } from './open-child.ts';
import type { LoadedPlugin, Plugins } from './plugin.ts';
import { createPool, type PoolBounds } from './pool.ts';
import { FAULTS } from './provider.ts';
import { ownNames, type PluginSource, shippedNames, sourcesOf } from './sources.ts';

export interface LoadRequest {
  /** Folders, or names of npm packages. null: every folder. */
  readonly names: readonly string[] | null;
  /** The operator's options by plugin id. */
  readonly options: ReadonlyMap<string, unknown>;
  readonly log: Log;
  readonly clock: Clock;
  readonly reach: Reach;
  /** One question to a plugin. */
  readonly deadlineMs: number;
  readonly bounds?: Partial<Omit<Bounds, 'deadlineMs'> & Pick<PoolBounds, 'maxProcesses' | 'idleMs'>>;
  /** The operator's own plugins; none unless given. */
  readonly directory?: URL | null;
  /** SHA-256 of what a plugin's folder holds, by name. Not empty: what is not listed, and not shipped, is not loaded. */
  readonly hashes?: ReadonlyMap<string, string>;
  /** Where npm packages are looked for; beside the program and in the working directory unless given. */
  readonly packagesFrom?: readonly string[];
}

const bad = (name: string, why: string): AppError => new AppError('UNAVAILABLE', `The plugin ${name} ${why}`);

const defaults = defaultsOf(OWN_LIMITS);
const BOUNDS = {
  maxBytes: defaults.addonBytes,
  maxValueBytes: defaults.addonValueBytes,
  maxMemoryBytes: defaults.pluginMemoryBytes,
  maxProcesses: defaults.pluginProcesses,
  idleMs: defaults.pluginIdleMs,
};
/** Beyond the deadline of a call: waiting for another call's process to become free, and a start on a busy machine. */
const WAIT_MS = 5_000;
const START_MS = 10_000;

/** Finds, checks and starts in order. The first that fails stops those before it. */
export async function loadPlugins(request: LoadRequest): Promise<Plugins> {
  const { names, options, directory = null, log } = request;
  const stop = new AbortController();
  const candidates: Candidate[] = [];
  const bounds = { ...BOUNDS, ...request.bounds, deadlineMs: request.deadlineMs };
  const pool = createPool({ ...bounds, waitMs: WAIT_MS });
  const close = async (): Promise<void> => {
    stop.abort();
    await pool.close();
    for (const candidate of candidates.splice(0).reverse()) {
      await candidate.close().catch(() => log.warn('A plugin did not close', { plugin: candidate.source.name }));
    }
  };
  try {
    const wanted = names ?? [...shippedNames(), ...ownNames(directory)];
    if (new Set(wanted).size !== wanted.length) throw bad(twiceIn(wanted), 'is there twice');
    const sources = wanted.map((name) => verifiedSource(name, request));
    const deps = { ...request, bounds, pool, startMs: WAIT_MS + START_MS, signal: stop.signal };
    candidates.push(...sources.map((source) => candidateOf(source, deps)));
    const facts = await Promise.all(candidates.map((each) => told(each, () => each.facts())));
    const ids = facts.map(({ id }) => id);
    if (new Set(ids).size !== ids.length) throw bad(twiceIn(ids), 'is there twice');
    for (const id of options.keys()) if (!ids.includes(id)) throw bad(id, 'has options, but is not loaded');
    const byId = new Map<string, LoadedPlugin>();
    for (const candidate of candidates) {
      const plugin = await told(candidate, () => candidate.start());
      byId.set(plugin.facts.id, plugin);
    }
    return { byId, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const twiceIn = (names: readonly string[]): string => names.find((name, i) => names.indexOf(name) !== i) ?? '';

/** In words for the operator; what the plugin itself said is not among them. */
async function told<T>({ source }: Candidate, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotReady && error.fault === 'options') throw badOptions(source.name, error.paths);
    if (error instanceof NotReady && error.fault !== 'options') throw bad(source.name, FAULTS[error.fault]);
    throw isAppError(error)
      ? error
      : new AppError('UNAVAILABLE', `The plugin ${source.name} ${FAULTS.start}`, { cause: error });
  }
}

function badOptions(name: string, paths: NotReady['paths']): AppError {
  return invalidInput(
    paths.map(
      (path): FieldError => ({
        path: ['KEYLOOM_PLUGIN_OPTIONS', name, ...path],
        rule: 'options',
        message: 'is not what the plugin takes',
      }),
    ),
  );
}

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** The one that goes by a name, if it is what the operator says it is. Nothing of it has run yet. */
function verifiedSource(name: string, request: LoadRequest): PluginSource {
  const { directory = null, packagesFrom = [HERE, process.cwd()], hashes = new Map<string, string>() } = request;
  const [source, other] = sourcesOf(name, { directory, packagesFrom });
  if (!source) throw bad(name, FAULTS.import);
  if (other) throw bad(name, 'is there twice');
  const expected = hashes.get(name);
  if (hashes.size === 0 || (source.isShipped && expected === undefined)) return source;
  if (expected === undefined) throw bad(name, 'is not listed in KEYLOOM_PLUGIN_HASHES');
  const actual = folderHash(source.folder);
  if (actual === null) throw bad(name, 'cannot be verified: its folder holds a link, or too much');
  if (actual !== expected) throw bad(name, `is not the one in KEYLOOM_PLUGIN_HASHES: its hash is ${actual}`);
  return source;
}
