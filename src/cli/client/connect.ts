import { type Api, createApi } from './api.ts';
import { readContexts } from './contexts.ts';
import { Failure } from './failure.ts';

/** Options that every command of the client has. */
export interface ConnectOptions {
  readonly url?: string;
  readonly token?: string;
  readonly context?: string;
  readonly allowHttp?: boolean;
  readonly quiet?: boolean;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A URL to which a token may be sent: over TLS, or to this machine, or where a person says so. */
export function checkedUrl(text: string, allowHttp: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new Failure('usage', '--url must be an http or https address without a user, query or fragment');
  }
  if (url.protocol === 'http:' && !LOOPBACK.has(url.hostname) && !allowHttp) {
    throw new Failure('usage', `the token would go to ${url.host} in clear text: use https, or give --allow-http`);
  }
  return url.href.endsWith('/') ? url.href.slice(0, -1) : url.href;
}

/** Options go before variables of the environment, and those before the context. The token of a context goes to its URL alone. */
export async function connect(options: ConnectOptions): Promise<Api> {
  const allowHttp = options.allowHttp === true || process.env.KEYLOOM_ALLOW_HTTP === 'true';
  const isTold = process.stderr.isTTY === true && !options.quiet;
  const givenUrl = options.url ?? process.env.KEYLOOM_URL;
  const givenToken = options.token ?? process.env.KEYLOOM_TOKEN;
  if (givenUrl && givenToken) return createApi({ url: checkedUrl(givenUrl, allowHttp), token: givenToken, isTold });
  const { current, contexts } = await readContexts();
  const name = options.context ?? current;
  const context = name === null ? undefined : contexts.get(name);
  if (options.context !== undefined && !context) throw new Failure('usage', `there is no context ${options.context}`);
  const url = givenUrl ?? context?.url;
  if (url === undefined) throw new Failure('usage', 'no gateway: log in, or set KEYLOOM_URL and KEYLOOM_TOKEN');
  const checked = checkedUrl(url, allowHttp);
  const token = givenToken ?? (context && checkedUrl(context.url, true) === checked ? context.token : undefined);
  if (token === undefined)
    throw new Failure('access', `there is no token for ${checked}: log in, or set KEYLOOM_TOKEN`);
  return createApi({ url: checked, token, isTold });
}
