import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { access, chown, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Where Debian keeps servers that are not on everybody's PATH. */
const POSTGRESQL = '/usr/lib/postgresql';
const versions = existsSync(POSTGRESQL) ? readdirSync(POSTGRESQL).sort().reverse() : [];
const FOLDERS = ['/usr/sbin', ...versions.map((version) => `${POSTGRESQL}/${version}/bin`)];

/** The path of a program of this machine, given by name or path; null when there is none. */
export function programOf(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''), ...FOLDERS];
  const isExecutable = (path: string): boolean => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  const paths = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name));
  return paths.find(isExecutable) ?? null;
}

/** Whether tests against this server can run here; without it they are skipped, or fail under KEYLOOM_REQUIRE_SERVERS=1. */
export function hasServer(title: string, ...programs: readonly string[]): boolean {
  const missing = programs.filter((program) => programOf(program) === null);
  if (missing.length === 0) return true;
  const reason = `${title} for tests: no ${missing.join(', ')}; run \`npm run test:servers-setup\` as root`;
  if (process.env.KEYLOOM_REQUIRE_SERVERS === '1') throw new Error(reason);
  process.stdout.write(`${reason}\n`);
  return false;
}

export interface Place {
  readonly directory: string;
  /** Runs a program to its end, as the server's user, and answers what it printed. */
  readonly run: (program: string, args: readonly string[], env?: NodeJS.ProcessEnv) => Promise<string>;
  /** Starts a program that dies with this process. */
  readonly start: (program: string, args: readonly string[], env?: NodeJS.ProcessEnv) => ChildProcess;
  /** Writes a file that only the server's user may read. */
  readonly file: (name: string, text: string) => Promise<string>;
  readonly remove: () => Promise<void>;
}

const MEMORY = '/dev/shm';
const ROOM_BYTES = 1024 ** 3;

/**
 * A server and each of its databases begin with hundreds of files, which cost a disk most of the processor time of a test: they lie in
 * memory, where the system offers a folder there with room.
 */
async function folderFor(): Promise<string> {
  try {
    await access(MEMORY, constants.W_OK);
    const { bavail, bsize } = await statfs(MEMORY);
    return bavail * bsize > ROOM_BYTES ? MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** A temporary directory of the server's user: servers refuse to run as root, and to read what others may. */
export async function placeFor(user: string): Promise<Place> {
  const directory = await mkdtemp(join(await folderFor(), `keyloom-${user}-`));
  const isRoot = userInfo().uid === 0;
  const idOf = async (flag: string): Promise<number> => Number((await run('id', [flag, user])).stdout);
  const [uid, gid] = isRoot ? await Promise.all([idOf('-u'), idOf('-g')]) : [-1, -1];
  if (isRoot) await chown(directory, uid, gid);
  const command = (program: string, args: readonly string[]): [string, string[]] => {
    const identity = isRoot ? [`--reuid=${uid}`, `--regid=${gid}`, '--init-groups'] : [];
    const setpriv = programOf('setpriv');
    return setpriv ? [setpriv, [...identity, '--pdeathsig=KILL', program, ...args]] : [program, [...args]];
  };
  const env = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    PATH: process.env.PATH,
    HOME: directory,
    LC_ALL: 'C.UTF-8',
    ...more,
  });
  return {
    directory,
    run: async (program, args, more) =>
      (await run(...command(program, args), { cwd: directory, env: env(more) })).stdout,
    start: (program, args, more) => {
      const child = spawn(...command(program, args), { cwd: directory, env: env(more), stdio: 'ignore' });
      child.on('error', () => {});
      return child;
    },
    file: async (name, text) => {
      const path = join(directory, name);
      await writeFile(path, text, { mode: 0o600 });
      if (isRoot) await chown(path, uid, gid);
      return path;
    },
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** What a start may take on a machine that is busy with other things. */
export const START_MS = 180_000;

/** Asks until it answers: a server is ready when it does what it is for, not when it listens. */
export async function answering<T>(child: ChildProcess, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('the server ended before it answered');
    try {
      return await ask();
    } catch (error) {
      if (attempt === START_MS / 200) throw error;
      await setTimeout(100);
    }
  }
}

/** Waits for the process to be gone. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  await Promise.race([gone, setTimeout(15_000, undefined, { ref: false })]);
  child.kill('SIGKILL');
}
