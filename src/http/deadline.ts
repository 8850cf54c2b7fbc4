import { AppError, ClientGone } from '../kernel/errors.ts';
import type { Wanting } from '../kernel/work.ts';

/** The time a request has, and the signal that its work is no longer wanted. */
export interface Deadline {
  readonly signal: () => Wanting;
  /** Settles with the work, or rejects with TIMEOUT or the reason of the abort. Once per deadline. */
  race(work: Promise<void>): Promise<void>;
  /** Nobody waits for the answer any more. */
  abandon(): void;
  end(): void;
}

interface Running {
  readonly dueAt: number;
  readonly stop: (why: AppError) => void;
}

/** Begins deadlines of `ms` each. */
export function createDeadlines(ms: number): () => Deadline {
  // All take the same time, so they are due in the order in which they began, and one timer for the first of them does.
  const running = new Set<Running>();
  let timer: NodeJS.Timeout | null = null;

  function arm(wait: number): void {
    timer = setTimeout(stopThoseDue, wait);
    timer.unref();
  }

  function stopThoseDue(): void {
    timer = null;
    for (const each of running) {
      const wait = each.dueAt - performance.now();
      if (wait > 0) {
        arm(wait);
        return;
      }
      running.delete(each);
      each.stop(new AppError('TIMEOUT', `No answer within ${ms} ms`));
    }
  }

  return () => {
    let reason: AppError | null = null;
    let refuse: ((error: AppError) => void) | null = null;
    const stop = (why: AppError): void => {
      running.delete(own);
      reason = why;
      refuse?.(reason);
    };
    const wanting: Wanting = {
      get aborted() {
        return reason !== null;
      },
      get reason() {
        return reason;
      },
      throwIfAborted() {
        if (reason) throw reason;
      },
    };
    const own: Running = { dueAt: performance.now() + ms, stop };
    running.add(own);
    if (timer === null) arm(ms);
    return {
      signal: () => wanting,
      race: (work) =>
        new Promise((resolve, reject) => {
          refuse = reject;
          work.then(resolve, reject);
        }),
      abandon: () => stop(new ClientGone()),
      end: () => void running.delete(own),
    };
  };
}
