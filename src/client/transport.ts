import { KeyloomError, refused, unreachable } from './errors.ts';
import { framesOf } from './events.ts';

export interface TransportOptions {
  /** Where the gateway is, without `/graphql`. Empty in a page that the gateway's own host serves. */
  readonly url: string;
  /** The token, or what answers it: asked before each request, so that a new one is taken up. */
  readonly token: string | (() => string | Promise<string>);
  /** Sends the token over plain http to another machine. */
  readonly allowHttp?: boolean;
  /** Milliseconds that an answer may take; 60,000 unless given. */
  readonly deadlineMs?: number;
  /** Milliseconds of silence after which a stream counts as broken; 60,000 unless given. The gateway tells that it lives every 15,000. */
  readonly silenceMs?: number;
  /** Instead of the global one. */
  readonly fetch?: typeof fetch;
}

export interface Transport {
  /** The data of a query or mutation. */
  ask<T>(query: string, variables: object, signal?: AbortSignal): Promise<T>;
  /** A subscription, once it is open. */
  open<T>(query: string, variables: object, signal: AbortSignal): Promise<Opened<T>>;
}

export interface Opened<T> {
  /** They end when the connection does. */
  readonly results: AsyncIterable<T>;
  /** Ends the connection, read or not. */
  close(): void;
}

interface Answer<T> {
  readonly data?: T | null;
  readonly errors?: readonly { readonly message?: string; readonly extensions?: { readonly code?: string } }[];
}

const EVENTS = 'text/event-stream';
const MINUTE_MS = 60_000;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** What ends a stream in which nothing was heard for so long. */
function attended(silenceMs: number) {
  const own = new AbortController();
  const quiet = (): void => own.abort(new DOMException('nothing was heard', 'TimeoutError'));
  let timer = setTimeout(quiet, silenceMs);
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(quiet, silenceMs);
  };
  const close = (): void => {
    clearTimeout(timer);
    own.abort();
  };
  return { own: own.signal, alive, close };
}

/** Requests to one gateway, as their answers or as KeyloomError. */
export function createTransport(options: TransportOptions): Transport {
  const { token, deadlineMs = MINUTE_MS, silenceMs = MINUTE_MS, fetch: send = fetch } = options;
  const url = checked(options);

  async function post(query: string, variables: object, accept: string, signal: AbortSignal): Promise<Response> {
    const text = typeof token === 'string' ? token : await token();
    const headers = { 'content-type': 'application/json', accept, authorization: `Bearer ${text}` };
    const body = JSON.stringify({ query, variables });
    try {
      // A redirect would hand the token to whoever it leads to; cookies are of no use here.
      const init = { method: 'POST', headers, body, signal, redirect: 'error', credentials: 'omit' } as const;
      return await send(`${url}/graphql`, init);
    } catch (error) {
      throw lost(signal, error);
    }
  }

  /** What broke a connection: its own silence and deadline are troubles of the network, and the caller's wish is his. */
  function lost(signal: AbortSignal, error: unknown): unknown {
    if (error instanceof KeyloomError) return error;
    const reason: unknown = signal.aborted ? signal.reason : error;
    if (signal.aborted && nameOf(reason) !== 'TimeoutError') return reason;
    return unreachable(url, whyOf(reason), error);
  }

  return {
    async ask<T>(query: string, variables: object, signal?: AbortSignal) {
      const deadline = AbortSignal.timeout(deadlineMs);
      const either = signal ? AbortSignal.any([signal, deadline]) : deadline;
      const response = await post(query, variables, 'application/json', either);
      return dataOf(await answerOf<T>(response, either), response.status);
    },

    async open<T>(query: string, variables: object, signal: AbortSignal) {
      const { own, alive, close } = attended(silenceMs);
      const either = AbortSignal.any([signal, own]);
      try {
        const response = await post(query, variables, EVENTS, either);
        const { status, body } = response;
        if (status !== 200 || !body || !response.headers.get('content-type')?.startsWith(EVENTS)) {
          dataOf(await answerOf(response, either), status);
          throw new KeyloomError('PROTOCOL', 'the gateway answered without a stream', {});
        }
        return { results: results<T>(framesOf(body, alive), either), close };
      } catch (error) {
        close();
        throw error;
      }
    },
  };

  async function* results<T>(frames: ReturnType<typeof framesOf>, signal: AbortSignal): AsyncGenerator<T> {
    try {
      for await (const { event, data } of frames) {
        if (event === 'next') yield dataOf(JSON.parse(data) as Answer<T>, 200);
        if (event === 'complete') return;
      }
    } catch (error) {
      throw lost(signal, error);
    }
  }

  async function answerOf<T>(response: Response, signal: AbortSignal): Promise<Answer<T> | null> {
    try {
      return (await response.json()) as Answer<T>;
    } catch (error) {
      if (nameOf(error) === 'SyntaxError') return null;
      throw lost(signal, error);
    }
  }
}

function dataOf<T>(answer: Answer<T> | null, status: number): T {
  const [error] = answer?.errors ?? [];
  if (error) throw refused({ ...error.extensions, message: error.message });
  if (!answer?.data) throw new KeyloomError('PROTOCOL', `the gateway answered ${status} without a result`, {});
  return answer.data;
}

/** A URL to which a token may be sent: over TLS, or to this machine, or where it is allowed. */
function checked({ url, allowHttp = false }: TransportOptions): string {
  if (url === '') return url;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username + parsed.search + parsed.hash !== '')
    throw new TypeError('url must be an http or https address without a user, query or fragment');
  if (parsed.protocol === 'http:' && !LOOPBACK.has(parsed.hostname) && !allowHttp)
    throw new TypeError('the token would be sent in clear text: use https, or allowHttp');
  return parsed.href.replace(/\/$/, '');
}

const nameOf = (error: unknown): string => (error as { readonly name?: string } | null)?.name ?? 'unknown';

function whyOf(error: unknown): string {
  const { cause } = (error ?? {}) as { readonly cause?: { readonly code?: string; readonly message?: string } };
  return cause?.code ?? cause?.message ?? nameOf(error);
}
