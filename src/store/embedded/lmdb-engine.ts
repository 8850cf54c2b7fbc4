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
const MAX_MISSED = 1_048_576;
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

type Database = RootDatabase<Buffer, Buffer>;
type OpenedDirectory = ReturnType<typeof openDirectory>;

/** Of what the engine lends only `length` bytes are of the value, and only until it reads again. */
function isName(lent: Uint8Array, name: Buffer): boolean {
  if (lent.length !== name.length) return false;
  for (let i = 0; i < name.length; i += 1) if (lent[i] !== name[i]) return false;
  return true;
}

/** Who wrote last, and whether that is still us: another process that takes the directory over writes its own name. */
function createFence({ db, lock }: OpenedDirectory, log: Log) {
  const self = randomBytes(16);
  const found = db.getEntry(FENCE);
  let fence: number | null = found?.version ?? null;
  let holder: Buffer | null = found ? Buffer.from(found.value) : null;
  let lost: AppError | null = null;
  let tell: (reason: AppError) => void = () => {};

  /** false: another process wrote since. */
  async function write(batch: Batch): Promise<boolean> {
    const next = (fence ?? 0) + 1;
    // `ifVersion` takes null for "must not exist yet", which its type does not say.
    const applied = await db.ifVersion(FENCE, fence as number, () => {
      for (const [key, value] of batch) {
        if (value) void db.put(asBuffer(key), asBuffer(value), 0);
        else void db.remove(asBuffer(key));
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
    // Looked at for every request: compared where the engine has it, not copied.
    const last = db.getBinaryFast(FENCE) ?? null;
    if (last === null ? holder !== null : !isName(last, self) && !(holder && isName(last, holder))) throw lose();
  }

  const watching = setInterval(() => {
    try {
      standing();
      if (!lock.isHeld()) lose();
    } catch {
      // Whoever has to know was told.
    }
  }, FENCE_MS).unref();

  return {
    write,
    standing,
    lose,
    lost: () => lost,
    onLost: (told: (reason: AppError) => void): void => {
      tell = told;
      if (lost) told(lost);
    },
    stop: () => clearInterval(watching),
  };
}

/** Whether there is space for a write, told when that changes. */
function createRoom(dir: string, db: Database, log: Log) {
  const space = createSpace(join(dir, 'store.mdb'), () => usageOf(db));
  let short: AppError | null = null;
  let missed = USUAL_WRITE;

  function told(refused: AppError | null): AppError | null {
    if (refused && !short) log.error('store_full', { reason: refused.message });
    if (short && !refused) log.info('store_has_room');
    short = refused;
    return refused;
  }

  function make(added: readonly number[]): null | Promise<AppError | null> {
    const asked = added.length > 0 ? added : missed;
    const making = space.make(asked);
    if (making === null) {
      // A smaller write may pass where the one that was refused still does not.
      if (short && space.fits(missed)) told(null);
      return null;
    }
    return making.then((refused) => {
      missed = refused && sum(asked) <= MAX_MISSED ? asked : USUAL_WRITE;
      return told(refused);
    });
  }

  return {
    make,
    told,
    short: () => short,
    /** Only what relieves is written while there is no room. */
    makeBest: (batch: Batch) => (short ? space.makeBest(sizesOf(batch)) : undefined),
    isCauseOf: async (cause: unknown): Promise<boolean> =>
      short !== null || (cause instanceof Error && NO_SPACE.test(cause.message)) || (await space.isShort()),
  };
}

/** Bytes in a directory of this process alone, synced before they are acknowledged. */
export function openLmdbEngine(dir: string, log: Log): Engine {
  const opened = openDirectory(dir);
  const { db, lock } = opened;
  const room = createRoom(dir, db, log);
  const fence = createFence(opened, log);
  let writes = 0;
  let isWriting = false;
  let broken: AppError | null = null;
  const lasting = (): AppError | null => fence.lost() ?? broken;

  async function apply(batch: Batch): Promise<void> {
    const refused = lasting();
    if (refused) throw refused;
    const making = room.makeBest(batch);
    if (making) await making;
    let applied: boolean;
    isWriting = true;
    try {
      applied = await fence.write(batch);
    } catch (error) {
      throw await failure(error);
    } finally {
      // What is written can be read some time before we are told.
      isWriting = false;
      writes += 1;
    }
    if (!applied) throw fence.lose();
  }

  /** Lack of space passes; after any other failed write nobody knows what the disk holds until the store is opened again. */
  async function failure(error: unknown): Promise<AppError> {
    const cause = await causeOf(error);
    const isShort = await room.isCauseOf(cause);
    log.error('store_write_failed', { space: isShort });
    const failed = isShort
      ? noSpace(cause)
      : unavailable('The data directory could not be written; this process must be restarted', cause);
    if (isShort) room.told(failed);
    else broken = failed;
    return failed;
  }

  function trouble(): Trouble | null {
    const error = lasting() ?? room.short();
    return error && { reason: error.message, passes: lasting() === null };
  }

  return {
    get: (key) => db.get(asBuffer(key)) ?? null,
    range: (start, end, limit) => [...db.getRange({ start: asBuffer(start), end: asBuffer(end), limit })],
    apply,
    standing: fence.standing,
    onLost: fence.onLost,
    makeRoom: (added) => (lasting() ? null : room.make(added)),
    trouble,
    writes: () => (isWriting ? null : writes),
    async close() {
      fence.stop();
      await db.close();
      lock.release();
    },
  };
}

/** The same bytes: what is given to the engine never changes. */
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

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
