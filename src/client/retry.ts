import { isKeyloomError, type KeyloomError } from './errors.ts';

export interface Patience {
  /** Ends it. */
  readonly signal?: AbortSignal;
  /** Is told of each failure, and when the next attempt is made. */
  readonly onRetry?: (error: KeyloomError, waitMs: number) => void;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 30_000;
/** No attempt helps against these, until somebody does something. */
const FINAL: ReadonlySet<string> = new Set([
  ...['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'INVALID_INPUT', 'BAD_REQUEST', 'METHOD_NOT_ALLOWED'],
  ...['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'LIMIT_EXCEEDED', 'BUDGET_EXCEEDED'],
]);

/** What is of no use to be tried again; also whatever is no error of the gateway or the network. */
export const isFinal = (error: unknown): boolean => !isKeyloomError(error) || FINAL.has(error.code);

/** The waits between attempts: each twice as long as the one before, until one succeeds. */
export function createPause(signal: AbortSignal | undefined, onRetry: Patience['onRetry']) {
  let wait = FIRST_WAIT_MS;
  return {
    over(): void {
      wait = FIRST_WAIT_MS;
    },
    /** Waits before the next attempt; throws what is no error of the gateway or the network. */
    async before(error: unknown): Promise<void> {
      if (!isKeyloomError(error)) throw error;
      const { retryAfter = 0 } = error.details as { readonly retryAfter?: number };
      // Not all at the same time, and not before the gateway wants it.
      const waitMs = Math.max(retryAfter * 1_000, wait * (0.5 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      onRetry?.(error, waitMs);
      await sleep(waitMs, signal);
    },
  };
}

/** Does it until it succeeds; null: it is said to have no outcome now, or nobody waits for one any more. */
export async function again<T>(work: () => Promise<T>, { signal, onRetry }: Patience): Promise<T | null> {
  const pause = createPause(signal, onRetry);
  while (!signal?.aborted) {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted) return null;
      if (isKeyloomError(error, 'UNRESOLVED')) {
        onRetry?.(error, 0);
        return null;
      }
      if (isFinal(error)) throw error;
      await pause.before(error);
    }
  }
  return null;
}

/** Ends early when somebody wants that. */
function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(end, ms);
    function end(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      done();
    }
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
  });
}
