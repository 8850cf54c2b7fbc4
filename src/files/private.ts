import { randomBytes } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Files for their owner alone, there as a whole or as they were before. What is written first lies beside the file under a name
 * that nobody has: nothing that a killed process left is in the way, and no link is followed, there or at the place itself.
 */

const OWNER_ALONE = 0o600;

/** As long for every file, whose own name may be as long as names can be. */
const besides = (file: string): string => join(dirname(file), `.keyloom-${randomBytes(8).toString('hex')}.tmp`);

/** Replaces the file. Its content is on the disk when this resolves, its name when `syncFolder` does. */
export async function replacePrivately(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = besides(file);
  // Ended in between, nothing of it stays. At once: by then nothing is waited for any more.
  const forget = (): void => rmSync(temporary, { force: true });
  process.once('exit', forget);
  let handle: FileHandle | null = null;
  try {
    handle = await open(temporary, 'wx', OWNER_ALONE);
    await handle.writeFile(content);
    await handle.sync();
    await handle.close();
    await rename(temporary, file);
  } catch (error) {
    await handle?.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  } finally {
    process.removeListener('exit', forget);
  }
}

/** The same within this turn, not waiting for the disk: for small files that mean nothing once the power was lost. */
export function replacePrivatelyNow(file: string, content: string): void {
  const temporary = besides(file);
  try {
    const opened = openSync(temporary, 'wx', OWNER_ALONE);
    try {
      writeFileSync(opened, content);
    } finally {
      closeSync(opened);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Makes the names in a folder last: a new one, or what is renamed into it. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
