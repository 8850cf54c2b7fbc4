import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { latin1Of } from '../graphql/engine/write-answer.ts';
import type { Hold } from '../kernel/in-flight.ts';
import type { Place } from '../kernel/line.ts';
import type { Deadline } from './deadline.ts';

/**
 * One request and its answer. A class, and not a literal: of a place in the code whose literals once outlived a few collections the engine
 * puts all later ones among the old objects, where each would keep its whole request alive until the next full collection.
 */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly id: string;
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  /** Without the question mark; may hold what must not be logged. */
  readonly search: string;
  readonly startedAt: number;
  /** More headers of the answer, whichever it will be. */
  headers: Readonly<Record<string, string>> | null = null;
  /** For the log: what the document calls its operation. */
  operationName: string | null = null;
  /** Whether the client reads server-sent events and its request was understood: then answers are events, too. */
  asEvents = false;
  /** Of the client, as log and limits know it. */
  readonly client: string;
  /** Among those under way; null: nobody counts them. */
  place: Place<ServerResponse> | null = null;
  /** All bytes of its body, where they were read already. */
  body: Uint8Array | null = null;
  /** What is held of its body. */
  hold: Hold | null = null;
  /** The time that it has; null: it is answered, or has no bound. */
  deadline: Deadline | null = null;
  /** Called when the connection is done with it, answered or not. */
  onClose: ((exchange: Exchange) => void) | null = null;

  readonly #failed: (error: unknown, id: string) => void;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    client: string,
    failed: (error: unknown, id: string) => void,
  ) {
    const url = request.url ?? '';
    const mark = url.indexOf('?');
    this.request = request;
    this.response = response;
    this.id = randomUUID();
    this.method = request.method ?? '';
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.search = mark < 0 ? '' : url.slice(mark + 1);
    this.startedAt = performance.now();
    this.client = client;
    this.#failed = failed;
  }

  /** Ends the connection after a fault in something that it called. */
  fault(error: unknown): void {
    this.#failed(error, this.id);
    this.response.destroy();
  }

  /** The same for those who take a function. */
  get onFault(): (error: unknown) => void {
    return (error) => this.fault(error);
  }

  /** As `guarded` has it, with no more than one function for each request. */
  guarded(work: (exchange: Exchange) => void): () => void {
    return () => {
      try {
        work(this);
      } catch (error) {
        this.fault(error);
      }
    };
  }
}

/** What is refused before it comes to an answer keeps its status, also for those who read events. */
const KEPT_STATUS: ReadonlySet<number> = new Set([401, 405, 413, 415, 429, 503]);

/** A client of server-sent events takes any other kind of answer for a broken connection, and asks again. */
export const isSaidAsEvent = ({ asEvents }: Exchange, status: number): boolean => asEvents && !KEPT_STATUS.has(status);

/** Headers of every answer. */
export const commonHeaders = (id: string): Record<string, string> => ({
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-request-id': id,
});

/** Names and values in turn, which Node writes without looking any of them up. */
function listedHeaders(id: string, length: number, type: string, known: Exchange['headers']): (string | number)[] {
  const list = ['content-type', type, 'content-length', length];
  list.push('cache-control', 'no-store', 'x-content-type-options', 'nosniff', 'x-request-id', id);
  if (known) for (const name of Object.keys(known)) list.push(name, known[name] ?? '');
  return list;
}

/** Answers once, in one write of bytes given as a text of one character each; a second answer and one to a broken connection are dropped. */
export function sendLatin1(
  { response, id, headers: known }: Exchange,
  status: number,
  latin1: string,
  type: string,
  headers: Readonly<Record<string, string>> | null = null,
): void {
  if (response.headersSent || response.destroyed) return;
  if (headers === null) response.writeHead(status, listedHeaders(id, latin1.length, type, known));
  else {
    const own = { 'content-type': type, 'content-length': latin1.length };
    response.writeHead(status, { ...own, ...commonHeaders(id), ...known, ...headers });
  }
  response.end(latin1, 'latin1');
}

/** The same without a body, and without a word of one. */
export function sendEmpty(
  { response, id, headers: known }: Exchange,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { ...commonHeaders(id), ...known, ...headers });
  response.end();
}

export function sendJson(
  exchange: Exchange,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendLatin1(exchange, status, latin1Of(JSON.stringify(body)), 'application/json; charset=utf-8', headers);
}
