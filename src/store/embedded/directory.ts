import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { integrity, isAppError, unavailable } from '../../kernel/errors.ts';
import { checkDataFile } from './data-file.ts';
import { type Lock, takeLock } from './lock.ts';
import { checkPages } from './pages.ts';

/** In a larger store the leaves are not looked at when it is opened: `keyloom verify` does. */
const MAX_PAGES = 16_384;

/**
 * Processes that read the data file, this one not yet: counted in a file that the engine begins anew when the kernel gives it that
 * file's lock, which others hold as long as they live, in whatever container.
 */
const readersOf = (db: RootDatabase<Buffer, Buffer>): number =>
  (db.getStats() as { readonly numReaders: number }).numReaders;

interface Opened {
  readonly db: RootDatabase<Buffer, Buffer>;
  readonly lock: Lock;
}

function opened(dir: string): Opened {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if ((statSync(dir).mode & 0o077) !== 0) chmodSync(dir, 0o700);
  const options = {
    path: join(dir, 'store.mdb'),
    encoding: 'binary',
    keyEncoding: 'binary',
    useVersions: true,
    // A commit is synced before it is acknowledged, not some time after.
    overlappingSync: false,
    // Else a write of its own, of which nobody is told, accompanies each of ours: when it fails that ends the process.
    eventTurnBatching: false,
    // Ours alone, whatever the umask; the type of the options does not know it.
    permissionsMode: 0o600,
  } as const;
  checkDataFile(options.path);
  const db = open<Buffer, Buffer>(options);
  try {
    // The engine's write lock is held across processes, so two that start at once take turns here.
    const lock = db.transactionSync(() => {
      const taken = takeLock(join(dir, 'store.lock'), readersOf(db) > 0);
      try {
        checkPages(options.path, MAX_PAGES);
      } catch (error) {
        taken.release();
        throw error;
      }
      return taken;
    });
    return { db, lock };
  } catch (error) {
    void db.close();
    throw error;
  }
}

/** Opens the data file of a directory that no other process has open. */
export function openDirectory(dir: string): Opened {
  try {
    return opened(dir);
  } catch (error) {
    if (isAppError(error)) throw error;
    const reason = error instanceof Error ? error.message : '';
    if (/MDB_(INVALID|CORRUPTED|VERSION_MISMATCH|PAGE_NOTFOUND)|not an? LMDB/i.test(reason)) {
      throw integrity('the data file cannot be opened', error);
    }
    throw unavailable('The data directory cannot be opened: is it writable, and on a local disk?', error);
  }
}
