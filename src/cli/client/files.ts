import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivately } from './contexts.ts';
import { Failure } from './failure.ts';
import { printable } from './text.ts';

/** Writes files below a directory, each for its owner alone. None leaves it, and no link is followed. */
export async function writeFiles(
  directory: string,
  files: readonly { readonly path: string; readonly data: string }[],
): Promise<void> {
  const targets = files.map(({ path, data }) => ({ parts: partsOf(path), path, data }));
  for (const { parts, path, data } of targets) {
    let at = directory;
    await mkdir(at, { recursive: true, mode: 0o700 });
    for (const part of parts.slice(0, -1)) {
      at = join(at, part);
      await mkdir(at, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      await requireNo(at, 'isDirectory', path);
    }
    const target = join(at, parts.at(-1) ?? '');
    await requireNo(target, 'isFile', path);
    await writePrivately(target, Buffer.from(data, 'base64'));
  }
}

function partsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(1);
  const isBad = (part: string): boolean => part === '' || part === '.' || part === '..' || /[\\\0]/.test(part);
  if (!path.startsWith('/') || parts.length === 0 || parts.some(isBad)) {
    throw new Failure('invalid', printable(`${path} is not a path of a file`));
  }
  return parts;
}

/** What is there already must be of this kind itself, and no link to one. */
async function requireNo(place: string, kind: 'isDirectory' | 'isFile', path: string): Promise<void> {
  const found = await lstat(place).catch(() => null);
  if (found && !found[kind]())
    throw new Failure('invalid', printable(`${path} is not written: something else is in its place, or a link`));
}
