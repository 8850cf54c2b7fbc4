import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Somewhere that is soon full. */
export interface SmallVolume {
  readonly dir: string;
  /** Gives it more room. */
  readonly enlarge: () => void;
  readonly remove: () => void;
}

const ran = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0;

/** In memory; null where it cannot be mounted. */
export function smallTmpfs(root: string, size: string, larger: string): SmallVolume | null {
  const dir = join(root, 'tmpfs');
  mkdirSync(dir);
  if (!ran('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', dir)) return null;
  return {
    dir,
    enlarge: () => void ran('mount', '-o', `remount,size=${larger}`, dir),
    remove: () => void ran('umount', dir),
  };
}

/** A file system of a disk in a file, on which a large file of somebody else's goes away; null where it cannot be mounted. */
export function smallExt4(root: string, bytes: number, fillerBytes: number): SmallVolume | null {
  const dir = join(root, 'ext4');
  const image = join(root, 'ext4.image');
  mkdirSync(dir);
  writeFileSync(image, '');
  truncateSync(image, bytes);
  // No blocks kept for root, whom the tests may run as.
  if (!ran('mkfs.ext4', '-q', '-m', '0', '-O', '^has_journal', image)) return null;
  if (!ran('mount', '-o', 'loop', image, dir)) return null;
  const filler = join(dir, 'filler');
  writeFileSync(filler, Buffer.alloc(fillerBytes, 1));
  return { dir, enlarge: () => rmSync(filler), remove: () => void ran('umount', dir) };
}
