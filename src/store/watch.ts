import type { Commit, Seq } from './port.ts';

/** What a watch stands on. `subscribe` calls `wake` whenever there may be something new, and answers how to stop it. */
export interface WatchSource {
  readonly read: (after: Seq) => Promise<readonly Commit[]>;
  readonly subscribe: (wake: () => void) => () => void;
}

const DONE = { done: true, value: undefined } as const;

/**
 * Commits after `seq` as they come. Everything is read from the log by number, the subscription only says when: so there is
 * no gap and no duplicate however often or seldom it speaks.
 */
export function watchLog(source: WatchSource, seq: Seq, signal: AbortSignal): AsyncIterable<Commit> {
  return { [Symbol.asyncIterator]: () => iterate(source, seq, signal) };
}

function iterate({ read, subscribe }: WatchSource, start: Seq, signal: AbortSignal): AsyncIterator<Commit> {
  let last = start;
  let pending: readonly Commit[] = [];
  let ended = signal.aborted;
  let news = true;
  let rouse = (): void => {};
  let turn: Promise<unknown> = Promise.resolve();
  const wake = (): void => {
    news = true;
    rouse();
  };
  const unsubscribe = ended ? () => {} : subscribe(wake);
  const end = (): void => {
    ended = true;
    pending = [];
    unsubscribe();
    signal.removeEventListener('abort', end);
    rouse();
  };
  if (!ended) signal.addEventListener('abort', end, { once: true });

  async function advance(): Promise<IteratorResult<Commit, undefined>> {
    while (!ended) {
      const [next, ...rest] = pending;
      if (next) {
        pending = rest;
        last = next.seq;
        return { done: false, value: next };
      }
      if (news) {
        news = false;
        const found = await read(last);
        if (ended) break;
        pending = found;
        // There may be more than one read brings.
        if (found.length > 0) news = true;
      } else await new Promise<void>((resolve) => (rouse = resolve));
    }
    return DONE;
  }

  return {
    // One at a time, so that two callers never receive the same commit.
    next: () => {
      const step = turn.then(advance).catch((error: unknown) => {
        end();
        throw error;
      });
      turn = step.catch(() => {});
      return step;
    },
    return: async () => {
      end();
      return DONE;
    },
  };
}
