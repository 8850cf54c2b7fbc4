import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { defineConfig } from 'vitest/config';
import { BUILT, builtSources } from './support/built-sources.ts';
import { SELDOM_OPTIMISED } from './support/engine.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** They count processes, workers or listeners of their own process, so each has one to itself. */
const ALONE = ['test/unit/plugin/isolation.test.ts', 'test/unit/plugin/pool.test.ts'];

const seldomOptimised = {
  name: 'seldom-optimised',
  configResolved() {
    for (const flag of SELDOM_OPTIMISED) setFlagsFromString(flag);
  },
};

const exclude = ['test/stress/**', 'test/**/*.long.test.ts'];

export default defineConfig({
  resolve: {
    alias: [
      // Without the alias vitest loads graphql twice (its ES and its CommonJS build).
      { find: /^graphql$/, replacement: 'graphql/index.js' },
      // package.json leads to the built contract.
      { find: /^#plugin$/, replacement: here('../src/plugin/contract.ts') },
      { find: /^#plugin\/server$/, replacement: here('../src/plugin/server-parts.ts') },
      { find: /^#plugin\/json$/, replacement: here('../src/plugin/json-text.ts') },
      { find: /^#plugin\/attempt$/, replacement: here('../src/plugin/attempt.ts') },
    ],
  },
  test: {
    globalSetup: [
      here('./support/built-global.ts'),
      here('./support/git-global.ts'),
      here('./support/mongodb-global.ts'),
    ],
    // Only against hanging: machines are busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
    server: { deps: { external: [BUILT] } },
    // What the compiler made of a file is kept by its content, which saves seven seconds of each further run.
    experimental: { fsModuleCache: true, fsModuleCachePath: here('../.cache/vitest') },
    projects: [
      // Most files start a whole gateway: loading it once in a worker, not once in a file, saves a third of the run.
      {
        extends: true,
        plugins: [seldomOptimised, builtSources],
        test: {
          name: 'shared',
          pool: 'threads',
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: [...exclude, ...ALONE],
        },
      },
      { extends: true, plugins: [builtSources], test: { name: 'alone', include: ALONE } },
    ],
  },
});
