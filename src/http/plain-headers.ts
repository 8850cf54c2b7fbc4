import { isJsonType } from './body.ts';
import { EVENTS, GRAPHQL_TYPE } from './media-types.ts';

/** What a plain request says of its body and of the answer. */
export interface PlainHeaders {
  /** Bytes of the body. */
  readonly length: number;
  /** Whether the client accepts GraphQL's own type. */
  readonly readsGraphql: boolean;
}

/** Header by header, by the length of its name first: this is read of every request. */
const NAMES: ReadonlyMap<number, readonly string[]> = new Map([
  [6, ['accept', 'expect']],
  [12, ['content-type']],
  [14, ['content-length']],
  [16, ['content-encoding']],
  [17, ['transfer-encoding']],
]);

/** Of a body of JSON that is answered at once; null for anything that takes more than a look. Names and values in turn. */
export function plainHeadersOf(rawHeaders: readonly string[]): PlainHeaders | null {
  let type: string | null = null;
  let accept: string | null = null;
  let length: string | null = null;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const given = rawHeaders[i] ?? '';
    const names = NAMES.get(given.length);
    if (names === undefined) continue;
    const name = given.toLowerCase();
    if (!names.includes(name)) continue;
    const value = rawHeaders[i + 1] ?? '';
    if (name === 'content-type' && type === null) type = value;
    else if (name === 'content-length' && length === null) length = value;
    else if (name === 'accept' && accept === null) accept = value;
    else return null;
  }
  if (type === null || length === null || !isJsonType(type) || accept?.includes(EVENTS)) return null;
  return { length: Number(length), readsGraphql: accept?.includes(GRAPHQL_TYPE) === true };
}
