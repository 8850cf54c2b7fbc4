import { MessageType, validateMessage } from 'graphql-ws';
import { isAppError } from '../kernel/errors.ts';
import type { Limits } from '../kernel/limits.ts';
import { GATEWAY_HEADER, SIGNATURE_HEADER } from './forwarded.ts';
import { type Params, paramsOf } from './params.ts';
import { decodeUtf8, parseStrictJson } from './strict-json.ts';

/** What a client says, by the protocol `graphql-transport-ws`. */
export type Message =
  | {
      readonly type: MessageType.ConnectionInit;
      readonly authorization: string | null;
      /** What of the payload stands for other headers, names and values in turn. */
      readonly headers: readonly string[];
    }
  | { readonly type: MessageType.Ping | MessageType.Pong }
  | { readonly type: MessageType.Subscribe; readonly id: string; readonly params: Params }
  | { readonly type: MessageType.Complete; readonly id: string };

const MAX_ID = 200;
const BAD_ID = `id must be a string of 1 to ${MAX_ID} characters`;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The parsed message, or the close reason when it is invalid. */
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
  const takesId = type === MessageType.Subscribe || type === MessageType.Complete;
  if (takesId && !isId(id)) return BAD_ID;
  // Says what is wrong with the payload, in words of ours: those of the library repeat what was sent.
  if (type === MessageType.Subscribe) return { type, id: id as string, params: paramsOf(payload) };
  if (!isByTheProtocol(given)) return 'The message is not one of the protocol graphql-transport-ws';
  switch (type) {
    case MessageType.ConnectionInit:
      return initOf(payload);
    case MessageType.Ping:
    case MessageType.Pong:
      return { type };
    case MessageType.Complete:
      return { type, id: id as string };
    default:
      return 'The type of the message must be connection_init, ping, pong, subscribe or complete';
  }
}

function isByTheProtocol(given: unknown): boolean {
  try {
    validateMessage(given);
    return true;
  } catch {
    return false;
  }
}

const isId = (id: unknown): id is string => typeof id === 'string' && id.length >= 1 && id.length <= MAX_ID;

/** What the payload may carry as a header would; other members are for other servers. */
const HEADERS: readonly string[] = ['authorization', GATEWAY_HEADER, SIGNATURE_HEADER];

function initOf(payload: unknown): Message | string {
  const type = MessageType.ConnectionInit;
  if (!isObject(payload)) return { type, authorization: null, headers: [] };
  let authorization: string | null = null;
  const headers: string[] = [];
  for (const header of HEADERS) {
    const names = Object.keys(payload).filter((name) => name.toLowerCase() === header);
    if (names.length > 1) return `${header} is duplicated`;
    const given = names[0] === undefined ? null : payload[names[0]];
    if (given === null || given === undefined) continue;
    if (typeof given !== 'string') return `${header} must be a string`;
    if (header === 'authorization') authorization = given;
    else headers.push(header, given);
  }
  return { type, authorization, headers };
}
