import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { open, type RootDatabase } from 'lmdb';
import { type AppError, integrity, isAppError, unavailable } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { Trouble } from '../port.ts';
import { checkDataFile } from './data-file.ts';
import type { Batch, Engine } from './engine.ts';
import { takeLock } from './lock.ts';
import { createSpace, noSpace, type Usage } from './space.ts';

/** Counts writes: whoever finds another number than the one it left is no longer alone. Sorts after every other key. */
const FENCE = Buffer.from([0xff]);
const MARK = Buffer.from('fence');
/** What the engine says of lack of space; a write that was cut short is an "Input/output error" to it. */
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
    // Else a write of its own, of which nobody is told, accompanies each of ours: when it fails that ends the process.
    eventTurnBatching: false,
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

/** Statistics of the engine, of which its type says nothing. */
interface Statistics {
  readonly pageSize: number;
  readonly treeDepth: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}
const META_PAGES = 2;
/** What has to fit beside the reserve for the disk not to count as full, unless something else was refused. */
const USUAL_WRITE: readonly number[] = [65_536];
/** Whatever is larger than this is refused without a word on what would fit. */
const MOST_MISSED = 1_048_576;
const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

function usageOf(db: RootDatabase<Buffer, Buffer>): Usage {
  const all = db.getStats() as Statistics & { readonly lastPageNumber: number; readonly free: Statistics };
  const treePages = all.treeBranchPageCount + all.treeLeafPageCount;
  const listPages = all.free.treeBranchPageCount + all.free.treeLeafPageCount + all.free.overflowPages;
  return {
    pageBytes: all.pageSize,
    usedPages: META_PAGES + treePages + all.overflowPages + listPages,
    touchedPages: all.lastPageNumber + 1,
    treePages: treePages + listPages,
    depth: all.treeDepth + 1,
  };
}

/** Bytes in a directory of this process alone, synced before they are acknowledged. */
export function openLmdbEngine(dir: string, log: Log): Engine {
  const { db, unlock } = opened(dir);
  const space = createSpace(join(dir, 'store.mdb'), () => usageOf(db));
  let fence: number | null = db.getEntry(FENCE)?.version ?? null;
  let writes = 0;
  let isWriting = false;
  let broken: AppError | null = null;
  let short: AppError | null = null;
  let missed = USUAL_WRITE;

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
    // Only what relieves comes here while there is no room.
    if (short) await space.makeBest(sizesOf(batch));
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

  function makeRoom(added: readonly number[]): null | Promise<AppError | null> {
    if (broken) return null;
    const asked = added.length > 0 ? added : missed;
    const making = space.make(asked);
    if (making === null) {
      // A smaller write may pass where the one that was refused still does not.
      if (short && space.fits(missed)) told(null);
      return null;
    }
    return making.then((refused) => {
      missed = refused && sum(asked) <= MOST_MISSED ? asked : USUAL_WRITE;
      return told(refused);
    });
  }

  function told(refused: AppError | null): AppError | null {
    if (refused && !short) log.error('store_full', { reason: refused.message });
    if (short && !refused) log.info('store_has_room');
    short = refused;
    return refused;
  }

  /** Lack of space passes; after any other failed write nobody knows what the disk holds until the store is opened again. */
  async function failure(error: unknown): Promise<AppError> {
    const cause = await causeOf(error);
    const isShort =
      short !== null || (cause instanceof Error && NO_SPACE.test(cause.message)) || (await space.isShort());
    log.error('store_write_failed', { space: isShort });
    const failed = isShort
      ? noSpace(cause)
      : unavailable('The data directory could not be written; this process must be restarted', cause);
    if (isShort) told(failed);
    else broken = failed;
    return failed;
  }

  function trouble(): Trouble | null {
    const error = broken ?? short;
    return error && { reason: error.message, passes: broken === null };
  }

  return {
    get: (key) => db.get(Buffer.from(key)) ?? null,
    range: (start, end, limit) => [...db.getRange({ start: Buffer.from(start), end: Buffer.from(end), limit })],
    apply,
    makeRoom,
    trouble,
    writes: () => (isWriting ? null : writes),
    async close() {
      await db.close();
      unlock();
    },
  };
}

const sizesOf = (batch: Batch): readonly number[] => batch.map(([, value]) => value?.length ?? 0);

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
