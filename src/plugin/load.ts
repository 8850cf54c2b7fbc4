import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError, type FieldError, invalidInput } from '../kernel/errors.ts';
import { SLUG } from '../kernel/ids.ts';
import type { AddonProvider, LinkableKey, Running } from './contract.ts';
import { createHost, type HostDeps } from './host.ts';

/** A plugin that was checked and started. */
export interface LoadedPlugin {
  readonly provider: AddonProvider;
  readonly running: Running<unknown>;
  readonly keys: ReadonlyMap<string, LinkableKey>;
}

/** The plugins that run, by id. */
export interface Plugins {
  readonly byId: ReadonlyMap<string, LoadedPlugin>;
  /** In the reverse of the order in which they were started. */
  close(): Promise<void>;
}

export const noPlugins: Plugins = { byId: new Map(), close: async () => {} };

export interface LoadRequest extends Omit<HostDeps, 'signal'> {
  /** Folders of `directory`, or names of npm packages. null: every folder. */
  readonly names: readonly string[] | null;
  /** The operator's options by plugin id. */
  readonly options: ReadonlyMap<string, unknown>;
  /** Where the folders are; those that are shipped unless given. */
  readonly directory?: URL;
}

/** Beside `src`, and so beside `dist/src` once built. */
const SHIPPED = new URL('../../plugins/', import.meta.url);
const INDEXES = import.meta.url.endsWith('.ts') ? ['index.ts', 'index.js'] : ['index.js'];
const KEY_NAME = /^[a-zA-Z][a-zA-Z0-9_]*$/;

const bad = (name: string, why: string): AppError => new AppError('UNAVAILABLE', `The plugin ${name} ${why}`);

/** Imports, checks and starts in order. The first that fails stops those before it. */
export async function loadPlugins({ names, options, directory = SHIPPED, ...deps }: LoadRequest): Promise<Plugins> {
  const stop = new AbortController();
  const started: LoadedPlugin[] = [];
  const close = async (): Promise<void> => {
    stop.abort();
    for (const { running, provider } of started.splice(0).reverse()) {
      await running.close?.().catch(() => deps.log.warn('A plugin did not close', { plugin: provider.id }));
    }
  };
  try {
    const providers = await Promise.all((names ?? foldersIn(directory)).map((name) => importPlugin(name, directory)));
    requireDistinct(providers, options);
    for (const provider of providers) {
      const given = optionsOf(provider, options.get(provider.id));
      const running = await provider.start(given, createHost(provider.id, { ...deps, signal: stop.signal }));
      if (typeof running?.values !== 'function') throw bad(provider.id, 'has no values()');
      started.push({ provider, running, keys: new Map(provider.keys.map((key) => [key.name, key])) });
    }
    return { byId: new Map(started.map((plugin) => [plugin.provider.id, plugin])), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function indexOf(name: string, directory: URL): URL | null {
  if (!SLUG.test(name)) return null;
  const files = INDEXES.map((index) => new URL(`${name}/${index}`, directory));
  return files.find((file) => existsSync(file)) ?? null;
}

/** Names of the folders that hold a plugin, sorted. */
export function foldersIn(directory: URL = SHIPPED): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(fileURLToPath(directory))
    .filter((name) => indexOf(name, directory) !== null)
    .sort();
}

async function importPlugin(name: string, directory: URL): Promise<AddonProvider> {
  const file = indexOf(name, directory);
  let module: { readonly default?: unknown };
  try {
    module = await import(file?.href ?? name);
  } catch (cause) {
    throw new AppError('UNAVAILABLE', `The plugin ${name} cannot be imported`, { cause });
  }
  return checked(module.default, name, file !== null);
}

function checked(found: unknown, name: string, isFolder: boolean): AddonProvider {
  const provider = found as AddonProvider | null | undefined;
  if (typeof provider !== 'object' || provider === null) throw bad(name, 'has no default export');
  if (provider.api !== 1) throw bad(name, 'was made for another version of the plugin contract');
  if (typeof provider.id !== 'string' || !SLUG.test(provider.id)) throw bad(name, 'has no slug for an id');
  if (isFolder && provider.id !== name) throw bad(name, 'has another id than its folder');
  if (provider.kind !== 'addon' && provider.kind !== 'external-addon') throw bad(name, 'is of an unknown kind');
  const parts = [provider.options?.safeParse, provider.params?.safeParse, provider.start];
  if (parts.some((part) => typeof part !== 'function')) throw bad(name, 'lacks options, params or start');
  const names = Array.isArray(provider.keys) ? provider.keys.map((key) => key.name) : [];
  if (names.length === 0 || !names.every((key) => KEY_NAME.test(key))) throw bad(name, 'has no keys, or misnamed ones');
  if (new Set(names).size !== names.length) throw bad(name, 'has a key twice');
  return provider;
}

function requireDistinct(providers: readonly AddonProvider[], options: ReadonlyMap<string, unknown>): void {
  const ids = new Set<string>();
  for (const { id } of providers) {
    if (ids.has(id)) throw bad(id, 'is there twice');
    ids.add(id);
  }
  for (const id of options.keys()) if (!ids.has(id)) throw bad(id, 'has options, but is not loaded');
}

function optionsOf(provider: AddonProvider, given: unknown): unknown {
  const parsed = provider.options.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map(
    ({ path, code }): FieldError => ({
      path: ['KEYLOOM_PLUGIN_OPTIONS', provider.id, ...path.map(String)],
      rule: code,
      message: 'is not what the plugin takes',
    }),
  );
  throw invalidInput(mistakes);
}
