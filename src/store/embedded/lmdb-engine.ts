import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { open, type RootDatabase } from 'lmdb';
import { type AppError, integrity, isAppError, unavailable } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { checkDataFile } from './data-file.ts';
import type { Batch, Engine } from './engine.ts';
import { takeLock } from './lock.ts';

/** Counts writes: whoever finds another number than the one it left is no longer alone. Sorts after every other key. */
const FENCE = Buffer.from([0xff]);
const MARK = Buffer.from('fence');
const NO_SPACE = /ENOSPC|EFBIG|EDQUOT|No space|File too large|quota/i;

interface Opened {
  readonly db: RootDatabase<Buffer, Buffer>;
  readonly unlock: () => void;
}

function openDirectory(dir: string): Opened {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if ((statSync(dir).mode & 0o077) !== 0) chmodSync(dir, 0o700);
  const options = {
    path: join(dir, 'store.mdb'),
    encoding: 'binary',
    keyEncoding: 'binary',
    useVersions: true,
    // A commit is synced before it is acknowledged, not some time after.
    overlappingSync: false,
    // Ours alone, whatever the umask; the type of the options does not know it.
    permissionsMode: 0o600,
  } as const;
  checkDataFile(options.path);
  const db = open<Buffer, Buffer>(options);
  try {
    // The engine's write lock is held across processes, so two that start at once take turns here.
    const unlock = db.transactionSync(() => takeLock(join(dir, 'store.lock')));
    return { db, unlock };
  } catch (error) {
    void db.close();
    throw error;
  }
}

function opened(dir: string): Opened {
  try {
    return openDirectory(dir);
  } catch (error) {
    if (isAppError(error)) throw error;
    const reason = error instanceof Error ? error.message : '';
    if (/MDB_(INVALID|CORRUPTED|VERSION_MISMATCH|PAGE_NOTFOUND)|not an? LMDB/i.test(reason)) {
      throw integrity('the data file cannot be opened', error);
    }
    throw unavailable('The data directory cannot be opened: is it writable, and on a local disk?', error);
  }
}

/** Bytes in a directory of this process alone, synced before they are acknowledged. */
export function openLmdbEngine(dir: string, log: Log): Engine {
  const { db, unlock } = opened(dir);
  let fence: number | null = db.getEntry(FENCE)?.version ?? null;
  let writes = 0;
  let isWriting = false;
  let broken: AppError | null = null;

  async function write(batch: Batch): Promise<boolean> {
    const next = (fence ?? 0) + 1;
    // `ifVersion` takes null for "must not exist yet", which its type does not say.
    const applied = await db.ifVersion(FENCE, fence as number, () => {
      for (const [key, value] of batch) {
        if (value) void db.put(Buffer.from(key), Buffer.from(value), 0);
        else void db.remove(Buffer.from(key));
      }
      void db.put(FENCE, MARK, next);
    });
    if (applied) fence = next;
    return applied;
  }

  async function apply(batch: Batch): Promise<void> {
    if (broken) throw broken;
    let applied: boolean;
    isWriting = true;
    try {
      applied = await write(batch);
    } catch (error) {
      throw await failure(error);
    } finally {
      // What is written can be read some time before we are told.
      isWriting = false;
      writes += 1;
    }
    if (applied) return;
    broken = unavailable('Another process wrote to the data directory; this one must be restarted');
    log.error('store_fenced');
    throw broken;
  }

  /** Lack of space passes; after any other failed write nobody knows what the disk holds until the store is opened again. */
  async function failure(error: unknown): Promise<AppError> {
    const cause = await causeOf(error);
    const space = cause instanceof Error && NO_SPACE.test(cause.message);
    log.error('store_write_failed', { space });
    const message = space ? 'No space left for the data directory' : 'The data directory could not be written';
    const failed = unavailable(message, cause);
    if (!space) broken = failed;
    return failed;
  }

  return {
    get: (key) => db.get(Buffer.from(key)) ?? null,
    range: (start, end, limit) => [...db.getRange({ start: Buffer.from(start), end: Buffer.from(end), limit })],
    apply,
    writes: () => (isWriting ? null : writes),
    async close() {
      await db.close();
      unlock();
    },
  };
}

/** lmdb rejects with a general error whose `commitError` is a promise that rejects with the reason, soon or never. */
async function causeOf(error: unknown): Promise<unknown> {
  const reason = (error as { commitError?: unknown } | null)?.commitError;
  try {
    await Promise.race([reason, setTimeout(100)]);
    return error;
  } catch (cause) {
    return cause;
  }
}
