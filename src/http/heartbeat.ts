import { guarded } from '../kernel/guarded.ts';

/** Calls each of many once in a period, a few at a time: all in one turn would keep everything else waiting. */
export interface Heartbeat {
  /** `beat` never throws. */
  add(beat: () => void): void;
  delete(beat: () => void): void;
  stop(): void;
}

/** So many times in a period some are called, at most. */
const MAX_PARTS = 60;
const SHORTEST_MS = 5;

export function createHeartbeat(periodMs: number): Heartbeat {
  const count = Math.max(1, Math.min(MAX_PARTS, Math.floor(periodMs / SHORTEST_MS)));
  const parts = Array.from({ length: count }, () => new Set<() => void>());
  const places = new Map<() => void, number>();
  let next = 0;
  let turn = 0;
  const tick = (): void => {
    const part = parts[turn] ?? [];
    turn = (turn + 1) % count;
    for (const beat of part) beat();
  };
  // Each of them ends what it belongs to when it fails, so that there is nothing left to end here.
  const timer = setInterval(
    guarded(() => {}, tick),
    Math.ceil(periodMs / count),
  ).unref();

  return {
    add(beat) {
      places.set(beat, next);
      parts[next]?.add(beat);
      next = (next + 1) % count;
    },
    delete(beat) {
      parts[places.get(beat) ?? -1]?.delete(beat);
      places.delete(beat);
    },
    stop: () => clearInterval(timer),
  };
}
