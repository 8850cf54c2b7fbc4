import { integrity } from '../kernel/errors.ts';
import { Ordered } from '../kernel/ordered.ts';
import { sameBytes } from '../store/chain.ts';
import type { Fields, Seq, SetHead } from '../store/port.ts';
import { EMPTY_SUM } from '../store/set-hash.ts';
import type { DocumentType, Stored } from './document.ts';

/** All documents of one kind in one scope, authenticated as a set: none missing, none added, none older. */
export interface DocumentSet<F extends Fields, B> {
  /** The last commit that changed the set. */
  readonly seq: Seq;
  /** By id, deleted ones included. INTEGRITY when the stored document does not pass. */
  get(id: string): Stored<F, B> | null;
  /** Sorted by id, deleted ones included. INTEGRITY when any is damaged: nobody is to take what is left for all there is. */
  readonly all: readonly Stored<F, B>[];
  /** The same without deleted ones. */
  readonly live: readonly Stored<F, B>[];
  /** The same as `all`, damaged ones left out: for work that goes on without them, and says nothing of how many there are. */
  readonly intact: readonly Stored<F, B>[];
  /** How many are neither deleted nor damaged, without a look at any. */
  readonly liveCount: number;
  /** Those of `live` that its kind finds under this term; nothing else is looked at. */
  under(term: string): readonly Stored<F, B>[];
  /** Sum over `live` of what its kind adds up under this name; nothing is looked at. */
  total(name: string): number;
  /** Ids of documents that were edited, swapped, rolled back or erased behind the gateway's back. */
  readonly damaged: ReadonlySet<string>;
  /** The set that it will be once these are in their places; undefined takes one out. */
  with(type: DocumentType<F, B>, seq: Seq, changes: ReadonlyMap<string, Stored<F, B> | undefined>): DocumentSet<F, B>;
}

/** A document whose tag was computed under our key, and whose leaf is one of those that its set adds up. */
export interface Entry {
  readonly stored: Stored<Fields, unknown>;
  readonly leaf: Uint8Array;
  /** About what it takes in memory. */
  readonly bytes: number;
}

/** What a set holds, and what is carried along so that nobody has to walk through it. Never changes: `moved` makes another. */
export interface Holding {
  readonly entries: Ordered<Entry>;
  /** Live ones by term and id. */
  readonly terms: Ordered<Stored<Fields, unknown>>;
  readonly totals: ReadonlyMap<string, number>;
  readonly bytes: number;
  readonly liveCount: number;
}

export const NOTHING_HELD: Holding = {
  entries: Ordered.of(new Map<string, Entry>()),
  terms: Ordered.of(new Map<string, Stored<Fields, unknown>>()),
  totals: new Map(),
  /** Its state among them. */
  bytes: 3000,
  liveCount: 0,
};

/** The type as sets see it, whatever it describes. */
type AnyType = Pick<DocumentType<Fields, unknown>, 'terms' | 'amounts'>;

/** The same after these entries were put in their places; undefined takes one out. Costs what the changes cost. */
export function moved(type: AnyType, old: Holding, changes: ReadonlyMap<string, Entry | undefined>): Holding {
  const terms = new Map<string, Stored<Fields, unknown> | undefined>();
  const totals = new Map(old.totals);
  let { bytes, liveCount } = old;
  const count = ({ stored, ...entry }: Entry, id: string, sign: 1 | -1): void => {
    bytes += sign * entry.bytes;
    if (stored.deleted) return;
    liveCount += sign;
    for (const term of type.terms?.(stored) ?? []) terms.set(nameOf(term, id), sign === 1 ? stored : undefined);
    for (const [name, amount] of type.amounts?.(stored) ?? []) {
      totals.set(name, (totals.get(name) ?? 0) + sign * amount);
    }
  };
  for (const [id, next] of changes) {
    const before = old.entries.get(id);
    if (before) count(before, id, -1);
    if (next) count(next, id, 1);
  }
  return { entries: old.entries.with(changes), terms: old.terms.with(terms), totals, bytes, liveCount };
}

/** Neither terms nor ids hold it. */
const nameOf = (term: string, id: string): string => `${term}\0${id}`;

/** Of what is not stored yet. */
const UNSEALED = new Uint8Array();

/** Whether a set holds nothing, and nothing that went behind the gateway's back is still added up in it. */
export const isEmptySet = ({ sum, count }: SetHead): boolean => count === 0 && sameBytes(sum, EMPTY_SUM);

/** A set as it is handed out. `damaged` ones are not among what it holds. */
export class HeldSet implements DocumentSet<Fields, unknown> {
  readonly seq: Seq;
  readonly damaged: ReadonlySet<string>;
  readonly #held: Holding;
  #intact: readonly Stored<Fields, unknown>[] | null = null;
  #live: readonly Stored<Fields, unknown>[] | null = null;

  constructor({ seq }: SetHead | Pick<SetHead, 'seq'>, held: Holding, damaged: ReadonlySet<string>) {
    this.seq = seq;
    this.#held = held;
    this.damaged = damaged;
  }

  get(id: string): Stored<Fields, unknown> | null {
    if (this.damaged.has(id)) throw integrity(`document ${id}`);
    return this.#held.entries.get(id)?.stored ?? null;
  }

  get all(): readonly Stored<Fields, unknown>[] {
    for (const id of this.damaged) throw integrity(`document ${id}`);
    return this.intact;
  }

  get intact(): readonly Stored<Fields, unknown>[] {
    this.#intact ??= this.#held.entries.values().map(({ stored }) => stored);
    return this.#intact;
  }

  get live(): readonly Stored<Fields, unknown>[] {
    this.#live ??= this.all.filter(({ deleted }) => !deleted);
    return this.#live;
  }

  get liveCount(): number {
    return this.#held.liveCount;
  }

  under(term: string): readonly Stored<Fields, unknown>[] {
    return this.#held.terms.startingWith(nameOf(term, ''));
  }

  with(
    type: AnyType,
    seq: Seq,
    changes: ReadonlyMap<string, Stored<Fields, unknown> | undefined>,
  ): DocumentSet<Fields, unknown> {
    const entries = [...changes].map(([id, stored]) => [id, stored && { stored, leaf: UNSEALED, bytes: 0 }] as const);
    return new HeldSet({ seq }, moved(type, this.#held, new Map(entries)), this.damaged);
  }

  total(name: string): number {
    return this.#held.totals.get(name) ?? 0;
  }
}
