import { AppError } from '../kernel/errors.ts';

/** The time a request has, and the signal that its work is no longer wanted. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Settles with the work, or rejects with TIMEOUT or the reason of the abort. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Nobody waits for the answer any more. */
  abandon(): void;
  end(): void;
}

export function startDeadline(ms: number): Deadline {
  // Made when first asked for: most requests are answered before anybody listens.
  let controller: AbortController | null = null;
  let reason: AppError | null = null;
  let refuse: (error: AppError) => void = () => {};
  const expired = new Promise<never>((_resolve, reject) => {
    refuse = reject;
  });
  // Work that ends in time leaves this promise behind, which then must not count as unhandled.
  expired.catch(() => {});
  const stop = (error: AppError): void => {
    clearTimeout(timer);
    refuse(error);
    reason = error;
    controller?.abort(error);
  };
  const timer = setTimeout(() => stop(new AppError('TIMEOUT', `No answer within ${ms} ms`)), ms);
  return {
    get signal() {
      controller ??= new AbortController();
      if (reason && !controller.signal.aborted) controller.abort(reason);
      return controller.signal;
    },
    race: (work) => Promise.race([work, expired]),
    abandon: () => stop(new AppError('TIMEOUT', 'The client went away')),
    end: () => clearTimeout(timer),
  };
}
