import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Real repositories behind real git: `git http-backend` as a CGI on loopback. */

const QUIET = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Author',
  GIT_AUTHOR_EMAIL: 'author@example.com',
  GIT_COMMITTER_NAME: 'Author',
  GIT_COMMITTER_EMAIL: 'author@example.com',
};

export function git(cwd: string, args: readonly string[], input?: string): string {
  const options = { cwd, env: { ...process.env, ...QUIET }, encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  return execFileSync('git', args, { ...options, ...(input === undefined ? {} : { input }), stdio: 'pipe' }).trim();
}

export interface Repository {
  readonly url: string;
  /** The bare repository itself. */
  readonly dir: string;
  /** A work tree that pushes to it. */
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
  const listener: RequestListener = (request, response) => {
    asked.push({ line: `${request.method} ${request.url}`, authorization: request.headers.authorization });
    void Promise.resolve(state.before(request, response)).then((done) => {
      if (!done) serve(root, request, response);
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
  git(root, ['init', '--quiet', '--bare', '--initial-branch=main', dir]);
  git(root, ['init', '--quiet', '--initial-branch=main', work]);
  git(work, ['remote', 'add', 'origin', dir]);
  return {
    url: `${base}/${name}.git`,
    dir,
    work,
    push(files, branch = 'main') {
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
    },
  };
}

/** One request of the CGI. */
function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...process.env,
      ...QUIET,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: decodeURIComponent(path),
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      CONTENT_LENGTH: request.headers['content-length'] ?? '',
      REMOTE_ADDR: '127.0.0.1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(backend.stdin);
  backend.stdin.on('error', () => {});
  let head = Buffer.alloc(0);
  let begun = false;
  backend.stdout.on('data', (part: Buffer) => {
    if (begun) return void response.write(part);
    head = Buffer.concat([head, part]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    begun = true;
    const lines = head.toString('latin1', 0, end).split('\r\n');
    const headers = lines.map((line) => line.split(': ') as [string, string]);
    const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
    response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
    response.write(head.subarray(end + 4));
  });
  backend.on('close', () => response.end());
  response.on('close', () => backend.kill());
}
