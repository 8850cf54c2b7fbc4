import { sameBytes } from '../store/chain.ts';
import type { Doc, Fields, SetHead } from '../store/port.ts';
import { EMPTY_SUM, type SetState, sumOf } from '../store/set-hash.ts';
import type { DocumentType } from './document.ts';
import { type DocumentSet, HeldSet, type Holding } from './document-set.ts';

/** A set that was read, or followed, and found to be what its head says. */
export interface Loaded {
  /** How its documents were read. */
  readonly type: DocumentType<Fields, unknown>;
  readonly head: SetHead;
  /** What its leaves add up to. */
  readonly state: SetState;
  readonly held: Holding;
  readonly set: DocumentSet<Fields, unknown>;
}

const NONE_DAMAGED: ReadonlySet<string> = new Set();

export const loaded = <F extends Fields, B>(
  { type, ...facts }: Omit<Loaded, 'set' | 'type'> & { readonly type: DocumentType<F, B> },
  damaged = NONE_DAMAGED,
): Loaded => ({ ...facts, type: type as Loaded['type'], set: new HeldSet(facts.head, facts.held, damaged) });

export const EMPTY_SET: SetHead = { sum: EMPTY_SUM, count: 0, seq: 0 };

export const isSameSet = (a: SetHead, b: SetHead): boolean => a.seq === b.seq && sameBytes(a.sum, b.sum);

/** Whether these are as many documents, and add up to the state, that a head says. */
export const isWhole = (head: SetHead, held: Holding, state: SetState): boolean =>
  held.entries.size === head.count && sameBytes(sumOf(state), head.sum);

/** Opened bodies and their JSON take about this many times their envelope. */
const OPENED_FACTOR = 3;

/** About what a document takes in memory. */
export const bytesHeld = ({ body }: Pick<Doc, 'body'>): number => 500 + body.length * OPENED_FACTOR;
