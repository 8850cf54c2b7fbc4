import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { addCommit, type Head, initBare } from './git-objects.ts';
import { QUIET } from './git-quiet.ts';
import { serve } from './git-serve.ts';

/** Repositories behind real git: `git http-backend` as a CGI on loopback. */

export function git(cwd: string, args: readonly string[], input?: string): string {
  const options = { cwd, env: { ...process.env, ...QUIET }, encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  return execFileSync('git', args, { ...options, ...(input === undefined ? {} : { input }), stdio: 'pipe' }).trim();
}

export interface Repository {
  readonly url: string;
  /** The bare repository itself. */
  readonly dir: string;
  /** A work tree of real git that pushes to it. From its first use `push` does so too; until then it writes what git would. */
  readonly work: string;
  /** Writes these files, commits and pushes them; gives the commit's id. null takes a file away. */
  push(files: Readonly<Record<string, string | Uint8Array | null>>, branch?: string): string;
}

/** Answers in the place of git; true: it did. */
export type Before = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

export interface GitHost {
  readonly url: string;
  /** As the operator names it. */
  readonly host: string;
  /** Every request as `METHOD path`, with who asked. */
  readonly asked: { readonly line: string; readonly authorization: string | undefined }[];
  before: Before;
  repository(name: string): Repository;
  close(): Promise<void>;
}

const passes: Before = () => false;

/** `tls`: speaks https with this key and certificate, PEM. */
export async function gitHost(tls?: { readonly key: string; readonly cert: string }): Promise<GitHost> {
  const root = mkdtempSync(join(tmpdir(), 'keyloom-git-'));
  const asked: GitHost['asked'] = [];
  const state = { before: passes };
  const listener: RequestListener = (incoming, response) => {
    asked.push({ line: `${incoming.method} ${incoming.url}`, authorization: incoming.headers.authorization });
    void Promise.resolve(state.before(incoming, response)).then((done) => {
      if (!done) return serve(root, incoming, response).catch(() => response.destroy());
    });
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  const url = `${tls ? 'https://localhost' : 'http://127.0.0.1'}:${port}`;
  return {
    url,
    host: url.replace(/^https?:\/\//, ''),
    asked,
    get before() {
      return state.before;
    },
    set before(next) {
      state.before = next;
    },
    repository: (name) => makeRepository(root, url, name),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          rmSync(root, { recursive: true, force: true });
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function makeRepository(root: string, base: string, name: string): Repository {
  const dir = join(root, `${name}.git`);
  const work = join(root, `${name}.work`);
  initBare(dir);
  let head: Head | null = null;
  let isOpen = false;
  return {
    url: `${base}/${name}.git`,
    dir,
    get work() {
      if (!isOpen) openWork({ dir, work, head });
      isOpen = true;
      return work;
    },
    push(files, branch = 'main') {
      if (isOpen) return pushFrom(work, files, branch);
      head = addCommit(dir, head, files, branch);
      return head.commit;
    },
  };
}

function openWork({ dir, work, head }: { readonly dir: string; readonly work: string; readonly head: Head | null }) {
  git(dirname(work), ['init', '--quiet', '--initial-branch=main', work]);
  git(work, ['remote', 'add', 'origin', dir]);
  if (!head) return;
  writeFileSync(join(work, '.git/objects/info/alternates'), `${join(dir, 'objects')}\n`);
  git(work, ['reset', '--quiet', '--hard', head.commit]);
}

function pushFrom(work: string, files: Readonly<Record<string, string | Uint8Array | null>>, branch: string): string {
  for (const [path, content] of Object.entries(files)) {
    const full = join(work, path);
    if (content === null) rmSync(full);
    else {
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, content);
    }
  }
  git(work, ['add', '--all']);
  git(work, ['commit', '--quiet', '--allow-empty', '--message', 'a change']);
  git(work, ['push', '--quiet', '--force', 'origin', `HEAD:refs/heads/${branch}`]);
  return git(work, ['rev-parse', 'HEAD']);
}
