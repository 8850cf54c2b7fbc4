import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { inject } from 'vitest';

interface Answered {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** What git said of refs and of what it can do, by all that it said it from: the same question is asked before every fetch. */
const looks = new Map<string, Answered>();

/** The configuration and the refs of a repository; null: there is none. */
function stateOf(dir: string): string | null {
  try {
    const names = readdirSync(join(dir, 'refs'), { recursive: true, withFileTypes: true });
    const refs = names.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
    const packed = join(dir, 'packed-refs');
    const files = ['config', 'HEAD'].map((name) => join(dir, name)).concat(existsSync(packed) ? packed : [], refs);
    return files.map((path) => `${path.slice(dir.length)}\0${readFileSync(path, 'utf8')}`).join('\0');
  } catch {
    return null;
  }
}

/** The key of a question after refs; null: it is another question. */
function lookOf(root: string, { method, url = '', headers }: IncomingMessage, body: Buffer): string | null {
  const [, name = '', what = ''] = /^\/([^/?]+)\/(.*)$/.exec(url) ?? [];
  const isLook = method === 'GET' ? what.startsWith('info/refs?') : body.includes('command=ls-refs');
  const state = isLook ? stateOf(join(root, decodeURIComponent(name))) : null;
  const asked = [method, what, headers['git-protocol'], headers['content-type'], body.toString('latin1')];
  return state === null ? null : JSON.stringify([...asked, state]);
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** One request of the CGI. */
export async function serve(root: string, asked: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bytesOf(asked);
  const look = lookOf(root, asked, body);
  const known = look === null ? undefined : looks.get(look);
  if (known) return void response.writeHead(known.status, [...known.headers]).end(known.body);
  const forwarded = forward(root, asked, body);
  response.on('close', () => forwarded.destroy());
  const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
  const { statusCode: status = 500, rawHeaders } = answer;
  if (look === null) {
    await pipeline(answer, response.writeHead(status, rawHeaders));
    return;
  }
  const answered = { status, headers: rawHeaders, body: await bytesOf(answer) };
  if (status === 200) looks.set(look, answered);
  response.writeHead(status, rawHeaders).end(answered.body);
}

function forward(root: string, { method, url, headers }: IncomingMessage, body: Buffer) {
  const port = inject('gitBackend');
  const { 'transfer-encoding': _, ...others } = headers;
  const own = { ...others, 'x-root': encodeURIComponent(root), 'content-length': body.byteLength };
  const forwarded = request({ host: '127.0.0.1', port, method, path: url, headers: own });
  forwarded.on('error', () => {});
  return forwarded.end(body);
}
