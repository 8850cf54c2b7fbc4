import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isAppError } from '../kernel/errors.ts';
import { permitted } from '../net/guarded-fetch.ts';
import type { Reach } from '../net/reach.ts';
import { type GitReason, GitTrouble } from './port.ts';

export interface GitRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  /** A redirect is given back to be judged; otherwise it is refused. */
  readonly mayRedirect?: boolean;
}

export interface GitResponse {
  readonly status: number;
  readonly contentType: string;
  /** Where a redirect leads; null: it is none. */
  readonly location: string | null;
  readonly body: Uint8Array;
}

export interface GitHttpRules {
  readonly reach: Reach;
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca: string | undefined;
  /** The longest that a host may be silent, milliseconds: while connecting, before and within its answer. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** One request to a git host: no redirect is followed here, nothing kept alive, bounded in bytes and in silence. Throws `GitTrouble`. */
export async function gitRequest(
  { url, method, headers, body, mayRedirect = false }: GitRequest,
  maxBytes: number,
  { reach, ca, silenceMs, signal }: GitHttpRules,
): Promise<GitResponse> {
  const { target, port } = permittedOrRefused(url, reach);
  const options: RequestOptions & { readonly ca?: string } = {
    method,
    headers: {
      'user-agent': 'git/keyloom',
      'accept-encoding': 'identity',
      ...headers,
      ...(body ? { 'content-length': String(body.byteLength) } : {}),
    },
    agent: false,
    signal,
    timeout: silenceMs,
    lookup: reach.lookupFor(target.hostname, port),
    ...(ca === undefined ? {} : { ca }),
  };
  const response = await send(target, options, body, maxBytes, signal);
  const reason = mayRedirect && response.location !== null ? null : reasonOf(response);
  if (reason) throw new GitTrouble(reason);
  return response;
}

function permittedOrRefused(url: string, reach: Reach) {
  try {
    return permitted(url, reach);
  } catch {
    throw new GitTrouble('HOST_REFUSED');
  }
}

function send(
  url: URL,
  options: RequestOptions,
  body: Uint8Array | null,
  maxBytes: number,
  signal: AbortSignal,
): Promise<GitResponse> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(error instanceof GitTrouble ? error : troubleOf(error, signal));
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    const sent = request(url, options, (response) => {
      receive(response, maxBytes).then(resolve, (error: unknown) => {
        response.destroy();
        fail(error);
      });
    });
    sent.on('timeout', () => sent.destroy(new GitTrouble('TIMED_OUT')));
    sent.on('error', fail);
    sent.end(body ?? undefined);
  });
}

/** Redirects that lead to the same thing elsewhere. */
const FOLLOWED: ReadonlySet<number> = new Set([301, 302, 307, 308]);

async function receive(response: IncomingMessage, maxBytes: number): Promise<GitResponse> {
  const status = response.statusCode ?? 0;
  const contentType = response.headers['content-type'] ?? '';
  if (status !== 200) {
    response.destroy();
    const location = FOLLOWED.has(status) ? (response.headers.location ?? null) : null;
    return { status, contentType, location, body: new Uint8Array() };
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Uint8Array>) {
    size += part.byteLength;
    if (size > maxBytes) throw new GitTrouble('REPOSITORY_TOO_LARGE');
    parts.push(part);
  }
  return { status, contentType, location: null, body: Buffer.concat(parts) };
}

/** 203 is how Azure DevOps asks for a login. */
function reasonOf({ status }: GitResponse): GitReason | null {
  if (status === 200) return null;
  if (status === 203 || status === 401 || status === 403) return 'AUTHENTICATION_FAILED';
  if (status === 404 || status === 410) return 'REPOSITORY_NOT_FOUND';
  if (status >= 300 && status < 400) return 'REDIRECT_REFUSED';
  return 'HOST_FAILED';
}

function troubleOf(error: unknown, signal: AbortSignal): GitTrouble {
  if (signal.aborted) return new GitTrouble('TIMED_OUT');
  // The reach refuses from within the look-up.
  return new GitTrouble(isAppError(error) ? 'HOST_REFUSED' : 'HOST_UNREACHABLE');
}
