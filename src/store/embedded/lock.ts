import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { replacePrivatelyNow } from '../../files/private.ts';
import { unavailable } from '../../kernel/errors.ts';
import { isNoSpace } from './space.ts';

/** A process, told apart from a later one with the same number. */
interface Holder {
  readonly pid: number;
  readonly boot: string;
  readonly started: string;
  /** Where its number counts: containers have numbers of their own. */
  readonly space: string;
  /** Of this taking alone. */
  readonly nonce: string;
}

export interface Lock {
  readonly release: () => void;
  /** False: another process has taken the directory since, which the engine may not have noticed on a volume without locks. */
  readonly isHeld: () => boolean;
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

function ownSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

const self = (): Omit<Holder, 'nonce'> => ({
  pid: process.pid,
  boot: textOf('/proc/sys/kernel/random/boot_id').trim(),
  started: startOf('self'),
  space: ownSpace(),
});

/** Whether its number says anything here. */
const isNeighbour = ({ boot, space }: Holder): boolean => boot === self().boot && space === ownSpace();

function isRunning(holder: Holder): boolean {
  if (!isNeighbour(holder)) return false;
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
    const { pid, boot, started, space, nonce } = JSON.parse(textOf(path)) as Partial<Holder>;
    const isWhole = typeof pid === 'number' && [boot, started, space, nonce].every((text) => typeof text === 'string');
    return isWhole ? ({ pid, boot, started, space, nonce } as Holder) : null;
  } catch {
    return null;
  }
}

/**
 * Takes the directory for this process, or throws UNAVAILABLE while another has it. One that was killed no longer has it.
 * The caller sees to it that only one process at a time is in here, and says whether any has the data file open: it may be in
 * another container.
 */
export function takeLock(path: string, isOpenElsewhere: boolean): Lock {
  const holder = holderOf(path);
  if (holder && isRunning(holder)) {
    throw unavailable(
      `The data directory is in use by process ${holder.pid}; stop it first, or choose another directory`,
    );
  }
  // A holder that surely is no more leaves only those that read: a backup under way.
  if (isOpenElsewhere && !(holder && isNeighbour(holder))) {
    throw unavailable(
      'The data directory is in use by a process of another container, or a backup of it is under way; stop that first',
    );
  }
  // Renamed into place: a lock file is whole or absent, even after a kill in between.
  const nonce = randomUUID();
  try {
    replacePrivatelyNow(path, JSON.stringify({ ...self(), nonce }));
  } catch (error) {
    // Whoever else comes is found by the engine's own lock all the same; a full disk is no reason not to be read.
    if (!isNoSpace(error)) throw error;
    rmSync(path, { force: true });
  }
  const isHeld = (): boolean => (holderOf(path)?.nonce ?? nonce) === nonce;
  return {
    isHeld,
    release: () => {
      if (isHeld()) rmSync(path, { force: true });
    },
  };
}
