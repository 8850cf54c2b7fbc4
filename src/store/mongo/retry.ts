import { setTimeout } from 'node:timers/promises';
import { isPassing, mapped } from './errors.ts';

export interface Patience {
  readonly attempts: number;
  /** No attempt begins later than this after the first, milliseconds. */
  readonly within: number;
}

export const PATIENCE: Patience = { attempts: 40, within: 15_000 };

const LONGEST_PAUSE = 250;

/** A random pause, longer after each attempt, so that processes that met once do not meet again. */
export const pause = (attempt: number): Promise<void> =>
  setTimeout(Math.random() * Math.min(LONGEST_PAUSE, 4 * 2 ** Math.min(attempt, 10)));

/** Tries again while the error is one that passes, within bounds. */
export async function retrying<T>(work: () => Promise<T>, { attempts, within }: Patience): Promise<T> {
  const latest = performance.now() + within;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || attempt >= attempts || performance.now() > latest) throw error;
    }
    await pause(attempt);
  }
}

/** A read: retried, and its errors in our words. */
export async function reading<T>(work: () => Promise<T>, patience: Patience): Promise<T> {
  try {
    return await retrying(work, patience);
  } catch (error) {
    throw mapped(error);
  }
}
