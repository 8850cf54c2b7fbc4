import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCommit, aPut } from '../support/a-commit.ts';
import { codeOf, type OpenStore, type StoreUnderTest, take, wholeLog } from './store-under-test.ts';

export function logContract(open: OpenStore): void {
  let under: StoreUnderTest;
  beforeAll(async () => {
    under = await open();
  });
  afterAll(() => under.dispose());

  const grow = async (team: string, count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) await under.store.commit(aCommit([], { team }));
  };
  const seqs = (commits: readonly { readonly seq: number }[]): readonly number[] => commits.map(({ seq }) => seq);

  describe('commitsAfter: commits of a team after `seq`, oldest first, without gaps', () => {
    it('page by page, past the tenth', async () => {
      await grow('paged', 12);
      expect(seqs(await under.store.commitsAfter('paged', 0, 5))).toEqual([1, 2, 3, 4, 5]);
      expect(seqs(await under.store.commitsAfter('paged', 8, 99))).toEqual([9, 10, 11, 12]);
      expect(await under.store.commitsAfter('paged', 12, 5)).toEqual([]);
      expect(await under.store.commitsAfter('paged', 99, 5)).toEqual([]);
      expect(await under.store.commitsAfter('paged', 0, 0)).toEqual([]);
      expect(await under.store.commitsAfter('unknown', 0, 5)).toEqual([]);
      expect(await under.store.commitsAfter('pag', 0, 5)).toEqual([]);
    });

    it('older than history: HISTORY_EXPIRED, from commitsAfter and watch', async () => {
      await grow('forgetful', 6);
      await under.forget('forgetful', 4);
      expect(await codeOf(under.store.commitsAfter('forgetful', 2, 5))).toBe('HISTORY_EXPIRED');
      expect(seqs(await under.store.commitsAfter('forgetful', 3, 5))).toEqual([4, 5, 6]);
      const watching = under.store.watch('forgetful', 0, new AbortController().signal)[Symbol.asyncIterator]();
      expect(await codeOf(watching.next())).toBe('HISTORY_EXPIRED');
    });

    it('a commit that vanished is INTEGRITY, never a silent gap', async () => {
      await grow('holey', 5);
      await under.damageLog('holey', 3);
      expect(await codeOf(under.store.commitsAfter('holey', 0, 9))).toBe('INTEGRITY');
      expect(await codeOf(under.store.commitsAfter('holey', 2, 9))).toBe('INTEGRITY');
      expect(seqs(await under.store.commitsAfter('holey', 3, 9))).toEqual([4, 5]);
    });
  });

  describe('watch: every commit after `seq`, in order, until `signal` aborts', () => {
    it('those in the log, then those to come', async () => {
      await grow('watched', 3);
      const watching = under.store.watch('watched', 1, new AbortController().signal)[Symbol.asyncIterator]();
      expect(seqs(await take(watching, 2))).toEqual([2, 3]);
      const next = take(watching, 2);
      await grow('elsewhere', 2);
      await grow('watched', 2);
      expect(seqs(await next)).toEqual([4, 5]);
      await watching.return?.();
    });

    it('no gap and no duplicate while many write, from any beginning', async () => {
      const controller = new AbortController();
      const writing = Promise.all(Array.from({ length: 60 }, () => under.store.commit(aCommit([], { team: 'busy' }))));
      const watchers = [0, 7, 30, 59].map(async (start) => {
        const watching = under.store.watch('busy', start, controller.signal)[Symbol.asyncIterator]();
        return [start, seqs(await take(watching, 60 - start))] as const;
      });
      for (const [start, seen] of await Promise.all(watchers)) {
        expect(seen).toEqual(Array.from({ length: 60 - start }, (_, i) => start + 1 + i));
      }
      await writing;
      controller.abort();
    });

    it('yields what the log holds', async () => {
      await under.store.commit(aCommit([aPut(['whole', 'p', 'a'])], { team: 'whole' }));
      const watching = under.store.watch('whole', 0, new AbortController().signal)[Symbol.asyncIterator]();
      expect(await take(watching, 1)).toEqual(await wholeLog(under.store, 'whole'));
      await watching.return?.();
    });

    it('ends when aborted: before, between and while waiting', async () => {
      await grow('ending', 1);
      expect(await take(under.store.watch('ending', 0, AbortSignal.abort())[Symbol.asyncIterator](), 1)).toEqual([]);
      const controller = new AbortController();
      const watching = under.store.watch('ending', 0, controller.signal)[Symbol.asyncIterator]();
      await take(watching, 1);
      const waiting = watching.next();
      controller.abort();
      expect((await waiting).done).toBe(true);
      expect((await watching.next()).done).toBe(true);
    });

    it('return() ends a wait, and the signal keeps no listener', async () => {
      const watching = under.store.watch('leaving', 0, new AbortController().signal)[Symbol.asyncIterator]();
      const waiting = watching.next();
      await watching.return?.();
      expect((await waiting).done).toBe(true);
      await grow('leaving', 1);
      expect((await watching.next()).done).toBe(true);
    });

    it('two that ask at once get different commits', async () => {
      const watching = under.store.watch('twice', 0, new AbortController().signal)[Symbol.asyncIterator]();
      const both = Promise.all([watching.next(), watching.next()]);
      await grow('twice', 2);
      expect((await both).map(({ value }) => value?.seq)).toEqual([1, 2]);
      await watching.return?.();
    });
  });

  describe('close: waits for commits under way; later calls are UNAVAILABLE', () => {
    it('acknowledges what was begun and refuses what comes after', async () => {
      const own = await open();
      const { store } = own;
      const watching = store.watch('closing', 0, new AbortController().signal)[Symbol.asyncIterator]();
      const endOf = async (): Promise<void> => {
        for (let done = false; !done; ) done = (await watching.next()).done === true;
      };
      const ended = codeOf(endOf());
      const begun = Array.from({ length: 20 }, (_, i) =>
        store.commit(aCommit([aPut(['closing', 'p', `d${i}`])], { team: 'closing' })),
      );
      const closed = store.close();
      expect(seqs(await Promise.all(begun)).at(-1)).toBe(20);
      await closed;
      await store.close();
      const later = [
        store.get('team', ['a']),
        store.getMany('team', [['a']]),
        store.list('team', [], { limit: 1 }),
        store.head(['a']),
        store.commit(aCommit([])),
        store.commitsAfter('a', 0, 1),
        store.revisions('team', ['a'], { limit: 1 }),
        store.watch('a', 0, new AbortController().signal)[Symbol.asyncIterator]().next(),
      ];
      expect(await Promise.all(later.map(codeOf))).toEqual(later.map(() => 'UNAVAILABLE'));
      expect(await ended).toBe('UNAVAILABLE');
      await own.dispose();
    });
  });
}
