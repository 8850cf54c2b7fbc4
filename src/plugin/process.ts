import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createReader, frameOf, type Order } from './wire.ts';

export interface ProcessOptions {
  /** Folder of the plugin: it may be read. */
  readonly folder: string;
  /** A message of more is not looked at: the process is ended. */
  readonly maxMessageBytes: number;
  readonly maxMemoryBytes: number;
  readonly onMessage: (message: unknown) => void;
  readonly onLine: (level: 'info' | 'warn', line: string) => void;
  /** Once, however it ended. */
  readonly onEnd: () => void;
}

export interface PluginProcess {
  readonly pid: number | undefined;
  send(order: Order): void;
  /** At once, whatever it is doing. */
  kill(): void;
}

const HERE = new URL('.', import.meta.url);
/** Of this very build; sources are run from what was built of them. */
const BUILT = import.meta.url.endsWith('.ts') ? new URL('../../dist/src/plugin/', HERE) : HERE;
const MEMORY_CHECK_MS = 100;
const MAX_LINE = 4_096;
const HEAP_SHARE = 0.5;

/** Starts a process that can read the plugin and what it needs to run, and nothing else of this machine. */
export function startProcess(options: ProcessOptions): PluginProcess {
  const [command, ...before] = [...untilDeath(), process.execPath];
  const child = spawn(
    command ?? process.execPath,
    [...before, ...flagsFor(options), fileURLToPath(new URL('child.js', BUILT))],
    {
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      cwd: '/',
    },
  );
  let hasEnded = false;
  const kill = (): void => void child.kill('SIGKILL');
  const watch = setInterval(() => {
    if (memoryOf(child.pid) > options.maxMemoryBytes) kill();
  }, MEMORY_CHECK_MS).unref();
  const ended = (): void => {
    clearInterval(watch);
    if (hasEnded) return;
    hasEnded = true;
    options.onEnd();
  };
  child.once('exit', ended).once('error', ended);
  const channel = child.stdio[3] as Duplex;
  const read = createReader(options.maxMessageBytes, options.onMessage);
  channel.on('data', (chunk: Buffer) => {
    if (!hasEnded && !read(chunk)) kill();
  });
  // What it leaves unread when it dies.
  channel.on('error', () => {});
  readLines(child.stdout, (line) => options.onLine('info', line));
  readLines(child.stderr, (line) => options.onLine('warn', line));
  letGo(child);
  return { pid: child.pid, kill, send: (order) => void (hasEnded || channel.write(frameOf(order))) };
}

/** A plugin that has nothing to do keeps nobody from ending. */
function letGo(child: ChildProcess): void {
  child.unref();
  for (const stream of child.stdio.slice(1)) (stream as unknown as { unref?: () => void } | null)?.unref?.();
}

/** Certificate authorities of the operator are for plugins too; of the rest of the environment they see nothing. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: certificates } = process.env;
  return { NODE_ENV: 'production', ...(certificates ? { NODE_EXTRA_CA_CERTS: certificates } : {}) };
}

let wrapper: readonly string[] | null = null;

/** Where the system can: the kernel ends the process with the gateway, even one in an endless loop. */
function untilDeath(): readonly string[] {
  if (wrapper) return wrapper;
  const command = ['setpriv', '--no-new-privs', '--pdeathsig', 'KILL'];
  const isThere = process.platform === 'linux' && spawnSync('setpriv', [...command.slice(1), 'true']).status === 0;
  wrapper = isThere ? command : [];
  return wrapper;
}

function flagsFor({ folder, maxMemoryBytes }: ProcessOptions): readonly string[] {
  const major = Number(process.versions.node.split('.')[0]);
  const heap = Math.floor((maxMemoryBytes * HEAP_SHARE) / 1_048_576);
  const readable = new Set(
    [folder, ...modulesAbove(folder), ...ownFolders()].flatMap((path) => [path, realpathSync(path)]),
  );
  return [
    major >= 24 ? '--permission' : '--experimental-permission',
    ...(major >= 25 ? ['--allow-net'] : []),
    ...[...readable].map((path) => `--allow-fs-read=${path}`),
    `--max-old-space-size=${heap}`,
    '--no-warnings',
    '--disable-proto=throw',
  ];
}

function ownFolders(): readonly string[] {
  const built = fileURLToPath(BUILT);
  const src = dirname(built);
  const own = ['plugin', 'net', 'kernel'].map((name) => join(src, name));
  return [...own, ...modulesAbove(built)];
}

/** `node_modules` and `package.json` that code in this folder is resolved by. */
function modulesAbove(folder: string): readonly string[] {
  const found: string[] = [];
  for (let at = realpathSync(folder); ; at = dirname(at)) {
    found.push(...['node_modules', 'package.json'].map((name) => join(at, name)).filter((path) => existsSync(path)));
    if (at === dirname(at)) return found;
  }
}

/** Bytes in memory; 0 where the system does not tell. */
function memoryOf(pid: number | undefined): number {
  if (process.platform !== 'linux' || pid === undefined) return 0;
  try {
    const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) * 1_024;
  } catch {
    return 0;
  }
}

/** Whole lines; one that is too long is not kept, because a part of it could be a part of a value. */
function readLines(stream: Readable | null, onLine: (line: string) => void): void {
  let held = '';
  let isTooLong = false;
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (held + chunk).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) {
      if (isTooLong || line.length > MAX_LINE) onLine('(a line that was too long)');
      else if (line.trim() !== '') onLine(line);
      isTooLong = false;
    }
    if (held.length > MAX_LINE) [held, isTooLong] = ['', true];
  });
}
