import { dirname, relative, resolve } from 'node:path';
import type { Plugin } from 'vitest/config';

const ROOT = resolve(import.meta.dirname, '../..');

/** Whether files are run once, as they are now: what watches, or asks which tests a change touches, has to see the sources themselves. */
const runsOnce = (args: readonly string[]): boolean =>
  args.includes('run') && !args.some((arg) => /^--(changed|watch|coverage)/.test(arg));

/**
 * Gives tests what `npm run build` made of `src` and `plugins`, which the global setup keeps fresh, as modules of the engine. Made of the
 * sources by Vite, each run compiles 700 files anew, and every use of an import is a call.
 */
export const builtSources: Plugin = {
  name: 'built-sources',
  enforce: 'pre',
  resolveId(source, importer) {
    if (!importer || !source.endsWith('.ts') || !/^[./]/.test(source) || !runsOnce(process.argv)) return null;
    const path = relative(ROOT, resolve(dirname(importer), source));
    if (!/^(src|plugins)\//.test(path)) return null;
    return resolve(ROOT, 'dist', path.replace(/\.ts$/, '.js'));
  },
};

/** Left to the engine. */
export const BUILT = /\/dist\/(src|plugins)\//;
