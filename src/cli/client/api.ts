import { type ExitReason, Failure, reasonOf } from './failure.ts';
import { printable } from './text.ts';

/** A client of the GraphQL API. */
export interface Api {
  readonly url: string;
  /** From it the key of what is kept is derived. */
  readonly token: string;
  /** The data of a query or mutation; throws Failure. */
  ask<T>(query: string, variables?: object): Promise<T>;
  /** The one field of a mutation; an error among its possible results is a Failure. */
  change<T>(query: string, variables: object): Promise<T>;
  /** Each result of a subscription until the stream ends or `signal` says so. */
  events<T>(query: string, variables: object, signal: AbortSignal): AsyncIterable<T>;
}

interface GraphQLError {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly fields?: readonly Field[] };
}
interface Field {
  readonly path: readonly string[];
  readonly message: string;
}
interface Answer<T> {
  readonly data?: T | null;
  readonly errors?: readonly GraphQLError[];
}

const DEADLINE_MS = 60_000;

export function createApi({ url, token }: { readonly url: string; readonly token: string }): Api {
  const endpoint = `${url}/graphql`;

  async function send(query: string, variables: object, accept: string, signal: AbortSignal): Promise<Response> {
    const headers = { 'content-type': 'application/json', accept, authorization: `Bearer ${token}` };
    const body = JSON.stringify({ query, variables });
    try {
      // A redirect would hand the token to whoever it leads to.
      return await fetch(endpoint, { method: 'POST', headers, body, signal, redirect: 'error' });
    } catch (error) {
      if (signal.aborted && !isTimeout(signal)) throw error;
      throw new Failure('remote', `${url} cannot be reached (${whyOf(error)})`);
    }
  }

  async function ask<T>(query: string, variables: object = {}): Promise<T> {
    const response = await send(query, variables, 'application/json', AbortSignal.timeout(DEADLINE_MS));
    const answer = (await response.json().catch(() => null)) as Answer<T> | null;
    return dataOf(answer, response.status);
  }

  async function change<T>(query: string, variables: object): Promise<T> {
    const [result] = Object.values(await ask<Record<string, Refusal>>(query, variables));
    if (result?.code !== undefined) throw failureOf(reasonOf(result.code), result.message ?? '', result.fields);
    return result as T;
  }

  async function* events<T>(query: string, variables: object, signal: AbortSignal): AsyncIterable<T> {
    const response = await send(query, variables, 'text/event-stream', signal);
    if (!response.body || !(response.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
      yield dataOf((await response.json().catch(() => null)) as Answer<T> | null, response.status);
      return;
    }
    for await (const { event, data } of framesOf(response.body)) {
      if (event === 'next') yield dataOf(JSON.parse(data) as Answer<T>, response.status);
      if (event === 'complete') return;
    }
  }

  return { url, token, ask, change, events };
}

interface Refusal {
  readonly code?: string;
  readonly message?: string;
  readonly fields?: readonly Field[];
}

/** What every mutation asks for beside its own result. */
export const REFUSAL = '... on Error { code message } ... on InvalidInputError { fields { path message } }';

function dataOf<T>(answer: Answer<T> | null, status: number): T {
  const [error] = answer?.errors ?? [];
  if (error) throw failureOf(reasonOf(error.extensions?.code), error.message, error.extensions?.fields);
  if (!answer?.data) throw new Failure('remote', `the gateway answered ${status} without a result`);
  return answer.data;
}

function failureOf(reason: ExitReason, message: string, fields: readonly Field[] = []): Failure {
  const lines = fields.map(({ path, message: words }) => `\n  ${path.join('.')}: ${words}`);
  return new Failure(reason, printable(`${message}${fields.length > 1 ? lines.join('') : ''}`, true));
}

const isTimeout = ({ reason }: AbortSignal): boolean => (reason as Error | undefined)?.name === 'TimeoutError';

function whyOf(error: unknown): string {
  const { cause, name } = error as {
    readonly cause?: { readonly code?: string; readonly message?: string };
    name: string;
  };
  return printable(cause?.code ?? cause?.message ?? name);
}

/** The events of a stream. */
async function* framesOf(
  body: ReadableStream<Uint8Array>,
): AsyncIterable<{ readonly event: string; readonly data: string }> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const frames = rest.split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames) {
      const lines = frame.split('\n');
      const of = (field: string): string =>
        lines
          .filter((line) => line.startsWith(`${field}:`))
          .map((line) => line.slice(field.length + 1).replace(/^ /, ''))
          .join('\n');
      yield { event: of('event'), data: of('data') };
    }
  }
}
