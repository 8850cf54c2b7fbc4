import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SLUG } from '../kernel/ids.ts';

/** Where a plugin's code lies. */
export interface PluginSource {
  /** As it was asked for: a folder's name or a package's. */
  readonly name: string;
  /** Path of its folder. */
  readonly folder: string;
  /** The id that it must have; null: a package, which may have any. */
  readonly folderName: string | null;
  /** Part of the product, and so trusted. */
  readonly isShipped: boolean;
  readonly entry: string;
  /** What a process of its own imports: as `entry`, but always built. */
  readonly isolatedEntry: string;
}

export interface Places {
  /** A folder of the operator's own plugins. */
  readonly directory: URL | null;
  /** Folders in which a search for `node_modules` begins. */
  readonly packagesFrom: readonly string[];
}

/** Beside `src`, and so beside `dist/src` once built. */
const SHIPPED = new URL('../../plugins/', import.meta.url);
const IS_SOURCE = import.meta.url.endsWith('.ts');
const SHIPPED_BUILT = IS_SOURCE ? new URL('../../dist/plugins/', import.meta.url) : SHIPPED;

const shippedEntry = (name: string): URL | null => existing(`${name}/index.${IS_SOURCE ? 'ts' : 'js'}`, SHIPPED);

function existing(path: string, directory: URL): URL | null {
  const file = new URL(path, directory);
  return existsSync(file) ? file : null;
}

function foldersWith(directory: URL, entryOf: (name: string) => URL | null): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(fileURLToPath(directory))
    .filter((name) => SLUG.test(name) && entryOf(name) !== null)
    .sort();
}

/** Names of the shipped plugins, sorted. */
export const shippedNames = (): readonly string[] => foldersWith(SHIPPED, shippedEntry);

const ownEntry =
  (directory: URL) =>
  (name: string): URL | null =>
    existing(`${name}/index.js`, directory) ?? existing(`${name}/index.mjs`, directory);

/** Names of the operator's own, sorted. */
export const ownNames = (directory: URL | null): readonly string[] =>
  directory ? foldersWith(directory, ownEntry(directory)) : [];

/** Everything that goes by this name: none, one, or (then nobody can tell which is meant) more. */
export function sourcesOf(name: string, { directory, packagesFrom }: Places): readonly PluginSource[] {
  const found: PluginSource[] = [];
  const shipped = SLUG.test(name) ? shippedEntry(name) : null;
  if (shipped) {
    const isolatedEntry = new URL(`${name}/index.js`, SHIPPED_BUILT);
    found.push(sourceOf(name, name, shipped, { isShipped: true, isolatedEntry }));
  }
  const own = directory && SLUG.test(name) ? ownEntry(directory)(name) : null;
  if (own) found.push(sourceOf(name, name, own));
  if (found.length > 0) return found;
  const entry = packageEntry(name, packagesFrom);
  return entry ? [{ ...sourceOf(name, null, entry.file), folder: entry.folder }] : [];
}

function sourceOf(
  name: string,
  folderName: string | null,
  entry: URL,
  over: { isShipped?: true; isolatedEntry?: URL } = {},
) {
  const isolated = over.isolatedEntry ?? entry;
  return {
    name,
    folderName,
    folder: dirname(fileURLToPath(isolated)),
    isShipped: over.isShipped ?? false,
    entry: entry.href,
    isolatedEntry: isolated.href,
  };
}

/** The file that an `import` of a package loads; found without running anything of it. */
function packageEntry(name: string, from: readonly string[]): { readonly folder: string; readonly file: URL } | null {
  for (const start of from) {
    for (let at = start; ; at = dirname(at)) {
      const folder = join(at, 'node_modules', name);
      if (existsSync(join(folder, 'package.json'))) return entryIn(realpathSync(folder));
      if (at === dirname(at)) break;
    }
  }
  return null;
}

function entryIn(folder: string): { readonly folder: string; readonly file: URL } | null {
  let manifest: { readonly exports?: unknown; readonly main?: unknown };
  try {
    manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch {
    return null;
  }
  const target = manifest.exports === undefined ? (manifest.main ?? 'index.js') : exported(manifest.exports);
  if (typeof target !== 'string') return null;
  const path = join(folder, target);
  if (relative(folder, path).startsWith('..') || !existsSync(path)) return null;
  return { folder, file: pathToFileURL(path) };
}

const CONDITIONS = new Set(['import', 'node', 'module-sync', 'default']);

/** What `exports` gives for the package itself to an `import`. */
function exported(exports: unknown): unknown {
  if (typeof exports === 'string' || typeof exports !== 'object' || exports === null) return exports;
  const entries = Object.entries(exports);
  const own = entries.find(([key]) => key === '.');
  if (own) return exported(own[1]);
  return exported(entries.find(([key]) => CONDITIONS.has(key))?.[1]);
}
