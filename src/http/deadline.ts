import { AppError } from '../kernel/errors.ts';

/** The time a request has, and the signal that its work is no longer wanted. */
export interface Deadline {
  readonly signal: () => AbortSignal;
  /** Settles with the work, or rejects with TIMEOUT or the reason of the abort. Once per deadline. */
  race(work: Promise<void>): Promise<void>;
  /** Nobody waits for the answer any more. */
  abandon(): void;
  end(): void;
}

export function startDeadline(ms: number): Deadline {
  // Made when first asked for: most requests are answered before anybody listens.
  let controller: AbortController | null = null;
  let reason: AppError | null = null;
  let refuse: ((error: AppError) => void) | null = null;
  const stop = (message: string): void => {
    clearTimeout(timer);
    reason = new AppError('TIMEOUT', message);
    refuse?.(reason);
    controller?.abort(reason);
  };
  const timer = setTimeout(() => stop(`No answer within ${ms} ms`), ms);
  return {
    signal: () => {
      controller ??= new AbortController();
      if (reason && !controller.signal.aborted) controller.abort(reason);
      return controller.signal;
    },
    race: (work) =>
      new Promise((resolve, reject) => {
        refuse = reject;
        work.then(resolve, reject);
      }),
    abandon: () => stop('The client went away'),
    end: () => clearTimeout(timer),
  };
}
