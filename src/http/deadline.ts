import { AppError, ClientGone } from '../kernel/errors.ts';
import { Line, type Place } from '../kernel/line.ts';
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

/** A class, since each request makes one. */
class Running implements Deadline, Wanting {
  readonly dueAt: number;
  readonly signal: () => Wanting;
  reason: AppError | null = null;
  readonly #all: Line<Running>;
  readonly #place: Place<Running>;
  #refuse: ((error: AppError) => void) | null = null;

  constructor(all: Line<Running>, ms: number) {
    this.dueAt = performance.now() + ms;
    this.signal = () => this;
    this.#all = all;
    this.#place = all.join(this);
  }

  get aborted(): boolean {
    return this.reason !== null;
  }

  throwIfAborted(): void {
    if (this.reason) throw this.reason;
  }

  race(work: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#refuse = reject;
      work.then(resolve, reject);
    });
  }

  abandon(): void {
    this.stop(new ClientGone());
  }

  stop(why: AppError): void {
    this.#all.leave(this.#place);
    this.reason = why;
    this.#refuse?.(why);
  }

  end(): void {
    this.#all.leave(this.#place);
  }
}

/** Begins deadlines of `ms` each. */
export function createDeadlines(ms: number): () => Deadline {
  // All take the same time, so they are due in the order in which they began, and one timer for the first of them does.
  const running = new Line<Running>();
  let timer: NodeJS.Timeout | null = null;

  function arm(wait: number): void {
    timer = setTimeout(stopThoseDue, wait);
    timer.unref();
  }

  function stopThoseDue(): void {
    timer = null;
    for (let first = running.first; first !== null; first = running.first) {
      const wait = first.dueAt - performance.now();
      if (wait > 0) {
        arm(wait);
        return;
      }
      first.stop(new AppError('TIMEOUT', `No answer within ${ms} ms`));
    }
  }

  return () => {
    const deadline = new Running(running, ms);
    if (timer === null) arm(ms);
    return deadline;
  };
}
