import { defineConfig, mergeConfig } from 'vitest/config';
import base from '../vitest.config.ts';

/** The long ones: many random projects, kill cycles, fault sweeps. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  defineConfig({
    test: { include: ['test/stress/**/*.test.ts', 'test/e2e/**/*.long.test.ts'], testTimeout: 20 * 60_000 },
  }),
);
