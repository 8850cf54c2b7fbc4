import type { Principal } from '../access/model.ts';
import type { Session } from '../access/session.ts';
import type { Shown } from '../audit/notes.ts';
import type { Seq } from '../store/port.ts';
import type { Wording } from './alike.ts';
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

/** What is the same for all who ask for the same. */
export interface Subject {
  readonly stream: Stream<unknown>;
  /** Everything of the request that decides what deliveries look like: those with the same get the same. */
  readonly operation: string;
  /**
   * Puts an item into words. `stamp`: the viewer's rights and the state of the team that `session` sees. `isKept`: others may ask for
   * the same item by themselves, as those do who come again.
   */
  readonly deliver: (item: Item, session: Session, stamp: string, isKept: boolean) => Promise<Delivery>;
  /** Absent: the operation asks for more than what an event says by itself. */
  readonly wording?: Wording | null;
}

export interface Joining extends Subject {
  /** The viewer's, made for the request that subscribes. */
  readonly session: Session;
  /** Only what comes after it; null: only what comes from now on. */
  readonly after: string | null;
  readonly sink: Sink;
}

/** All to whom every delivery is the same. */
export interface Company {
  readonly name: string;
  readonly subject: Subject;
  size(): number;
  remove(subscriber: Subscriber): void;
}

/** Someone who listens: no more is kept of each than this, and nothing of the request that began it. */
export interface Subscriber {
  readonly sink: Sink;
  /** Those who share what it is given. */
  readonly channel: Company;
  principal: Principal;
  /** The last commit that was dealt with for it. */
  position: Seq;
  /** The last commit that concerned it, or where it began. */
  previous: Seq;
  left: boolean;
}
