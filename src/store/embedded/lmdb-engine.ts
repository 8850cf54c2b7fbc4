import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RootDatabase } from 'lmdb';
import { type AppError, unavailable } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { Trouble } from '../port.ts';
import { openDirectory } from './directory.ts';
import type { Batch, Engine } from './engine.ts';
import { createSpace, noSpace, type Usage } from './space.ts';

/** Holds what the last writer calls itself, and counts writes. Sorts after every other key. */
const FENCE = Buffer.from([0xff]);
/** How often it is looked at while nobody asks for anything. */
const FENCE_MS = 1_000;
/** What the engine says of lack of space; a write that was cut short is an "Input/output error" to it. */
const NO_SPACE = /ENOSPC|EFBIG|EDQUOT|No space|File too large|quota/i;

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
  const { db, lock } = openDirectory(dir);
  const space = createSpace(join(dir, 'store.mdb'), () => usageOf(db));
  const self = randomBytes(16);
  const found = db.getEntry(FENCE);
  let fence: number | null = found?.version ?? null;
  let holder: Buffer | null = found ? Buffer.from(found.value) : null;
  let lost: AppError | null = null;
  let tell: (reason: AppError) => void = () => {};
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
      void db.put(FENCE, self, next);
    });
    if (applied) [fence, holder] = [next, self];
    return applied;
  }

  function lose(): AppError {
    if (lost) return lost;
    lost = unavailable('Another process has taken over the data directory; this one has stopped');
    log.error('store_fenced', { reason: lost.message });
    tell(lost);
    return lost;
  }

  /** Whoever wrote last is the one before us, or us: while a write is under way it may be either. */
  function standing(): void {
    if (lost) throw lost;
    const last = db.get(FENCE) ?? null;
    if (last === null ? holder !== null : !last.equals(self) && !(holder && last.equals(holder))) throw lose();
  }

  const watching = setInterval(() => {
    try {
      standing();
      if (!lock.isHeld()) lose();
    } catch {
      // Whoever has to know was told.
    }
  }, FENCE_MS).unref();

  async function apply(batch: Batch): Promise<void> {
    if (lost ?? broken) throw lost ?? broken;
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
    if (!applied) throw lose();
  }

  function makeRoom(added: readonly number[]): null | Promise<AppError | null> {
    if (broken || lost) return null;
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
    const lasting = lost ?? broken;
    const error = lasting ?? short;
    return error && { reason: error.message, passes: lasting === null };
  }

  return {
    get: (key) => db.get(Buffer.from(key)) ?? null,
    range: (start, end, limit) => [...db.getRange({ start: Buffer.from(start), end: Buffer.from(end), limit })],
    apply,
    standing,
    onLost: (told) => {
      tell = told;
      if (lost) told(lost);
    },
    makeRoom,
    trouble,
    writes: () => (isWriting ? null : writes),
    async close() {
      clearInterval(watching);
      await db.close();
      lock.release();
    },
  };
}

const sizesOf = (batch: Batch): readonly number[] => batch.map(([, value]) => value?.length ?? 0);

/** lmdb rejects with a general error whose `commitError` is a promise that rejects with the reason, soon or never. */
async function causeOf(error: unknown): Promise<unknown> {
  const reason = (error as { commitError?: unknown } | null)?.commitError;
  try {
    await Promise.race([reason, sleep(100)]);
    return error;
  } catch (cause) {
    return cause;
  }
}
