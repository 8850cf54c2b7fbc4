import { mkdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { replacePrivately } from '../../files/private.ts';
import { Failure } from './failure.ts';

/** Where a person is signed in. */
export interface Context {
  readonly url: string;
  readonly token: string;
}

export interface Contexts {
  readonly current: string | null;
  readonly contexts: ReadonlyMap<string, Context>;
}

const NONE: Contexts = { current: null, contexts: new Map() };

/** `KEYLOOM_CONFIG_DIR`, or where the system wants such files. */
const directory = (): string =>
  process.env.KEYLOOM_CONFIG_DIR ?? join(process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'keyloom');

export const contextsFile = (): string => join(directory(), 'contexts.json');

/** What is kept; nothing when there is no file. Refuses one that others may read. */
export async function readContexts(): Promise<Contexts> {
  const file = contextsFile();
  const found = await stat(file).catch(() => null);
  if (found === null) return NONE;
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    throw new Failure('access', `${file} holds tokens and others may read it: chmod 600 ${file}`);
  }
  try {
    const { current, contexts } = JSON.parse(await readFile(file, 'utf8')) as {
      readonly current: string | null;
      readonly contexts: Record<string, Context>;
    };
    return { current, contexts: new Map(Object.entries(contexts)) };
  } catch {
    throw new Failure('usage', `${file} cannot be read; remove it and log in again`);
  }
}

/** Replaces the file as a whole, readable by its owner alone. */
export async function writeContexts({ current, contexts }: Contexts): Promise<void> {
  const text = JSON.stringify({ current, contexts: Object.fromEntries(contexts) }, null, 2);
  await writePrivately(contextsFile(), `${text}\n`);
}

/** A file for its owner alone, in a folder that is made if need be. */
export async function writePrivately(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await replacePrivately(file, content);
}
