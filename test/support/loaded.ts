import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Loaded {
  /** Names of packages of npm, sorted. */
  readonly packages: readonly string[];
  /** Paths below `dist`, sorted. */
  readonly own: readonly string[];
}

/** Runs a process to its end and answers which files its main thread and workers had loaded by then. */
export async function loadedBy(run: (env: { readonly NODE_V8_COVERAGE: string }) => Promise<unknown>): Promise<Loaded> {
  const dir = mkdtempSync(join(tmpdir(), 'keyloom-loaded-'));
  try {
    // The engine's own list of scripts, of either kind of module.
    await run({ NODE_V8_COVERAGE: dir });
    const urls = new Set(readdirSync(dir).flatMap((name) => urlsIn(join(dir, name))));
    const paths = [...urls].filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url));
    const packages = paths.flatMap((path) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
    const own = paths.flatMap((path) => /\/dist\/((?:src|plugins|bundle)\/.*)$/.exec(path)?.[1] ?? []);
    return { packages: [...new Set(packages)].sort(), own: own.sort() };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function urlsIn(file: string): readonly string[] {
  const { result } = JSON.parse(readFileSync(file, 'utf8')) as { readonly result: readonly { readonly url: string }[] };
  return result.map(({ url }) => url);
}
