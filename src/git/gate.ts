import { GitTrouble } from './port.ts';

/** Lets so many in at once; the others wait their turn, unless their signal ends that with `GitTrouble`. */
export function createGate(max: number) {
  const waiting = new Set<() => void>();
  let inside = 0;

  const turn = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const enter = (): void => {
        waiting.delete(enter);
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        waiting.delete(enter);
        reject(new GitTrouble('TIMED_OUT'));
      };
      if (signal.aborted) return giveUp();
      waiting.add(enter);
      signal.addEventListener('abort', giveUp, { once: true });
    });

  return async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    if (inside < max) inside += 1;
    else await turn(signal);
    try {
      return await work();
    } finally {
      const [enter] = waiting;
      // Who leaves makes room for who enters.
      if (enter) enter();
      else inside -= 1;
    }
  };
}
