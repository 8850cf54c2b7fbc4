import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { unavailable } from '../../kernel/errors.ts';
import { isNoSpace } from './space.ts';

/** A process, told apart from a later one with the same number. */
interface Holder {
  readonly pid: number;
  readonly boot: string;
  readonly started: string;
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** Field 22 of the process's stat: ticks from boot to its start. The name before it may hold spaces and brackets. */
function startOf(pid: number | 'self'): string {
  const stat = textOf(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

const self = (): Holder => ({
  pid: process.pid,
  boot: textOf('/proc/sys/kernel/random/boot_id').trim(),
  started: startOf('self'),
});

function isRunning(holder: Holder): boolean {
  if (holder.boot !== self().boot) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // Someone else's process is a process too.
    if ((error as { code?: unknown }).code !== 'EPERM') return false;
  }
  return holder.started === startOf(holder.pid);
}

function holderOf(path: string): Holder | null {
  try {
    const { pid, boot, started } = JSON.parse(textOf(path)) as Partial<Holder>;
    return typeof pid === 'number' && typeof boot === 'string' && typeof started === 'string'
      ? { pid, boot, started }
      : null;
  } catch {
    return null;
  }
}

/**
 * Takes the directory for this process, or throws UNAVAILABLE while another has it. One that was killed no longer has it.
 * The caller sees to it that only one process at a time is in here. Answers how to give it back.
 */
export function takeLock(path: string): () => void {
  const holder = holderOf(path);
  if (holder && isRunning(holder)) {
    throw unavailable(
      `The data directory is in use by process ${holder.pid}; stop it first, or choose another directory`,
    );
  }
  // Renamed into place: a lock file is whole or absent, even after a kill in between.
  const written = `${path}.new`;
  try {
    writeFileSync(written, JSON.stringify(self()), { mode: 0o600 });
    renameSync(written, path);
  } catch (error) {
    rmSync(written, { force: true });
    // Whoever else comes is found by the engine's own lock all the same; a full disk is no reason not to be read.
    if (!isNoSpace(error)) throw error;
    rmSync(path, { force: true });
  }
  return () => {
    if (holderOf(path)?.pid === process.pid) rmSync(path, { force: true });
  };
}
