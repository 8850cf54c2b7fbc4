import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { deadline } from '../kernel/deadline.ts';
import { plainHost } from './allowed.ts';
import { type Reach, refused } from './reach.ts';

export interface GuardedInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

/** https or hosts that the operator names, no private addresses but the operator's, no redirects, bounded in bytes and time. */
export type GuardedFetch = (url: string | URL, init?: GuardedInit) => Promise<Response>;

export interface FetchRules {
  readonly reach: Reach;
  readonly maxBytes: number;
  /** What happens to an answer of more bytes: refused unless said otherwise; `cut`: the rest is not read. */
  readonly excess?: 'refuse' | 'cut';
  readonly deadlineMs: number;
  /** Aborts every request under way. */
  readonly signal: AbortSignal;
}

/** What it refuses is told without the URL, which may hold a secret. */
export function guardedFetch(rules: FetchRules): GuardedFetch {
  return async (url, init = {}) => {
    const { target, port } = permitted(url, rules.reach);
    const time = deadline(rules.deadlineMs, [rules.signal, ...(init.signal ? [init.signal] : [])]);
    const options: RequestOptions = {
      method: init.method ?? 'GET',
      headers: { 'accept-encoding': 'identity', ...init.headers },
      agent: false,
      signal: time.signal,
      lookup: rules.reach.lookupFor(target.hostname, port),
    };
    return send(target, options, init, rules).finally(time.end);
  };
}

/** The URL if it may be asked at all: what it leads to is checked by the look-up. Throws what the fetch would. */
export function permitted(url: string | URL, reach: Reach): { readonly target: URL; readonly port: number } {
  const target = parsed(url);
  const port = portOf(target);
  requirePermitted(target, port, reach);
  return { target, port };
}

/** Whether a URL that people give may be asked at all: the one rule for addresses of webhooks, repositories and accounts. */
export function isPermitted(url: string | URL, reach: Reach): boolean {
  try {
    permitted(url, reach);
    return true;
  } catch {
    return false;
  }
}

const portOf = ({ port, protocol }: URL): number => (port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port));

function parsed(url: string | URL): URL {
  try {
    return new URL(url);
  } catch {
    throw refused('it is no URL');
  }
}

/** Names that lead to this machine or to what clouds tell of it. */
const ALWAYS_PRIVATE = [
  [/^(?:.*\.)?localhost$/, '127.0.0.1'],
  [/^metadata\.google\.internal$/, '169.254.169.254'],
] as const;

function requirePermitted(url: URL, port: number, reach: Reach): void {
  if (url.username !== '' || url.password !== '') throw refused('credentials do not belong into a URL');
  const isNamed = reach.isNamed(url.hostname, port);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isNamed)) {
    throw refused('only https, unless the operator allows the host');
  }
  // An address in place of a name is not looked up, and some names have the same everywhere.
  const literal = ALWAYS_PRIVATE.find(([name]) => name.test(plainHost(url.hostname)))?.[1] ?? plainHost(url.hostname);
  if (!isNamed && isIP(literal) !== 0 && !reach.isOpen(literal, port)) throw refused('a private address');
}

function send(url: URL, options: RequestOptions, init: GuardedInit, rules: FetchRules): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    const sent = request(url, options, (response) => {
      receive(response, rules).then(resolve, (error: unknown) => {
        response.destroy();
        reject(error);
      });
    });
    sent.on('error', reject);
    sent.end(init.body);
  });
}

async function receive(response: IncomingMessage, { maxBytes, excess }: FetchRules): Promise<Response> {
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400) throw refused('a redirect');
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Uint8Array>) {
    size += part.byteLength;
    // Leaving the loop closes the connection.
    if (size > maxBytes && excess === 'cut') break;
    if (size > maxBytes) throw refused(`an answer of more than ${maxBytes} bytes`);
    parts.push(part);
  }
  const isEmpty = status === 204 || status === 205 || status < 200;
  const passed = ['content-type', 'retry-after'].flatMap((name): [string, string][] => {
    const value = response.headers[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return new Response(isEmpty ? null : Buffer.concat(parts), {
    status: Math.max(200, status),
    headers: passed,
  });
}
