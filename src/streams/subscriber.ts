import type { Principal } from '../access/model.ts';
import type { Session } from '../access/session.ts';
import type { Shown } from '../audit/notes.ts';
import type { Seq } from '../store/port.ts';
import type { Item, Stream } from './stream.ts';

/** One item as all who share it get it. */
export interface Delivery {
  /** null: of a stream without places. */
  readonly cursor: string | null;
  /** JSON of the result, its UTF-8 bytes one character each. */
  readonly latin1: string;
  /** What it shows to everybody who gets it. */
  readonly shown: Shown;
}

/**
 * Why nothing more comes: the token is good for nothing any more; the client takes too slowly and must come again with its
 * last cursor; the gateway cannot follow the log, and another one may; the stream has said all.
 */
export type End = 'forbidden' | 'resync' | 'fault' | 'complete';

/** Where deliveries go: a client's connection. */
export interface Sink {
  send(delivery: Delivery): void;
  /** Resolves when the client took most of what was sent. */
  ready(): Promise<void>;
  end(why: End): void;
}

export interface Joining {
  readonly stream: Stream<unknown>;
  /** The viewer's, made for the request that subscribes. */
  readonly session: Session;
  /** Only what comes after it; null: only what comes from now on. */
  readonly after: string | null;
  /** Everything of the request that decides what deliveries look like: those with the same get the same. */
  readonly operation: string;
  /** Puts an item into words. `stamp`: the viewer's rights and the state of the team that `session` sees. */
  readonly deliver: (item: Item, session: Session, stamp: string) => Promise<Delivery>;
  readonly sink: Sink;
}

/** All to whom every delivery is the same. */
export interface Company {
  readonly name: string;
  size(): number;
  remove(subscriber: Subscriber): void;
}

/** Someone who listens. */
export interface Subscriber {
  readonly joining: Joining;
  /** Those who share what it is given. */
  readonly channel: Company;
  principal: Principal;
  /** The last commit that was dealt with for it. */
  position: Seq;
  /** The last commit that concerned it, or where it began. */
  previous: Seq;
  left: boolean;
}
