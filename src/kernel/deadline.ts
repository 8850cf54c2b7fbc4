export interface Deadline {
  /** Aborts when the time is over, or with one of the others. */
  readonly signal: AbortSignal;
  /** What it was for is done. */
  end(): void;
}

/**
 * Held by its timer until it ends. `AbortSignal.any` over `AbortSignal.timeout` is not: Node 20 forgets the time at the next
 * garbage collection, and then it never comes.
 */
export function deadline(ms: number, others: readonly AbortSignal[] = []): Deadline {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, ms);
  timer.unref();
  for (const other of others) {
    if (other.aborted) abort();
    else other.addEventListener('abort', abort, { once: true });
  }
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      for (const other of others) other.removeEventListener('abort', abort);
    },
  };
}
