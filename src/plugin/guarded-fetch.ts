import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { unavailable } from '../kernel/errors.ts';
import type { GuardedInit, PluginHost } from './contract.ts';
import { isPrivateAddress } from './private-address.ts';

export interface FetchRules {
  /** `host` or `host:port`, lower case: may be asked over http and at private addresses. */
  readonly allowedHosts: ReadonlySet<string>;
  readonly mostBytes: number;
  readonly deadlineMs: number;
  /** Aborts every request under way. */
  readonly signal: AbortSignal;
  /** The system's, unless a test answers for it. */
  readonly lookup?: LookupFunction;
}

const refused = (why: string) => unavailable(`The request was refused: ${why}`);

/** What `host.fetch` is: what it refuses is told without the URL, which may hold a secret. */
export function guardedFetch(rules: FetchRules): PluginHost['fetch'] {
  return async (url, init = {}) => {
    const target = parsed(url);
    const isAllowed = rules.allowedHosts.has(target.hostname) || rules.allowedHosts.has(target.host);
    requirePermitted(target, isAllowed);
    const signals = [AbortSignal.timeout(rules.deadlineMs), rules.signal, ...(init.signal ? [init.signal] : [])];
    const options: RequestOptions = {
      method: init.method ?? 'GET',
      headers: { 'accept-encoding': 'identity', ...init.headers },
      agent: false,
      signal: AbortSignal.any(signals),
      lookup: isAllowed ? (rules.lookup ?? lookup) : publicLookup(rules.lookup ?? lookup),
    };
    return send(target, options, init, rules.mostBytes);
  };
}

const lookup: LookupFunction = (host, options, done) => systemLookup(host, options, done);

function parsed(url: string | URL): URL {
  try {
    return new URL(url);
  } catch {
    throw refused('it is no URL');
  }
}

function requirePermitted(url: URL, isAllowed: boolean): void {
  if (url.username !== '' || url.password !== '') throw refused('credentials do not belong into a URL');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isAllowed)) {
    throw refused('only https, unless the operator allows the host');
  }
  const literal = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (!isAllowed && isIP(literal) !== 0 && isPrivateAddress(literal)) throw refused('a private address');
}

/** Checks what is really connected to, so that a name cannot answer one thing here and another there. */
function publicLookup(ask: LookupFunction): LookupFunction {
  return (host, options, done) =>
    ask(host, options, (error, found, family) => {
      const addresses = typeof found === 'string' ? [found] : (found ?? []).map((each: LookupAddress) => each.address);
      const isBad = error === null && (addresses.length === 0 || addresses.some(isPrivateAddress));
      if (isBad) done(refused('the name leads to a private address'), '', family);
      else done(error, found, family);
    });
}

function send(url: URL, options: RequestOptions, init: GuardedInit, mostBytes: number): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    const sent = request(url, options, (response) => {
      receive(response, mostBytes).then(resolve, (error: unknown) => {
        response.destroy();
        reject(error);
      });
    });
    sent.on('error', reject);
    sent.end(init.body);
  });
}

async function receive(response: IncomingMessage, mostBytes: number): Promise<Response> {
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400) throw refused('a redirect');
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Uint8Array>) {
    size += part.byteLength;
    if (size > mostBytes) throw refused(`an answer of more than ${mostBytes} bytes`);
    parts.push(part);
  }
  const isEmpty = status === 204 || status === 205 || status < 200;
  const type = response.headers['content-type'];
  return new Response(isEmpty ? null : Buffer.concat(parts), {
    status: Math.max(200, status),
    headers: type === undefined ? {} : { 'content-type': type },
  });
}
