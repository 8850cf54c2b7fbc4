import type { End } from '../../streams/subscriber.ts';

/** A stream ended for another reason than that it said all. */
export class StreamEnded extends Error {
  readonly why: Exclude<End, 'complete'>;
  constructor(why: Exclude<End, 'complete'>) {
    super(`The stream ended: ${why}`);
    this.why = why;
  }
}

/** What one side sends and the other draws. */
export interface Queue<T> {
  push(item: T): void;
  end(why: End): void;
  /** Resolves when everything was drawn. */
  emptied(): Promise<void>;
  /** For one reader; throws StreamEnded. `leave`: it draws no more. */
  items(leave: () => void): AsyncIterableIterator<T>;
}

export function createQueue<T>(): Queue<T> {
  const waiting: T[] = [];
  let ended: End | null = null;
  let wake = (): void => {};
  let drained: (() => void)[] = [];

  async function next(): Promise<IteratorResult<T>> {
    for (;;) {
      if (waiting.length > 0) return { done: false, value: waiting.shift() as T };
      for (const resolve of drained.splice(0)) resolve();
      if (ended === 'complete') return { done: true, value: undefined };
      if (ended !== null) throw new StreamEnded(ended);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    push(item) {
      waiting.push(item);
      wake();
    },
    end(why) {
      ended ??= why;
      wake();
    },
    emptied: () => (waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => drained.push(resolve))),
    items(leave) {
      const iterator: AsyncIterableIterator<T> = {
        next,
        async return() {
          ended ??= 'complete';
          drained = [];
          leave();
          wake();
          return { done: true, value: undefined };
        },
        [Symbol.asyncIterator]: () => iterator,
      };
      return iterator;
    },
  };
}
