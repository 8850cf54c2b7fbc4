import { statfsSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type AppError, unavailable } from '../../kernel/errors.ts';

/** How much of its file the engine uses. */
export interface Usage {
  readonly pageBytes: number;
  /** Pages that hold something; all others of the file are free. */
  readonly usedPages: number;
  /** Pages up to the last one that was ever used. */
  readonly touchedPages: number;
  /** Pages of the tree alone, without those of large values. */
  readonly treePages: number;
  readonly depth: number;
}

export interface Space {
  readonly fits: (values: readonly number[]) => boolean;
  /** Null: a write of these values fits and leaves the reserve. Else the file is made longer; resolves to the reason when it cannot be. */
  readonly make: (values: readonly number[]) => null | Promise<AppError | null>;
  /** As much of what these values need as there is, the reserve included. */
  readonly makeBest: (values: readonly number[]) => Promise<void>;
  /** Whether the file cannot be made longer now. */
  readonly isShort: () => Promise<boolean>;
}

/** Kept free in the file for what ends rights and makes room: the engine's file never shrinks, so nobody else can take it. */
const RESERVE = 4_194_304;
/** Of a small volume no more than this part of it. */
const PART_OF_VOLUME = 8;
/** The file grows by an eighth of itself, within these bounds, so that it seldom has to. */
const MIN_STEP = 262_144;
const MAX_STEP = 16_777_216;
const ZEROS = Buffer.alloc(262_144);
/** Larger values have pages of their own, one after another. */
const SMALL = 2_000;
const HEADER = 64;

const NO_SPACE = new Set(['ENOSPC', 'EFBIG', 'EDQUOT']);
export const isNoSpace = (error: unknown): boolean => NO_SPACE.has(String((error as { code?: unknown } | null)?.code));

export const noSpace = (cause?: unknown): AppError =>
  unavailable('No space left for the data directory: reads go on, and writing resumes once there is space', cause);

/** What a write needs at most: its values, and twice the pages that are copied because a value on them changes. */
function needOf(values: readonly number[], { pageBytes, treePages, depth }: Usage): { pages: number; large: number } {
  let large = 0;
  for (const bytes of values) if (bytes > SMALL) large += Math.ceil((bytes + HEADER) / pageBytes);
  const copied = Math.min(values.length * (depth + 1), treePages + values.length);
  return { pages: large + 2 * copied, large };
}

/**
 * Room in the engine's file, made before it is needed: a disk that is full is noticed here, where nothing is half written.
 * Never called while the engine writes: both write behind the end of the file.
 */
export function createSpace(path: string, usage: () => Usage): Space {
  let size = statSync(path).size;
  const reserve = reserveOf(path);

  /** Writes noughts, because only bytes that were written are surely there. Null: done. */
  async function lengthen(targetOf: (size: number) => number): Promise<unknown> {
    let file: FileHandle | null = null;
    try {
      file = await open(path, 'r+');
      size = (await file.stat()).size;
      const target = targetOf(size);
      while (size < target) {
        const { bytesWritten } = await file.write(ZEROS, 0, Math.min(ZEROS.length, target - size), size);
        size += bytesWritten;
      }
      return null;
    } catch (error) {
      return error;
    } finally {
      await file?.close();
    }
  }

  function wanted(values: readonly number[], kept: number): number {
    const now = usage();
    const { pages, large } = needOf(values, now);
    return Math.max((now.usedPages + pages) * now.pageBytes + kept, (now.touchedPages + large) * now.pageBytes);
  }

  async function grow(target: number): Promise<AppError | null> {
    const step = Math.min(MAX_STEP, Math.max(MIN_STEP, target / 8));
    const failed = await lengthen(() => target + Math.ceil(step));
    if (failed === null || size >= target) return null;
    return isNoSpace(failed) ? noSpace(failed) : unavailable('The data file cannot be made longer', failed);
  }

  return {
    fits: (values) => size >= wanted(values, reserve),
    make(values) {
      const target = wanted(values, reserve);
      return size >= target ? null : grow(target);
    },
    async makeBest(values) {
      const target = wanted(values, 0);
      if (size < target) await lengthen(() => target);
    },
    isShort: async () => isNoSpace(await lengthen((now) => now + ZEROS.length)),
  };
}

function reserveOf(path: string): number {
  const { blocks, bsize } = statfsSync(path);
  const part = Math.floor((blocks * bsize) / PART_OF_VOLUME);
  return part > 0 ? Math.min(RESERVE, part) : RESERVE;
}
