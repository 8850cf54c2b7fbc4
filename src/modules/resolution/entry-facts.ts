import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ResolvedVariable, Sensitivity } from '../../domain/types.ts';
import { byCodePoint } from '../../kernel/ids.ts';

/** What decides whether somebody may see an entry of an environment. */
export type Guarded = Pick<ResolvedVariable, 'type' | 'own' | 'draws'>;

/** One entry, as little as tells whether it is another one: by what is in it, and by when its source was written. */
export interface EntryFacts extends Guarded {
  /** A hash, a byte a character. */
  readonly content: string;
  readonly written: string;
}

const HASH_BYTES = 32;
/** Nothing in hexadecimal or Base64: thousands of environments are kept so. */
const hashOf = (text: string): string => createHash('sha256').update(text).digest('binary');

/** Most values stand in many environments, as the same text. */
const ofValues = new LRUCache<string, string>({ max: 4_000 });
const LONGEST_KEPT = 1_000;

export function hashOfFacts(facts: readonly unknown[]): string {
  const text = JSON.stringify(facts);
  if (text.length > LONGEST_KEPT) return hashOf(text);
  const known = ofValues.get(text) ?? hashOf(text);
  ofValues.set(text, known);
  return known;
}

/** One text for all that are equal. */
const shared = new LRUCache<string, string>({ max: 10_000 });
function sharedText(text: string): string {
  const known = shared.get(text) ?? text;
  shared.set(text, known);
  return known;
}

const TYPES: readonly Sensitivity[] = ['secret', 'config'];
const typeAt = (bit: number): Sensitivity => TYPES[bit & 1] ?? 'secret';

/** Pointers, and what an object and its texts take beside them. */
const POINTER_BYTES = 8;
const OWN_BYTES = 200;

/** Entries by name, in order: what was delivered under each. */
export interface Entries extends Iterable<readonly [name: string, facts: EntryFacts]> {
  /** Of one name. */
  get(name: string): EntryFacts | undefined;
  /** Of memory, without what others hold as well; the names are those of the sources. */
  readonly bytes: number;
}

/** Packed: an object with a text for each entry would take ten times as much. */
export class PackedEntries implements Entries {
  readonly #names: readonly string[];
  /** A hash for each. */
  readonly #contents: string;
  /** Two characters for each: who may see it, and when it was written, as a place in `#written`. */
  readonly #marks: string;
  readonly #written: readonly string[];
  /** Made when one is first looked up: most are only walked through. */
  #places: ReadonlyMap<string, number> | null = null;

  constructor(given: Iterable<readonly [name: string, facts: EntryFacts]>) {
    const names: string[] = [];
    const contents: string[] = [];
    const marks: string[] = [];
    const places = new Map<string, number>();
    for (const [name, { type, own, draws, content, written }] of given) {
      const place = places.get(written) ?? places.size;
      places.set(written, place);
      names.push(name);
      contents.push(content);
      marks.push(String.fromCharCode(TYPES.indexOf(type) | (TYPES.indexOf(own) << 1) | (draws << 2), place));
    }
    this.#names = names;
    this.#contents = contents.join('');
    this.#marks = marks.join('');
    this.#written = [...places.keys()].map(sharedText);
  }

  *[Symbol.iterator](): Iterator<readonly [name: string, facts: EntryFacts]> {
    for (const [i, name] of this.#names.entries()) yield [name, this.#at(i)];
  }

  get(name: string): EntryFacts | undefined {
    this.#places ??= new Map(this.#names.map((each, i) => [each, i]));
    const place = this.#places.get(name);
    return place === undefined ? undefined : this.#at(place);
  }

  get names(): readonly string[] {
    return this.#names;
  }

  #at(i: number): EntryFacts {
    const rights = this.#marks.charCodeAt(2 * i);
    const content = this.#contents.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES);
    const written = this.#written[this.#marks.charCodeAt(2 * i + 1)] ?? '';
    return { type: typeAt(rights), own: typeAt(rights >> 1), draws: rights >> 2, content, written };
  }

  /** Whether nothing is another one for anybody. */
  isSame(other: PackedEntries): boolean {
    return (
      this === other ||
      (this.#contents === other.#contents &&
        this.#marks === other.#marks &&
        isSameList(this.#names, other.#names) &&
        isSameList(this.#written, other.#written))
    );
  }

  get bytes(): number {
    const pointers = (this.#names.length + this.#written.length) * POINTER_BYTES;
    return OWN_BYTES + pointers + this.#contents.length + 2 * this.#marks.length;
  }
}

/** A workload's own over those that it shares with others: no more is kept of each workload. */
export class LaidEntries implements Entries {
  readonly own: PackedEntries;
  readonly over: PackedEntries;

  constructor(own: PackedEntries, over: PackedEntries) {
    this.own = own;
    this.over = over;
  }

  *[Symbol.iterator](): Iterator<readonly [name: string, facts: EntryFacts]> {
    const own = [...this.own];
    let next = 0;
    for (const entry of this.over) {
      for (let mine = own[next]; mine && byCodePoint(mine[0], entry[0]) < 0; mine = own[next]) {
        yield mine;
        next += 1;
      }
      if (own[next]?.[0] !== entry[0]) yield entry;
    }
    yield* own.slice(next);
  }

  get(name: string): EntryFacts | undefined {
    return this.own.get(name) ?? this.over.get(name);
  }

  get bytes(): number {
    return POINTER_BYTES * 4 + this.own.bytes;
  }
}

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, i) => text === b[i]);
