import { createHash } from 'node:crypto';
import { opendirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

const MAX_BYTES = 256 * 1_048_576;
const MAX_FILES = 50_000;

/**
 * SHA-256, as hex, of all that a folder holds: of each file, by path, `<sha-256 of its bytes>  <path>` and a line feed
 * (as `sha256sum` prints it). null: it holds a symbolic link or another thing that is no file, or is too large.
 */
export function folderHash(folder: string): string | null {
  const paths = filesIn(folder);
  if (!paths) return null;
  const whole = createHash('sha256');
  for (const path of paths.sort()) {
    const bytes = createHash('sha256')
      .update(readFileSync(join(folder, path)))
      .digest('hex');
    whole.update(`${bytes}  ${path}\n`);
  }
  return whole.digest('hex');
}

function filesIn(folder: string): string[] | null {
  const files: string[] = [];
  const folders = [folder];
  let bytes = 0;
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    const directory = opendirSync(at);
    try {
      for (let entry = directory.readSync(); entry; entry = directory.readSync()) {
        const path = join(at, entry.name);
        if (entry.isDirectory()) folders.push(path);
        else if (entry.isFile()) {
          files.push(relative(folder, path));
          bytes += statSync(path).size;
        } else return null;
        if (files.length > MAX_FILES || bytes > MAX_BYTES) return null;
      }
    } finally {
      directory.closeSync();
    }
  }
  return files;
}
