import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** A script of this folder, in a process of its own. */
export function spawnScript(file: string, argument: string): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', pathOf(file), argument], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
}

/** The first line that a child prints. */
export async function firstLineOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('No output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return line;
}

/** Microseconds of processor time that a process has used, all its threads together; NaN where the system has no /proc. */
export function cpuOf(pid: number): number {
  const of = (thread: string): number =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + of(thread), 0) / 1_000;
  } catch {
    return Number.NaN;
  }
}
