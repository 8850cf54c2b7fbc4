import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: [
      // Without the alias vitest loads graphql twice (its ES and its CommonJS build).
      { find: /^graphql$/, replacement: 'graphql/index.js' },
      // package.json leads to the built contract.
      { find: /^#plugin$/, replacement: fileURLToPath(new URL('../src/plugin/contract.ts', import.meta.url)) },
      { find: /^#plugin\/json$/, replacement: fileURLToPath(new URL('../src/plugin/json-text.ts', import.meta.url)) },
      { find: /^#plugin\/attempt$/, replacement: fileURLToPath(new URL('../src/plugin/attempt.ts', import.meta.url)) },
    ],
  },
  test: {
    globalSetup: ['./support/built-global.ts', './support/mongodb-global.ts'].map((file) =>
      fileURLToPath(new URL(file, import.meta.url)),
    ),
    include: ['test/**/*.test.ts'],
    exclude: ['test/stress/**', 'test/**/*.long.test.ts'],
    // Only against hanging: machines are busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
