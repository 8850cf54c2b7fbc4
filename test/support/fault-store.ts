import { unavailable } from '../../src/kernel/errors.ts';
import type { Store } from '../../src/store/port.ts';

/** `before`: the call never reaches the store. `after`: it took effect, and the answer is lost. */
export type FaultMoment = 'before' | 'after';

export interface Fault {
  /** The how-manieth call fails, from 1 on. */
  readonly nth: number;
  readonly moment: FaultMoment;
  /** Only these methods count; all but `close` and `watch` when not given. */
  readonly methods?: readonly (keyof Store)[];
  /** UNAVAILABLE when not given. */
  readonly error?: Error;
}

export interface FaultStore {
  readonly port: Store;
  /** Whether the nth call came: a sweep over n is over when it did not. */
  readonly fired: () => boolean;
}

/** The store whose nth call fails, and only that one. */
export function faultStore(store: Store, { nth, moment, methods, error }: Fault): FaultStore {
  let count = 0;
  let hit = false;
  const failing = <Args extends readonly unknown[], Result>(
    name: keyof Store,
    call: (...args: Args) => Promise<Result>,
  ): ((...args: Args) => Promise<Result>) => {
    return async (...args) => {
      if (methods && !methods.includes(name)) return call(...args);
      count += 1;
      if (count !== nth) return call(...args);
      hit = true;
      if (moment === 'after') await call(...args);
      throw error ?? unavailable('The store does not answer');
    };
  };
  const port: Store = {
    isEmpty: failing('isEmpty', store.isEmpty.bind(store)),
    head: failing('head', store.head.bind(store)),
    newest: failing('newest', store.newest.bind(store)),
    lineage: failing('lineage', store.lineage.bind(store)),
    get: failing('get', store.get.bind(store)),
    getMany: failing('getMany', store.getMany.bind(store)),
    list: failing('list', store.list.bind(store)),
    commit: failing('commit', store.commit.bind(store)),
    commitsAfter: failing('commitsAfter', store.commitsAfter.bind(store)),
    revisions: failing('revisions', store.revisions.bind(store)),
    holds: failing('holds', store.holds.bind(store)),
    watch: store.watch.bind(store),
    close: store.close.bind(store),
  };
  return { port, fired: () => hit };
}
