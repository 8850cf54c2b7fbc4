import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type AppError, unavailable } from '../kernel/errors.ts';
import { type Random, secureRandom } from './random.ts';

const PREFIX = 'klmroot1_';
const KEY_LENGTH = 32;
const KEY_TEXT = 43;
const CHECK_TEXT = 8;
const TEXT_LENGTH = PREFIX.length + KEY_TEXT + CHECK_TEXT;
/** Far more than any root key: what is longer is another file. */
const LARGEST_FILE = 1024;

export interface RootKeySource {
  /** Path of a file that holds the text form. */
  readonly file?: string;
  /** The text form itself. */
  readonly env?: string;
}

/** `klmroot1_`, 43 characters of base64url (the key), 8 more (48 bits of a hash of what precedes, against typos). */
export function formatRootKey(key: Uint8Array): string {
  if (key.length !== KEY_LENGTH) throw new RangeError('A root key is 32 bytes');
  const text = PREFIX + Buffer.from(key).toString('base64url');
  return text + checksum(text);
}

/** The 32 bytes of the text form. One line feed at the end is accepted, as editors and `echo` leave it; nothing else is. */
export function parseRootKey(input: string, where = 'The root key'): Uint8Array {
  const text = input.endsWith('\n') ? input.slice(0, -1) : input;
  const fault = faultOf(text);
  if (fault !== null) throw unavailable(`${where} ${fault}`);
  const key = Buffer.alloc(KEY_LENGTH);
  key.write(text.slice(PREFIX.length, PREFIX.length + KEY_TEXT), 'base64url');
  if (formatRootKey(key) === text) return key;
  key.fill(0);
  throw unavailable(`${where} does not fit its checksum: a character was changed`);
}

/** What is wrong with the form, in words that hold nothing of the key. */
function faultOf(text: string): string | null {
  if (text.length === 0) return 'is empty';
  if (/\s$/.test(text)) return 'is followed by spaces or lines: a single line feed may follow it, nothing else';
  if (!text.startsWith(PREFIX)) return `does not begin with ${PREFIX}`;
  if (/[+/=]/.test(text)) return 'is written in base64: it must be base64url (- and _ in place of + and /, no =)';
  if (/[^A-Za-z0-9_-]/.test(text)) return 'holds a character that is not of base64url';
  if (text.length < TEXT_LENGTH) return `is truncated: it has ${text.length} of ${TEXT_LENGTH} characters`;
  if (text.length > TEXT_LENGTH) return `is too long: it has ${text.length} characters in place of ${TEXT_LENGTH}`;
  return null;
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, CHECK_TEXT);
}

/** The root key from the one place that is given. Every failure is UNAVAILABLE with words for the operator. */
export async function loadRootKey({ file, env }: RootKeySource): Promise<Uint8Array> {
  if (file !== undefined && env !== undefined)
    throw unavailable('Two root keys are given, as a file and as text: keep one');
  if (file !== undefined) return readRootKeyFile(file);
  if (env !== undefined) return parseRootKey(env);
  throw unavailable('No root key is given');
}

async function readRootKeyFile(path: string): Promise<Uint8Array> {
  const where = `The root key file ${path}`;
  // Without O_NONBLOCK opening a pipe would wait for its writer.
  const handle = await opening(path, where, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    // Asked of the open file, so that what was checked is what is read.
    const stat = await handle.stat();
    if (!stat.isFile()) throw unavailable(`${where} is not a regular file`);
    if ((stat.mode & 0o077) !== 0) {
      const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
      throw unavailable(
        `${where} is open to group or others (mode ${mode}): chmod 600 it, and consider who has read it`,
      );
    }
    if (stat.size > LARGEST_FILE) throw unavailable(`${where} is too long: it has ${stat.size} bytes`);
    const bytes = await handle.readFile();
    const text = bytes.toString('latin1');
    bytes.fill(0);
    return parseRootKey(text, where);
  } finally {
    await handle.close();
  }
}

/** Makes a new root key in a new file that only its owner can read; durable before it resolves. Never overwrites. */
export async function createRootKeyFile(path: string, random: Random = secureRandom): Promise<Uint8Array> {
  const where = `The root key file ${path}`;
  const key = random(KEY_LENGTH);
  const handle = await opening(path, where, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
  try {
    await handle.writeFile(`${formatRootKey(key)}\n`);
    await handle.sync();
  } catch (cause) {
    // Half a key would be in the way of the next try.
    await unlink(path).catch(() => {});
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw unavailable(`${where} cannot be written (${code})`, cause);
  } finally {
    await handle.close();
  }
  // The name is durable only when its folder is.
  const folder = await opening(dirname(path), `The folder of ${path}`, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return key;
}

async function opening(path: string, where: string, flags: number): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o600);
  } catch (cause) {
    throw cannotOpen(where, cause);
  }
}

function cannotOpen(where: string, cause: unknown): AppError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  if (code === 'ENOENT') return unavailable(`${where} does not exist`, cause);
  if (code === 'EEXIST') return unavailable(`${where} exists already and is not overwritten`, cause);
  if (code === 'EACCES' || code === 'EPERM') return unavailable(`${where} may not be opened by this user`, cause);
  return unavailable(`${where} cannot be opened (${code})`, cause);
}
