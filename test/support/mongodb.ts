import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { MongoMemoryReplSet } from 'mongodb-memory-server';

export type MongoKind = 'given' | 'mongod' | 'secantus';

export interface TestMongo {
  readonly url: string;
  readonly kind: MongoKind;
  readonly stop: () => Promise<void>;
}

export interface TestMongoOptions {
  /** Directory to keep data in, synced on every commit, to survive a kill. In memory when not given. */
  readonly dir?: string;
  /** Whether to take the server of MONGODB_URL, if there is one. */
  readonly given?: boolean;
}

const ROOT = resolve(import.meta.dirname, '../..');
export const SECANTUS = join(ROOT, '.cache/secantus/bin/secantusd-py');
const say = (text: string): void => void process.stdout.write(`MongoDB for tests: ${text}\n`);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A `mongod` of this machine, if it has one. */
function systemMongod(): string | null {
  const named = process.env.MONGOMS_SYSTEM_BINARY;
  if (named) return named;
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, 'mongod')).find(isExecutable) ?? null;
}

/** Of those that systems do not give to outgoing connections: between this look and its use nobody takes it by chance. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((told) => {
      server.once('error', () => told(false));
      server.listen(port, '127.0.0.1', () => told(true));
    });
    if (!isFree) continue;
    await new Promise((closed) => server.close(closed));
    return port;
  }
}

/** Some minutes: machines are busy. */
const START_ATTEMPTS = 400;

/** Ready when it answers, not when it listens. */
async function answers(url: string, process: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt += 1) {
    if (process.exitCode !== null) throw new Error(`the server ended with code ${process.exitCode}`);
    const client = new MongoClient(url, { serverSelectionTimeoutMS: 300 });
    try {
      await client.db('admin').command({ ping: 1 });
      return;
    } catch {
      await setTimeout(100);
    } finally {
      await client.close();
    }
  }
  throw new Error('the server did not answer within its time');
}

async function startSecantus({ dir }: TestMongoOptions = {}): Promise<TestMongo & { readonly pid: number }> {
  const port = await freePort();
  const storage = dir ? ['--storage-path', dir, '--sync-on-commit'] : ['--storage-path', ':memory:'];
  const args = [
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--enable-test-commands',
    '--log-level',
    'ERROR',
    ...storage,
  ];
  const child = spawn(SECANTUS, args, { stdio: 'ignore' });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await Promise.race([ended, setTimeout(5_000, undefined, { ref: false })]);
    child.kill('SIGKILL');
  };
  // Its errors do not say which state of the server they speak of, as mongod's do, so the driver has to look more often. A server
  // that is busy is no server that is gone.
  const url = `mongodb://127.0.0.1:${port}/?replicaSet=secantus&serverMonitoringMode=poll&heartbeatFrequencyMS=500&serverSelectionTimeoutMS=30000`;
  try {
    await answers(url, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, kind: 'secantus', stop, pid: child.pid ?? 0 };
}

async function startMongod(): Promise<TestMongo> {
  const binary = systemMongod();
  const server = await MongoMemoryReplSet.create({
    replSet: { count: 1, storageEngine: 'wiredTiger' },
    ...(binary ? { binary: { systemBinary: binary } } : {}),
    instanceOpts: [{ args: ['--setParameter', 'enableTestCommands=1'] }],
  });
  return { url: server.getUri(), kind: 'mongod', stop: async () => void (await server.stop()) };
}

/**
 * A MongoDB to test against, or null: the one MONGODB_URL names, else a `mongod` of this machine (downloaded only when
 * MONGOMS_DOWNLOAD=1), else the server that `npm run test:mongodb-setup` made.
 */
export async function openTestMongo({ dir, given = true }: TestMongoOptions = {}): Promise<TestMongo | null> {
  const url = process.env.MONGODB_URL;
  if (given && url) {
    say('the one of MONGODB_URL');
    return { url, kind: 'given', stop: async () => {} };
  }
  if (!dir && (systemMongod() || process.env.MONGOMS_DOWNLOAD === '1')) {
    try {
      const server = await startMongod();
      say('mongod');
      return server;
    } catch {
      say('mongod did not start');
    }
  }
  if (isExecutable(SECANTUS)) {
    const server = await startSecantus(dir ? { dir } : {});
    say('secantusd');
    return server;
  }
  const none = 'none; run `npm run test:mongodb-setup`, or set MONGODB_URL';
  if (process.env.KEYLOOM_REQUIRE_MONGODB === '1') throw new Error(`MongoDB for tests: ${none}`);
  say(none);
  return null;
}

/** A database name that no other test has. */
export const aDatabase = (): string => `keyloom_test_${randomBytes(6).toString('hex')}`;
