import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { latin1Of } from '../graphql/engine/write-answer.ts';
import type { Hold } from '../kernel/in-flight.ts';
import type { Deadline } from './deadline.ts';

/** One request and its answer. */
export interface Exchange {
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
  headers: Readonly<Record<string, string>> | null;
  /** For the log: what the document calls its operation. */
  operationName: string | null;
  /** Whether the client reads server-sent events and its request was understood: then answers are events, too. */
  asEvents: boolean;
  /** Of the client, as log and limits know it. */
  readonly client: string;
  /** Ends the connection after a fault in something that it called. */
  readonly onFault: (error: unknown) => void;
  /** All bytes of its body, where they were read already. */
  body: Uint8Array | null;
  /** What is held of its body. */
  hold: Hold | null;
  /** The time that it has; null: it is answered, or has no bound. */
  deadline: Deadline | null;
  /** Called when the connection is done with it, answered or not. */
  onClose: ((exchange: Exchange) => void) | null;
}

export function openExchange(
  request: IncomingMessage,
  response: ServerResponse,
  client: string,
  failed: (error: unknown) => void,
): Exchange {
  const url = request.url ?? '';
  const mark = url.indexOf('?');
  return {
    request,
    response,
    id: randomUUID(),
    method: request.method ?? '',
    path: mark < 0 ? url : url.slice(0, mark),
    search: mark < 0 ? '' : url.slice(mark + 1),
    startedAt: performance.now(),
    headers: null,
    body: null,
    hold: null,
    operationName: null,
    asEvents: false,
    client,
    onFault: (error) => {
      failed(error);
      response.destroy();
    },
    deadline: null,
    onClose: null,
  };
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

/** Answers once, in one write of bytes given as a text of one character each; a second answer and one to a broken connection are dropped. */
export function sendLatin1(
  { response, id, headers: known }: Exchange,
  status: number,
  latin1: string,
  type: string,
  headers: Readonly<Record<string, string>> | null = null,
): void {
  if (response.headersSent || response.destroyed) return;
  const own = { 'content-type': type, 'content-length': latin1.length };
  response.writeHead(
    status,
    headers ? { ...own, ...commonHeaders(id), ...known, ...headers } : Object.assign(own, commonHeaders(id), known),
  );
  response.end(latin1, 'latin1');
}

export function sendJson(
  exchange: Exchange,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendLatin1(exchange, status, latin1Of(JSON.stringify(body)), 'application/json; charset=utf-8', headers);
}
