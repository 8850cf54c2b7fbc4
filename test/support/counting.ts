import type { Store } from '../../src/store/port.ts';

export interface Counting {
  readonly port: Store;
  /** How often each method was called; methods that were not are absent. */
  readonly calls: { readonly [Name in keyof Store]?: number };
  /** Counts from nought again. */
  reset(): void;
}

/** The store with its calls counted by name. */
export function counting(store: Store): Counting {
  const calls: { [Name in keyof Store]?: number } = {};
  const counted = <Args extends readonly unknown[], Result>(name: keyof Store, call: (...args: Args) => Result) => {
    return (...args: Args): Result => {
      calls[name] = (calls[name] ?? 0) + 1;
      return call(...args);
    };
  };
  const port: Store = {
    head: counted('head', store.head.bind(store)),
    get: counted('get', store.get.bind(store)),
    getMany: counted('getMany', store.getMany.bind(store)),
    list: counted('list', store.list.bind(store)),
    commit: counted('commit', store.commit.bind(store)),
    commitsAfter: counted('commitsAfter', store.commitsAfter.bind(store)),
    watch: counted('watch', store.watch.bind(store)),
    revisions: counted('revisions', store.revisions.bind(store)),
    close: counted('close', store.close.bind(store)),
  };
  const reset = (): void => {
    for (const name of Object.keys(calls)) delete calls[name as keyof Store];
  };
  return { port, calls, reset };
}
