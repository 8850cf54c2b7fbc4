import { byCodePoint } from '../kernel/ids.ts';
import type { Entry, Layer } from './layer.ts';

/** The entry that won a key, and what is worth a warning about those that lost. */
export interface Merged<T> {
  readonly entry: Entry<T>;
  /** null: the workload's own. */
  readonly group: string | null;
  readonly priority: number;
  /** Groups that hold the key too, with the winner's priority; they lost because their ids sort later. */
  readonly tied: readonly string[];
  /** Groups whose entry of type secret was shadowed. */
  readonly shadowedSecrets: readonly string[];
}

interface Ranked {
  readonly id: string;
  readonly priority: number;
}

/** Higher priority first; equal priorities by id, so that the order never depends on that of the input. */
export const byRank = (a: Ranked, b: Ranked): number => b.priority - a.priority || byCodePoint(a.id, b.id);

interface Draft<T> extends Merged<T> {
  tied: string[];
  shadowedSecrets: string[];
}

/** Merges layers given by rank, the workload's own first: for each key the first layer that holds it wins. */
export function mergeLayers<T>(layers: readonly Layer<T>[]): ReadonlyMap<string, Merged<T>> {
  const merged = new Map<string, Draft<T>>();
  for (const { group, priority, entries } of layers) {
    for (const [name, entry] of entries) {
      const winner = merged.get(name);
      if (winner === undefined) merged.set(name, { entry, group, priority, tied: [], shadowedSecrets: [] });
      else if (group !== null && winner.group !== null) noteLoser(winner, group, priority, entry);
    }
  }
  return merged;
}

function noteLoser<T>(winner: Draft<T>, group: string, priority: number, loser: Entry<T>): void {
  if (priority === winner.priority) winner.tied.push(group);
  if (winner.entry.type === 'config' && loser.type === 'secret') winner.shadowedSecrets.push(group);
}
