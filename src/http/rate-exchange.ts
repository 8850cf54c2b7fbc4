import { setTimeout as sleep } from 'node:timers/promises';
import type { Counters } from '../kernel/counters.ts';
import type { Rates } from './rates.ts';

const EVERY_MS = 1_000;

type Counts = ReadonlyMap<string, number>;

const isSame = (a: Counts, b: Counts): boolean =>
  a.size === b.size && [...a].every(([name, count]) => b.get(name) === count);

/** One round: leaves what was spent here, and counts what others spent since the last round. */
export function createRound({ spent, add }: Pick<Rates, 'spent' | 'add'>, { exchange }: Counters) {
  let left: Counts = new Map();
  /** By process, as of the last round; null: there was none a moment ago, so nobody knows since when others spent what they did. */
  let seen: ReadonlyMap<string, Counts> | null = null;
  return async (): Promise<void> => {
    const own = spent();
    if (isSame(own, left)) {
      seen = null;
      return;
    }
    left = own;
    const before = seen;
    const others = await exchange(own);
    seen = others;
    if (before === null) return;
    for (const [process, counts] of others) {
      const old = before.get(process);
      for (const [name, count] of counts) {
        const since = old?.get(name) ?? 0;
        // One that was forgotten there begins anew.
        add(name, count >= since ? count - since : count);
      }
    }
  };
}

/** Brings the buckets of several processes together: one write a second at most, and none while nobody asks. Answers how to end. */
export function startRateExchange(rates: Rates, counters: Counters): () => void {
  const round = createRound(rates, counters);
  const ending = new AbortController();
  const { signal } = ending;
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await sleep(EVERY_MS, undefined, { ref: false, signal });
      // A round that fails is one second in which each process counts alone.
      await round().catch(() => {});
    }
  };
  // Ends by the signal alone.
  run().catch(() => {});
  return () => ending.abort();
}
