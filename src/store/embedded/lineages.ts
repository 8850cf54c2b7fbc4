import { isKey, keyText } from '../keys.ts';
import { type Head, type Key, type Level, type Lineage, ROOT } from '../port.ts';
import { wayTo } from '../tree.ts';
import type { Engine } from './engine.ts';
import * as at from './places.ts';
import type { Recall } from './recall.ts';
import * as record from './records.ts';

interface LastLineage {
  readonly lineage: Lineage;
  /** Of the engine's writes, when it was last seen to be this. */
  readonly writes: number | null;
}

const MAX = 10_000;

export interface Lineages {
  read(scope: Key): Lineage;
  /** Whether one that was read is what would be read now. Reads nothing. */
  isCurrent(lineage: Lineage): boolean;
}

/** Lineages are read with every request and seldom change: one is read again after a write, and is another when any of it differs. */
export function createLineages(engine: Engine, recall: Recall): Lineages {
  const last = new Map<string, LastLineage>();
  /** Of the engine's writes, when each was last read. */
  const readAt = new WeakMap<Lineage, number | null>();

  const headOf = (scope: Key): Head | null => recall.read(engine, at.headAt(scope), record.decodeHead);
  const nodeOf = (scope: Key, path: string): Uint8Array | null =>
    recall.read(engine, at.nodeAt(scope, path), record.decodeBytes);

  function level(scope: Key, next: Key | null): Level {
    return { scope, head: headOf(scope), way: next ? wayTo(next, (path) => nodeOf(scope, path)) : [] };
  }

  function read(scope: Key): Lineage {
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
    if (last.size >= MAX) last.clear();
    last.set(name, { lineage, writes });
    readAt.set(lineage, writes);
    return lineage;
  }

  function isCurrent(lineage: Lineage): boolean {
    engine.standing?.();
    const writes = engine.writes();
    return writes !== null && readAt.get(lineage) === writes;
  }

  return { read, isCurrent };
}

/** They are the very objects that were made of the same bytes. */
const isSameLevel = (a: Level, b: Level | undefined): boolean =>
  b !== undefined && a.head === b.head && a.way.length === b.way.length && a.way.every((node, i) => node === b.way[i]);
