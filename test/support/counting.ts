import type { Store } from '../../src/store/port.ts';

export interface Counting {
  readonly port: Store;
  /** How often each method was called; methods that were not are absent. */
  readonly calls: { readonly [Name in keyof Store]?: number };
  /** How many documents a method answered in all. */
  documents(name: keyof Store): number;
  /** Counts from nought again. */
  reset(): void;
}

/** The store with its calls counted by name. */
export function counting(store: Store): Counting {
  const calls: { [Name in keyof Store]?: number } = {};
  const answered: { [Name in keyof Store]?: number } = {};
  const counted = <Args extends readonly unknown[], Result>(name: keyof Store, call: (...args: Args) => Result) => {
    return (...args: Args): Result => {
      calls[name] = (calls[name] ?? 0) + 1;
      const result = call(...args);
      if (result instanceof Promise) {
        result.then(
          (found: unknown) => {
            if (Array.isArray(found)) answered[name] = (answered[name] ?? 0) + found.length;
          },
          () => {},
        );
      }
      return result;
    };
  };
  const port: Store = {
    isEmpty: counted('isEmpty', store.isEmpty.bind(store)),
    head: counted('head', store.head.bind(store)),
    newest: counted('newest', store.newest.bind(store)),
    lineage: counted('lineage', store.lineage.bind(store)),
    get: counted('get', store.get.bind(store)),
    getMany: counted('getMany', store.getMany.bind(store)),
    list: counted('list', store.list.bind(store)),
    commit: counted('commit', store.commit.bind(store)),
    commitsAfter: counted('commitsAfter', store.commitsAfter.bind(store)),
    watch: counted('watch', store.watch.bind(store)),
    revisions: counted('revisions', store.revisions.bind(store)),
    holds: counted('holds', store.holds.bind(store)),
    close: counted('close', store.close.bind(store)),
  };
  const reset = (): void => {
    for (const counts of [calls, answered]) {
      for (const name of Object.keys(counts)) delete counts[name as keyof Store];
    }
  };
  return { port, calls, documents: (name) => answered[name] ?? 0, reset };
}
