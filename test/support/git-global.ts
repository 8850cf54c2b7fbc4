import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { QUIET } from './git-quiet.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The port of `git-backend.mjs`. */
    gitBackend: number;
  }
}

/** One process for the whole run that begins those of git. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'git-backend.mjs')], {
    env: { ...process.env, ...QUIET },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  project.provide('gitBackend', Number(line.toString()));
  return async () => {
    child.stdin.end();
    await ended;
  };
}
