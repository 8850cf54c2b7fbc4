import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { build } from './built.ts';
import { SELDOM_OPTIMISED } from './engine.ts';

/**
 * Plugins in processes of their own run from `dist`, in tests too. So do git workers, which share the engine of these tests: what it
 * keeps of them is made once for its flags.
 */
export default function setup(): void {
  const root = join(dirname(build()), '../..');
  const kept = join(root, `dist/bundle/git.${cachedDataVersionTag()}.cache`);
  if (!existsSync(kept)) execFileSync(process.execPath, [...SELDOM_OPTIMISED, join(root, '.ci/compile-git.mjs')]);
}
