import { SMALL_ANSWER } from '../graphql/engine/answer-meter.ts';
import type { Given } from '../graphql/engine/answers.ts';
import type { InFlight } from '../kernel/in-flight.ts';
import { holdUntilSent } from './caller.ts';
import { sendAsEvent } from './events.ts';
import { type Exchange, isSaidAsEvent, sendLatin1 } from './exchange.ts';
import { GRAPHQL_TYPE } from './media-types.ts';

/** Whether an answer takes room until it is sent. */
export const isHeld = ({ latin1 }: Given): boolean => latin1.length > SMALL_ANSWER;

/** Sends an answer of GraphQL, whichever way it was found. `readsGraphql`: the client accepts GraphQL's own type. */
export function give(
  exchange: Exchange,
  given: Given,
  readsGraphql: boolean,
  inFlight: InFlight,
  principal: string,
): void {
  const { status, latin1, operationName, retryAfter } = given;
  if (isHeld(given)) holdUntilSent(exchange, inFlight.hold(principal), latin1.length);
  exchange.operationName = operationName;
  if (isSaidAsEvent(exchange, status)) {
    sendAsEvent(exchange, latin1);
    return;
  }
  const type = readsGraphql ? `${GRAPHQL_TYPE}; charset=utf-8` : 'application/json; charset=utf-8';
  const again = retryAfter === undefined ? null : { 'retry-after': String(retryAfter) };
  // What it asks for changes something, which is not done by GET.
  const headers = status === 405 ? { allow: 'POST' } : again;
  sendLatin1(exchange, status, latin1, type, headers);
}
