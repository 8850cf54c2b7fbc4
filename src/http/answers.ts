import { LRUCache } from 'lru-cache';

/** An answer that was given: its bytes as a text of one character each, which Node writes in one piece with the headers. */
export interface Given {
  readonly status: number;
  readonly latin1: string;
  readonly operationName: string | null;
}

/**
 * Answers to queries, to be given again to the same request. `stamp` names all that an answer depends on besides the request's
 * bytes: who asks, and the last commit of the team. So nothing here can be out of date, and nothing needs to be dropped.
 */
export interface Answers {
  find(stamp: string, request: Uint8Array): Given | null;
  keep(stamp: string, request: Uint8Array, given: Given): void;
}

/** Larger requests are answered anew each time: they are rare, and would have to be kept as keys. */
const MOST_REQUEST_BYTES = 16 * 1024;

/** `maxBytes` 0 keeps nothing. */
export function createAnswers(maxBytes: number): Answers {
  if (maxBytes === 0) return { find: () => null, keep: () => {} };
  const cache = new LRUCache<string, Given>({
    maxSize: maxBytes,
    sizeCalculation: ({ latin1 }, key) => latin1.length + 2 * key.length + 200,
  });
  const keyOf = (stamp: string, request: Uint8Array): string =>
    `${stamp}\0${Buffer.from(request.buffer, request.byteOffset, request.byteLength).toString('latin1')}`;
  return {
    find: (stamp, request) => (request.length > MOST_REQUEST_BYTES ? null : (cache.get(keyOf(stamp, request)) ?? null)),
    keep: (stamp, request, given) => {
      if (request.length <= MOST_REQUEST_BYTES) cache.set(keyOf(stamp, request), given);
    },
  };
}
