import { isAppError } from '../kernel/errors.ts';
import type { Limits } from '../kernel/limits.ts';
import { type Params, paramsOf } from './params.ts';
import { decodeUtf8, parseStrictJson } from './strict-json.ts';

/** What a client says, by the protocol `graphql-transport-ws`. */
export type Message =
  | { readonly type: 'connection_init'; readonly authorization: string | null }
  | { readonly type: 'ping' | 'pong' }
  | { readonly type: 'subscribe'; readonly id: string; readonly params: Params }
  | { readonly type: 'complete'; readonly id: string };

const MOST_ID = 200;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The message, or why it is none: words for the close frame. */
export function messageOf(bytes: Uint8Array, limits: Limits): Message | string {
  try {
    return parsed(parseStrictJson(decodeUtf8(bytes), limits));
  } catch (error) {
    return isAppError(error) ? error.message : 'Invalid message';
  }
}

function parsed(given: unknown): Message | string {
  if (!isObject(given)) return 'The message must be a JSON object';
  const { type, id, payload } = given;
  switch (type) {
    case 'connection_init':
      return initOf(payload);
    case 'ping':
    case 'pong':
      return { type };
    case 'complete':
      return isId(id) ? { type, id } : 'id must be a string of 1 to 200 characters';
    case 'subscribe':
      return isId(id) ? { type, id, params: paramsOf(payload) } : 'id must be a string of 1 to 200 characters';
    default:
      return 'The type of the message must be connection_init, ping, pong, subscribe or complete';
  }
}

const isId = (id: unknown): id is string => typeof id === 'string' && id.length >= 1 && id.length <= MOST_ID;

/** The payload may carry the token as a header would; other members are for other servers. */
function initOf(payload: unknown): Message | string {
  if (payload === undefined || payload === null) return { type: 'connection_init', authorization: null };
  if (!isObject(payload)) return 'The payload must be an object';
  const names = Object.keys(payload).filter((name) => name.toLowerCase() === 'authorization');
  if (names.length > 1) return 'authorization is duplicated';
  const given = names[0] === undefined ? null : payload[names[0]];
  if (given === null || given === undefined) return { type: 'connection_init', authorization: null };
  return typeof given === 'string'
    ? { type: 'connection_init', authorization: given }
    : 'authorization must be a string';
}
