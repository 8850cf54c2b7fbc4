import { defineConfig } from 'vitest/config';
import base from '../vitest.config.ts';

const { projects: _, ...shared } = base.test ?? {};

/** The long ones: many random projects, kill cycles, fault sweeps. */
export default defineConfig({
  ...base,
  test: {
    ...shared,
    include: ['test/stress/**/*.test.ts', 'test/e2e/**/*.long.test.ts'],
    testTimeout: 20 * 60_000,
    // Of children that work side by side.
    maxConcurrency: 2,
  },
});
