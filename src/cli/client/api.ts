import { type Code, isKeyloomError, type KeyloomError } from '../../client/errors.ts';
import { createTransport, type Transport } from '../../client/transport.ts';
import { type ExitReason, Failure, reasonOf } from './failure.ts';
import { printable } from './text.ts';

/** A client of the GraphQL API. */
export interface Api {
  readonly url: string;
  /** From it the key of what is kept is derived. */
  readonly token: string;
  /** For what follows changes. */
  readonly transport: Transport;
  /** The data of a query or mutation; throws Failure. */
  ask<T>(query: string, variables?: object): Promise<T>;
  /** The one field of a mutation; an error among its possible results is a Failure. */
  change<T>(query: string, variables: object): Promise<T>;
}

interface Field {
  readonly path: readonly string[];
  readonly message: string;
}

interface ApiOptions {
  readonly url: string;
  readonly token: string;
  /** Whether somebody is told who is waited for. */
  readonly isTold?: boolean;
}

export function createApi({ url, token, isTold = false }: ApiOptions): Api {
  // Where the token may go was judged before.
  const transport = createTransport({ url, token, allowHttp: true });

  async function ask<T>(query: string, variables: object = {}): Promise<T> {
    const over = isTold ? waitingFor(url) : null;
    try {
      return await transport.ask<T>(query, variables);
    } catch (error) {
      throw isKeyloomError(error) ? refusal(error) : error;
    } finally {
      over?.();
    }
  }

  async function change<T>(query: string, variables: object): Promise<T> {
    const [result] = Object.values(await ask<Record<string, Refusal>>(query, variables));
    if (result?.code !== undefined) throw failureOf(reasonOf(result.code), result.message ?? '', result.fields);
    return result as T;
  }

  return { url, token, transport, ask, change };
}

function refusal({ code, message, details }: KeyloomError<Code>): Failure {
  return failureOf(reasonOf(code), message, (details as { readonly fields?: readonly Field[] }).fields);
}

const SECOND_MS = 1_000;

/** Tells from the second second on how long it has been; the line is gone when it is over. */
function waitingFor(url: string): () => void {
  const { stderr } = process;
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += 1;
    stderr.write(`\r\u001b[Kkeyloom: waiting for ${printable(url)}, ${seconds} s`);
  }, SECOND_MS);
  return () => {
    clearInterval(timer);
    if (seconds > 0) stderr.write('\r\u001b[K');
  };
}

interface Refusal {
  readonly code?: string;
  readonly message?: string;
  readonly fields?: readonly Field[];
}

/** What every mutation asks for beside its own result. */
export const REFUSAL = '... on Error { code message } ... on InvalidInputError { fields { path message } }';

function failureOf(reason: ExitReason, message: string, fields: readonly Field[] = []): Failure {
  const lines = fields.map(({ path, message: words }) => `\n  ${path.join('.')}: ${words}`);
  return new Failure(reason, printable(`${message}${fields.length > 1 ? lines.join('') : ''}`, true));
}
