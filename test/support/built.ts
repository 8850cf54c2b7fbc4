import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { variableOf } from '../../src/kernel/limits.ts';
import { PATIENT } from './patient.ts';

const ROOT = resolve(import.meta.dirname, '../..');

const ENTRY = join(ROOT, 'dist/src/main.js');

function newestIn(folder: string): number {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return Math.max(...names.map((name) => statSync(join(ROOT, folder, name)).mtimeMs));
}

/** Compiles as `npm run build` does, if anything changed since: what runs from `dist` must not change under it. Answers the entry. */
export function build(): string {
  const isFresh = existsSync(ENTRY) && statSync(ENTRY).mtimeMs > Math.max(newestIn('src'), newestIn('plugins'));
  if (!isFresh) execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT });
  return ENTRY;
}

export interface Built {
  readonly process: ChildProcess;
  /** Everything on standard output and standard error so far. */
  readonly output: () => string;
  /** The exit code; null: killed. */
  readonly ended: Promise<number | null>;
}

export interface Serving extends Built {
  readonly url: string;
}

export type Environment = Readonly<Record<string, string>>;

/** A process of the built output with these variables and no others; `within`: a command that runs it. */
export function spawned(
  entry: string,
  env: Environment,
  args: readonly string[] = [],
  within: readonly string[] = [],
): Built {
  const [command = '', ...rest] = [...within, process.execPath, entry, ...args];
  const child = spawn(command, rest, { env: { PATH: process.env.PATH ?? '', ...env } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
  return { process: child, output: () => text, ended };
}

const PATIENT_ENVIRONMENT: Environment = Object.fromEntries(
  Object.entries(PATIENT).map(([name, ms]) => [variableOf(name as keyof typeof PATIENT), String(ms)]),
);

/** A gateway that is patient unless these variables say otherwise, once it listens. */
export async function serving(entry: string, env: Environment, within: readonly string[] = []): Promise<Serving> {
  const built = spawned(entry, { ...PATIENT_ENVIRONMENT, ...env }, [], within);
  const listens = new Promise<string>((found) => {
    built.process.stdout?.on('data', () => {
      const url = /^Keyloom listens on (\S+)$/m.exec(built.output())?.[1];
      if (url) found(url);
    });
  });
  const url = await Promise.race([
    listens,
    built.ended.then((code) => {
      throw new Error(`ended with ${code}: ${built.output()}`);
    }),
  ]);
  return { ...built, url };
}

export async function stopped({ process: child, ended }: Built, signal: NodeJS.Signals): Promise<number | null> {
  child.kill(signal);
  return ended;
}

/** The owner's token, if it was printed. */
export const ownerToken = ({ output }: Built): string | null =>
  /^Owner token of the team default, shown this once: (klm_u_\w+)$/m.exec(output())?.[1] ?? null;

/** One GraphQL request; null when nobody answers. */
// biome-ignore lint/suspicious/noExplicitAny: answers are read as the test's own query shaped them
export async function ask(url: string, token: string, query: string, variables: object = {}): Promise<any> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const body = JSON.stringify({ query, variables });
  try {
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
    return await response.json();
  } catch {
    return null;
  }
}
