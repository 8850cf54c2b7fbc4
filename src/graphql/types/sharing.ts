import type { Wording } from '../../streams/alike.ts';
import type { Item } from '../../streams/stream.ts';
import type { Delivery, Sink } from '../../streams/subscriber.ts';
import type { Context } from './context.ts';

type FindIn = [of: Parameters<Wording['find']>[0], context: Context];

/** What a request makes of the items that it asked for. */
export interface Sharing {
  /** Everything of the request that decides what deliveries look like. */
  readonly operation: string;
  /** `isKept`: others may ask for the same item by themselves. */
  readonly deliver: (item: Item, context: Context, stamp: string, isKept: boolean) => Promise<Delivery>;
  /** null: each has to be told by itself. */
  readonly wording: (Pick<Wording, 'known'> & { find(...of: FindIn): ReturnType<Wording['find']> }) | null;
  readonly sink: Sink;
}

const SHARE = Symbol('share');

/**
 * What `subscribe` of a field answers: nothing that is drawn item by item for one client, but a place where it joins others
 * who ask for the same.
 */
export interface SharedSource extends AsyncIterable<Item> {
  readonly [SHARE]: (sharing: Sharing) => Promise<() => void>;
}

export function sharedSource(share: (sharing: Sharing) => Promise<() => void>): SharedSource {
  return { [SHARE]: share, [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }) };
}

/** How to join; null for a source of another making. */
export const shareOf = (source: object): SharedSource[typeof SHARE] | null =>
  SHARE in source ? (source as SharedSource)[SHARE] : null;
