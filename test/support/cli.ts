import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, build, type Environment, ownerToken, type Serving, serving, stopped } from './built.ts';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<Ran>;
}

/** A gateway that serves, and the built command as its client. */
export interface CliWorld {
  readonly url: string;
  readonly owner: string;
  /** For files of the test; its `config` holds the contexts. */
  readonly dir: string;
  readonly start: (args: readonly string[], over?: { readonly env?: Environment; readonly input?: string }) => Running;
  readonly run: (
    args: readonly string[],
    over?: { readonly env?: Environment; readonly input?: string },
  ) => Promise<Ran>;
  /** As the owner; throws unless all of it is done. */
  readonly query: (query: string, variables?: object) => Promise<Record<string, never>>;
  /** Ends the gateway; the rest stays. */
  readonly stop: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function cliWorld(): Promise<CliWorld> {
  const entry = build();
  const dir = mkdtempSync(join(tmpdir(), 'keyloom-cli-'));
  const server: Serving = await serving(entry, {
    KEYLOOM_DEVELOPMENT: 'true',
    KEYLOOM_PORT: '0',
    KEYLOOM_DATA: join(dir, 'data'),
  });
  const owner = ownerToken(server) ?? '';
  const running = new Set<ChildProcess>();
  const own = { PATH: process.env.PATH ?? '', KEYLOOM_CONFIG_DIR: join(dir, 'config') };
  const start: CliWorld['start'] = (args, { env, input } = {}) => {
    const signedIn = { KEYLOOM_URL: server.url, KEYLOOM_TOKEN: owner };
    const child = spawn(process.execPath, [entry, ...args], { env: { ...own, ...(env ?? signedIn) }, cwd: dir });
    running.add(child);
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.stdin.end(input ?? '');
    const ended = new Promise<Ran>((done) => child.once('close', (code) => done({ code, out, err })));
    return { process: child, out: () => out, err: () => err, ended };
  };
  return {
    url: server.url,
    owner,
    dir,
    start,
    run: (args, over) => start(args, over).ended,
    query: async (query, variables) => {
      const { data, errors } = await ask(server.url, owner, query, variables);
      const refused = Object.values(data ?? {}).find((it) =>
        /Error$/.test((it as { __typename?: string }).__typename ?? ''),
      );
      if (errors || refused) throw new Error(JSON.stringify(errors ?? refused));
      return data;
    },
    stop: async () => {
      await stopped(server, 'SIGTERM');
    },
    close: async () => {
      for (const child of running) child.kill('SIGKILL');
      await stopped(server, 'SIGTERM');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Waits until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((again) => setTimeout(again, 20));
}
