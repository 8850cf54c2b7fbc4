import type { EngineReader } from './engine.ts';

type Decode<T> = (place: Uint8Array, value: Uint8Array) => T;

interface Recalled {
  readonly value: Uint8Array;
  readonly decoded: object;
}

/**
 * What bytes say, as long as the same ones stand in the same place: those that were read or written last are not taken apart, and what
 * they say is not checked, once more. They are read and compared each time, so nothing is believed that the disk does not hold.
 */
export interface Recall {
  /** What stands there; null: nothing. Twice the very same object for the same bytes: it is never to be changed. */
  readonly read: <T extends object>(view: EngineReader, place: Uint8Array, decode: Decode<T>) => T | null;
  /** What bytes that are to be written there say. Whether they ever are does not matter. */
  readonly note: (place: Uint8Array, value: Uint8Array, decoded: object) => void;
}

/** Of one of the two halves. */
const MAX_BYTES = 4_194_304;
const LARGEST = 65_536;
const OVERHEAD = 500;
const nameOf = (place: Uint8Array): string =>
  Buffer.from(place.buffer, place.byteOffset, place.byteLength).toString('latin1');
const isSame = (a: Uint8Array, b: Uint8Array): boolean => a === b || Buffer.compare(a, b) === 0;

export function createRecall(): Recall {
  /** The later half, and the one before it: what is asked for again moves into the later one. */
  let [late, early] = [new Map<string, Recalled>(), new Map<string, Recalled>()];
  let bytes = 0;

  function keep(name: string, recalled: Recalled): void {
    const before = late.get(name);
    bytes += sizeOf(recalled) - (before ? sizeOf(before) : 0);
    late.set(name, recalled);
    if (bytes <= MAX_BYTES) return;
    [late, early] = [new Map(), late];
    bytes = 0;
  }

  return {
    read(view, place, decode) {
      const value = view.get(place);
      if (!value) return null;
      const name = nameOf(place);
      const recent = late.get(name);
      const known = recent ?? early.get(name);
      if (known && isSame(known.value, value)) {
        if (!recent) keep(name, known);
        // What stands in a place is of one sort.
        return known.decoded as ReturnType<typeof decode>;
      }
      const decoded = decode(place, value);
      if (value.length <= LARGEST) keep(name, { value: new Uint8Array(value), decoded });
      return decoded;
    },
    note(place, value, decoded) {
      if (value.length <= LARGEST) keep(nameOf(place), { value, decoded });
    },
  };
}

/** As bytes and as what they say. */
const sizeOf = ({ value }: Recalled): number => 2 * value.length + OVERHEAD;
