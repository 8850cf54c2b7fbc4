import { LRUCache } from 'lru-cache';
import type { Shown } from '../../audit/notes.ts';

/** An answer that was given: its bytes as a text of one character each, which Node writes in one piece with the headers. */
export interface Given {
  readonly status: number;
  readonly latin1: string;
  readonly operationName: string | null;
  /** What it shows, each time that it is given. */
  readonly shown: Shown;
  /** Of a refusal: when to come again, seconds. */
  readonly retryAfter?: number;
  /** Of an answer over REST: what stands for what it tells. */
  readonly etag?: string;
  /** Of an event of a stream: where it stands. */
  readonly cursor?: string;
}

/** One just made, and whether the same request may get it again. */
export interface Made extends Given {
  readonly repeatable: boolean;
}

/**
 * Answers to queries, to be given again to the same request. `stamp` names all that an answer depends on besides the request's
 * bytes: who asks, and the last commit of the team. So nothing here can be out of date, and nothing needs to be dropped.
 */
export interface Answers {
  /** `from`: where it came from, which is likely to ask the same again. */
  find(stamp: string, request: Uint8Array, from?: object): Given | null;
  keep(stamp: string, request: Uint8Array, given: Given, from?: object): void;
  /** What is kept, or what is being made for another who asks the same at this moment; else what `make` makes. */
  once(stamp: string, request: Uint8Array, make: () => Promise<Made>): Promise<Given>;
}

/** Larger requests are answered anew each time: they are rare, and would have to be kept as keys. */
const MAX_REQUEST_BYTES = 16 * 1024;

/** Remembered with those that ask: there may be many of them. */
const MAX_REMEMBERED_BYTES = 2 * 1024;

/** `maxBytes` 0 keeps nothing. */
export function createAnswers(maxBytes: number): Answers {
  const cache =
    maxBytes === 0
      ? null
      : new LRUCache<string, Given>({
          maxSize: maxBytes,
          sizeCalculation: ({ latin1 }, key) => latin1.length + 2 * key.length + 200,
        });
  const making = new Map<string, Promise<Given>>();
  const keyOf = (stamp: string, request: Uint8Array): string =>
    `${stamp}\0${Buffer.from(request.buffer, request.byteOffset, request.byteLength).toString('latin1')}`;
  const asked = new WeakMap<object, { readonly stamp: string; readonly request: Uint8Array; readonly key: string }>();

  /** The key of a request that was asked last from there is not put together again. */
  function keyFrom(stamp: string, request: Uint8Array, from: object): string {
    const last = asked.get(from);
    if (last?.stamp === stamp && Buffer.compare(last.request, request) === 0) return last.key;
    const key = keyOf(stamp, request);
    if (request.length <= MAX_REMEMBERED_BYTES) asked.set(from, { stamp, request, key });
    return key;
  }

  const find: Answers['find'] = (stamp, request, from) => {
    if (cache === null || request.length > MAX_REQUEST_BYTES) return null;
    return cache.get(from ? keyFrom(stamp, request, from) : keyOf(stamp, request)) ?? null;
  };
  const keep: Answers['keep'] = (stamp, request, given, from) => {
    if (cache === null || request.length > MAX_REQUEST_BYTES) return;
    cache.set(from ? keyFrom(stamp, request, from) : keyOf(stamp, request), given);
  };
  return {
    find,
    keep,
    async once(stamp, request, make) {
      const kept = find(stamp, request);
      if (kept) return kept;
      const key = keyOf(stamp, request);
      const underWay = making.get(key);
      if (underWay) return underWay;
      const made = make()
        .then((given) => {
          if (given.repeatable) keep(stamp, request, given);
          return given;
        })
        .finally(() => making.delete(key));
      making.set(key, made);
      return made;
    },
  };
}
