import { isKey, keyText } from '../keys.ts';
import { type Head, type Key, type Level, type Lineage, ROOT } from '../port.ts';
import { wayTo } from '../tree.ts';
import type { Engine } from './engine.ts';
import * as at from './places.ts';
import * as record from './records.ts';

interface Kept<T> {
  readonly value: Uint8Array;
  readonly decoded: T;
}

interface LastLineage {
  readonly lineage: Lineage;
  /** Of the engine's writes, when it was last seen to be this. */
  readonly writes: number | null;
}

const MOST = 10_000;

/** Lineages are read with every request and seldom change: one is read again after a write, and is another when any of it differs. */
export function createLineages(engine: Engine): (scope: Key) => Lineage {
  const heads = new Map<string, Kept<Head>>();
  const nodes = new Map<string, Kept<Uint8Array>>();
  const last = new Map<string, LastLineage>();

  function kept<T>(
    memory: Map<string, Kept<T>>,
    name: string,
    place: Uint8Array,
    decode: typeof record.decodeHead | typeof record.decodeBytes,
  ) {
    const value = engine.get(place);
    if (!value) return null;
    const known = memory.get(name);
    if (known && Buffer.compare(known.value, value) === 0) return known.decoded;
    const decoded = decode(place, value) as T;
    if (memory.size >= MOST) memory.clear();
    memory.set(name, { value: Uint8Array.from(value), decoded });
    return decoded;
  }
  const headOf = (scope: Key): Head | null => kept(heads, keyText(scope), at.headAt(scope), record.decodeHead);
  const nodeOf = (scope: Key, path: string): Uint8Array | null =>
    kept(nodes, `${keyText(scope)}${path}`, at.nodeAt(scope, path), record.decodeBytes);

  function level(scope: Key, next: Key | null): Level {
    return { scope, head: headOf(scope), way: next ? wayTo(next, (path) => nodeOf(scope, path)) : [] };
  }

  return (scope) => {
    engine.standing?.();
    const chain = [ROOT, ...(scope.length > 1 ? [scope.slice(0, 1)] : []), scope];
    if (!isKey(scope)) return { levels: chain.map((each) => ({ scope: each, head: null, way: [] })), mayLag: false };
    const name = keyText(scope);
    const before = last.get(name);
    const writes = engine.writes();
    if (before && writes !== null && before.writes === writes) return before.lineage;
    const levels = chain.map((each, i) => level(each, chain[i + 1] ?? null));
    const isSame = before !== undefined && levels.every((each, i) => isSameLevel(each, before.lineage.levels[i]));
    const lineage = isSame ? before.lineage : { levels, mayLag: false };
    if (last.size >= MOST) last.clear();
    last.set(name, { lineage, writes });
    return lineage;
  };
}

/** They are the very objects that were made of the same bytes. */
const isSameLevel = (a: Level, b: Level | undefined): boolean =>
  b !== undefined && a.head === b.head && a.way.length === b.way.length && a.way.every((node, i) => node === b.way[i]);
