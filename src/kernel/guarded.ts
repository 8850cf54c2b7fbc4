/**
 * A callback that timers, sockets and other processes enter: what it throws, or rejects with, is given to `failed`, which ends
 * what the callback belongs to. Anywhere else it would end the process.
 */
export const guarded =
  <Args extends readonly unknown[]>(
    failed: (error: unknown) => void,
    work: (...args: Args) => unknown,
  ): ((...args: Args) => void) =>
  (...args) => {
    try {
      const result = work(...args);
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  };
