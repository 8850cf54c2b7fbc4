import { open, type RootDatabase } from 'lmdb';
import { integrity, unavailable } from '../../kernel/errors.ts';
import type { Key } from '../port.ts';
import { checkDataFile } from './data-file.ts';
import type { EngineReader } from './engine.ts';
import { decodeFrame } from './frame.ts';
import { checkPages } from './pages.ts';
import { HEADS, VERSION_AT } from './places.ts';
import { checkFormat, decodeHead } from './records.ts';

/** A data file as of one moment, whoever writes to it meanwhile. */
export interface Reading extends EngineReader {
  /** A copy of it as of now, in a new file that its owner alone may read. */
  readonly copyTo: (file: string) => Promise<void>;
  /** Reads every record. INTEGRITY for one that is damaged; answers how many there are. */
  readonly checkRecords: () => number;
  /** Of every head that is there. */
  readonly scopes: () => readonly Key[];
  readonly close: () => Promise<void>;
}

const ALL = { start: Buffer.from([0x01]), end: Buffer.from([0xff]) } as const;

/** Takes no lock, writes nothing to the file, and lets whoever serves it go on. */
export function openForReading(path: string): Reading {
  checkDataFile(path);
  const db = opened(path);
  const transaction = db.useReadTransaction();
  try {
    // The reader keeps the pages of its moment, and those of later ones, from being used again.
    checkPages(path);
  } catch (error) {
    transaction.done();
    void db.close();
    throw error;
  }
  const get = (key: Uint8Array): Uint8Array | null => db.get(Buffer.from(key), { transaction }) ?? null;
  const entries = (start: Uint8Array, end: Uint8Array, limit?: number) =>
    db.getRange({ start: Buffer.from(start), end: Buffer.from(end), transaction, ...(limit ? { limit } : {}) });
  return {
    get,
    range: (start, end, limit) => [...entries(start, end, limit)],
    async copyTo(file) {
      const before = process.umask(0o077);
      try {
        // Without the pages that nobody uses.
        await db.backup(file, true);
      } finally {
        process.umask(before);
      }
    },
    checkRecords() {
      const format = get(VERSION_AT);
      if (!format) throw integrity('the data file says nothing of its format');
      checkFormat(format);
      let count = 0;
      for (const { key, value } of entries(ALL.start, ALL.end)) {
        decodeFrame(key, value);
        count += 1;
      }
      return count;
    },
    scopes: () => [...entries(HEADS.start, HEADS.end)].map(({ key, value }) => decodeHead(key, value).scope),
    async close() {
      transaction.done();
      await db.close();
    },
  };
}

function opened(path: string): RootDatabase<Buffer, Buffer> {
  try {
    return open<Buffer, Buffer>({
      path,
      encoding: 'binary',
      keyEncoding: 'binary',
      useVersions: true,
      overlappingSync: false,
      readOnly: true,
    });
  } catch (error) {
    throw unavailable('The data file cannot be opened for reading', error);
  }
}
