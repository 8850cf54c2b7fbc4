import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const CHILD = join(import.meta.dirname, 'store-child.ts');

export interface StoreChild {
  readonly process: ChildProcess;
  /** Everything it has said so far. */
  readonly lines: () => readonly string[];
  /** Resolves once it has said so many lines, or ended. */
  readonly said: (count: number) => Promise<void>;
  readonly kill: () => Promise<void>;
}

export function startStoreChild(dir: string, mode: 'write' | 'hold' | 'claim'): StoreChild {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, dir, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  // `close`, not `exit`: only then has the pipe been read to its end.
  const closed = once(child, 'close');
  // What follows the last line break is a line torn by the kill.
  const lines = (): readonly string[] => text.split('\n').slice(0, -1);
  return {
    process: child,
    lines,
    async said(count) {
      while (lines().length < count && child.exitCode === null && child.signalCode === null) await setTimeout(1);
    },
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
