import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vitest/config';
import base from '../../vitest.config.ts';
import { FAULTS } from './faults.ts';

/** Runs single test files with one fault in the code: PLANTED is its number, or empty for none. */
const number = process.env.PLANTED ?? '';
const fault = number === '' ? null : (FAULTS[Number(number)] ?? null);

const planted: Plugin = {
  name: 'planted-fault',
  enforce: 'pre',
  transform(code, id) {
    if (fault === null || id !== fileURLToPath(new URL(`../../../src/${fault.file}`, import.meta.url))) return null;
    if (code.split(fault.find).length !== 2)
      throw new Error(`PLANTED: ${fault.file} has not exactly one "${fault.find}"`);
    return { code: code.replace(fault.find, () => fault.put), map: null };
  },
};

const { projects: _, ...shared } = base.test ?? {};

export default defineConfig({
  ...base,
  plugins: [planted],
  test: {
    ...shared,
    // It knows a file by its content, not by the fault that is planted in it.
    experimental: { fsModuleCache: false },
    pool: 'threads',
    isolate: false,
    maxWorkers: 1,
    include: ['test/{integration,federation}/**/*.test.ts'],
  },
});
