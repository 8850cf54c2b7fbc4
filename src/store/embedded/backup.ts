import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import {
  chmod,
  copyFile,
  type FileHandle,
  link,
  mkdir,
  mkdtemp,
  open,
  rename,
  rm,
  stat,
  truncate,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type AppError, integrity, unavailable } from '../../kernel/errors.ts';
import { openForReading } from './copy.ts';

/**
 * A backup is a data file without its free pages, and behind it one line of this length: `keyloom-backup`, the format, the number
 * of bytes before the line and their SHA-256. That is against accidents; forgery shows when the store is read with its keys.
 */
const LINE = 128;
const FORMAT = 1;
const PATTERN = /^\nkeyloom-backup (\d{1,9}) (\d{1,15}) ([0-9a-f]{64}) *\n$/;

const lineOf = (bytes: number, digest: string): string =>
  `${`\nkeyloom-backup ${FORMAT} ${bytes} ${digest}`.padEnd(LINE - 1)}\n`;

async function digestOf(file: string, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  if (bytes > 0) for await (const chunk of createReadStream(file, { end: bytes - 1 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function synced(path: string, flags: string, work?: (file: FileHandle) => Promise<unknown>): Promise<void> {
  const file = await open(path, flags);
  try {
    await work?.(file);
    await file.sync();
  } finally {
    await file.close();
  }
}

const refused = (file: string, code: string | undefined): AppError =>
  unavailable(
    code === 'EEXIST'
      ? `The file ${file} is there already; name a new one`
      : `The file ${file} cannot be made (${code ?? 'unknown'})`,
  );

/** Copies the store of a directory, served or not, into a new file; answers how many records it holds. */
export async function backUp(dir: string, file: string): Promise<number> {
  if (existsSync(file)) throw refused(file, 'EEXIST');
  const source = join(dir, 'store.mdb');
  if (!existsSync(source)) throw unavailable(`There is no store in ${dir}`);
  // Beside it, so that it appears under its name whole or not at all.
  const folder = await mkdtemp(join(dirname(file), `.${basename(file)}-`)).catch((error: NodeJS.ErrnoException) => {
    throw refused(file, error.code);
  });
  try {
    const copy = join(folder, 'copy.mdb');
    await copied(source, copy);
    const { bytes, digest, records } = await seen(copy);
    await synced(copy, 'a', (out) => out.appendFile(lineOf(bytes, digest)));
    // Unlike a rename, it takes no name that is there.
    await link(copy, file).catch((error: NodeJS.ErrnoException) => {
      throw refused(file, error.code);
    });
    await synced(dirname(file), 'r');
    return records;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function copied(source: string, copy: string): Promise<void> {
  const reading = openForReading(source);
  try {
    await reading.copyTo(copy);
  } catch (error) {
    throw unavailable('The store could not be copied: is there space?', error);
  } finally {
    await reading.close();
  }
}

async function seen(
  file: string,
): Promise<{ readonly bytes: number; readonly digest: string; readonly records: number }> {
  const reading = openForReading(file);
  try {
    const records = reading.checkRecords();
    const { size: bytes } = await stat(file);
    return { bytes, records, digest: await digestOf(file, bytes) };
  } finally {
    await reading.close();
  }
}

/** INTEGRITY unless a file is a backup, whole and as it was written; answers where its line begins. */
export async function checkBackup(file: string): Promise<number> {
  const damaged = (): AppError => integrity('the file is no backup of Keyloom, or not whole');
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    throw unavailable(`The file ${file} cannot be read (${error.code ?? 'unknown'})`);
  });
  try {
    const { size } = await handle.stat();
    const at = size - LINE;
    if (at <= 0) throw damaged();
    const { buffer } = await handle.read(Buffer.alloc(LINE), 0, LINE, at);
    const [, format, bytes, digest] = PATTERN.exec(buffer.toString('latin1')) ?? [];
    if (format === undefined || Number(bytes) !== at) throw damaged();
    if (Number(format) > FORMAT) {
      throw unavailable(`The backup has format ${format}, and this version of Keyloom knows up to ${FORMAT}`);
    }
    if ((await digestOf(file, at)) !== digest) throw damaged();
    return at;
  } finally {
    await handle.close();
  }
}

/** Puts a backup where no store is; nothing is left behind when it is refused. Answers how many records it holds. */
export async function restore(
  file: string,
  dir: string,
  /** Is given the directory of the copy before that takes its place. */
  prepare: (dir: string) => Promise<void> = async () => {},
): Promise<number> {
  if (existsSync(dir) && readdirSync(dir).length > 0) {
    throw unavailable(`${dir} holds a store already; stop Keyloom and move it away first`);
  }
  const end = await checkBackup(file);
  await mkdir(dirname(dir), { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(`${dir}-`);
  try {
    const copy = join(folder, 'store.mdb');
    await copyFile(file, copy);
    await truncate(copy, end);
    await chmod(copy, 0o600);
    const { records } = await seen(copy);
    await rm(`${copy}-lock`, { force: true });
    await prepare(folder);
    for (const name of readdirSync(folder)) if (name !== basename(copy)) await rm(join(folder, name), { force: true });
    await synced(copy, 'r+');
    await synced(folder, 'r');
    // Takes the place of an empty folder, and of no other.
    await rename(folder, dir);
    await synced(dirname(dir), 'r');
    return records;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
