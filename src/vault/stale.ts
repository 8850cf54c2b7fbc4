import { AppError } from '../kernel/errors.ts';

/** The state moved on between two reads; the caller starts again from a newer view. */
export const STALE = new AppError('UNAVAILABLE', 'The data changed while it was read; try again');

/** Runs a read again when the data moved under it. */
export async function retryingStale<T>(read: () => Promise<T>, times = 8): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      if (error !== STALE || attempt === times) throw error;
    }
  }
}
