/** Chance that is the same for the same seed (mulberry32). */
export interface Random {
  /** From `least` up to, not including, `most`. */
  between(min: number, max: number): number;
  /** A whole number below `most`. */
  below(max: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** Another one, that goes on by itself. */
  fork(): Random;
}

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (max: number): number => Math.floor(next() * max);
  return {
    between: (min, max) => min + next() * (max - min),
    below,
    chance: (share) => next() < share,
    pick<T>(list: readonly T[]): T {
      const found = list[below(list.length)];
      if (found === undefined) throw new Error('nothing to pick from');
      return found;
    },
    fork: () => randomOf(below(2 ** 32)),
  };
}
