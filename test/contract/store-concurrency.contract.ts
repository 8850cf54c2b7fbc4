import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAppError } from '../../src/kernel/errors.ts';
import { FIRST_CHAIN, verifyCommits, verifyHead } from '../../src/store/chain.ts';
import type { Key, NewCommit, Write } from '../../src/store/port.ts';
import { aCommit, aPut, testMac } from '../support/a-commit.ts';
import { type OpenStore, type StoreUnderTest, wholeLog } from './store-under-test.ts';

export interface Scale {
  /** Updates of one document in case 143. */
  readonly updates: number;
  readonly clients: number;
}

export function concurrencyContract(open: OpenStore, { updates, clients }: Scale): void {
  let under: StoreUnderTest;
  beforeAll(async () => {
    under = await open();
  });
  afterAll(() => under.dispose());

  /** The seq when it wins, null when it is a conflict; anything else fails the test. */
  const attempt = (commit: NewCommit): Promise<number | null> =>
    under.store.commit(commit).then(
      ({ seq }) => seq,
      (error: unknown) => {
        if (isAppError(error) && error.code === 'CONFLICT') return null;
        throw error;
      },
    );
  const revisionOf = async (key: Key): Promise<number | null> =>
    (await under.store.get('secretGroup', key))?.revision ?? null;

  async function expectConsistent(team: string, winners: readonly number[]): Promise<void> {
    const log = await wholeLog(under.store, team);
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
    verifyCommits(testMac, FIRST_CHAIN, log);
    expect([...winners].sort((a, b) => a - b)).toEqual(log.slice(log.length - winners.length).map(({ seq }) => seq));
    const head = await under.store.head([team]);
    if (head) verifyHead(testMac, head);
    expect(head?.chain).toEqual(log.at(-1)?.mac);
  }
  const won = (answers: readonly (number | null)[]): readonly number[] => answers.filter((seq) => seq !== null);

  describe('case 127: concurrent commits', () => {
    it('exclusive ones: of those that need the same revision exactly one wins', async () => {
      const key = ['exclusive', 'p', 'doc'];
      const winners = [await attempt(aCommit([aPut(key)], { team: 'exclusive' }))];
      for (let revision = 1; revision <= 5; revision += 1) {
        const rivals = Array.from({ length: 10 }, () => attempt(aCommit([aPut(key, revision)], { team: 'exclusive' })));
        const winner = won(await Promise.all(rivals));
        expect(winner).toHaveLength(1);
        winners.push(...winner);
      }
      expect(await revisionOf(key)).toBe(6);
      await expectConsistent('exclusive', won(winners));
    });

    it('mixed ones: those that do not touch each other all win, a failed guard fails alone', async () => {
      const shared = ['mixed', 'p', 'shared'];
      await under.store.commit(aCommit([aPut(shared)], { team: 'mixed' }));
      const requests = Array.from({ length: 60 }, (_, i) => {
        const check: Write = { op: 'check', kind: 'secretGroup', key: shared, expected: i % 3 === 2 ? 9 : 1 };
        return aCommit([aPut(['mixed', `p${i % 4}`, `d${i}`]), check], { team: 'mixed' });
      });
      const answers = await Promise.all(requests.map(attempt));
      expect(answers.map((seq) => seq === null)).toEqual(requests.map((_, i) => i % 3 === 2));
      await expectConsistent('mixed', won(answers));
    });

    it('two documents at a time: what one commit moves out, another moves in; the sum stays', async () => {
      const keys = Array.from({ length: 4 }, (_, i) => ['bank', 'p', `account${i}`]);
      const amount = (fields: unknown): number => Number((fields as { amount: number }).amount);
      await under.store.commit(
        aCommit(
          keys.map((key) => aPut(key, null, { fields: { amount: 100 } })),
          { team: 'bank' },
        ),
      );
      const transfer = async (from: number, to: number): Promise<void> => {
        const [a, b] = await under.store.getMany('secretGroup', [keys[from] ?? [], keys[to] ?? []]);
        if (!a || !b || from === to) return;
        const writes = [
          aPut(a.key, a.revision, { fields: { amount: amount(a.fields) - 1 } }),
          aPut(b.key, b.revision, { fields: { amount: amount(b.fields) + 1 } }),
        ];
        await attempt(aCommit(writes, { team: 'bank' }));
      };
      const client = async (n: number): Promise<void> => {
        for (let i = 0; i < 8; i += 1) await transfer((n + i) % 4, (n * 3 + i * 2 + 1) % 4);
      };
      const sums: number[] = [];
      const observer = async (): Promise<void> => {
        for (let i = 0; i < 10; i += 1) {
          const docs = await under.store.getMany('secretGroup', keys);
          sums.push(docs.reduce((sum, doc) => sum + amount(doc?.fields), 0));
        }
      };
      await Promise.all([...Array.from({ length: 8 }, (_, n) => client(n)), observer()]);
      await observer();
      expect(new Set(sums)).toEqual(new Set([400]));
      await expectConsistent('bank', []);
    });

    it('teams do not disturb each other', async () => {
      const teams = ['t0', 't1', 't2', 't3'];
      const requests = Array.from({ length: 40 }, (_, i) => {
        const team = teams[i % 4] ?? '';
        return aCommit([aPut([team, 'p', `d${i}`])], { team });
      });
      expect(won(await Promise.all(requests.map(attempt)))).toHaveLength(40);
      for (const team of teams) expect(await wholeLog(under.store, team)).toHaveLength(10);
    });
  });

  it('case 143: concurrent updates of one document are linearizable', async () => {
    const key = ['linear', 'p', 'doc'];
    await under.store.commit(aCommit([aPut(key)], { team: 'linear' }));
    let left = updates;
    const wins: { readonly revision: number; readonly seq: number }[] = [];
    const client = async (): Promise<void> => {
      let seen = 0;
      while (left > 0) {
        left -= 1;
        const expected = (await revisionOf(key)) ?? 0;
        // A read never goes back behind an earlier one, nor behind an own write.
        expect(expected).toBeGreaterThanOrEqual(seen);
        const seq = await attempt(aCommit([aPut(key, expected)], { team: 'linear' }));
        seen = seq === null ? expected : expected + 1;
        if (seq !== null) wins.push({ revision: expected + 1, seq });
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    expect(wins.length).toBeGreaterThan(0);
    expect(await revisionOf(key)).toBe(wins.length + 1);
    // Winners in the log's order are in the order of revisions, each revision won once.
    const ordered = [...wins].sort((a, b) => a.seq - b.seq).map(({ revision }) => revision);
    expect(ordered).toEqual(ordered.map((_, i) => i + 2));
    expect(await wholeLog(under.store, 'linear')).toHaveLength(wins.length + 1);
    await expectConsistent(
      'linear',
      wins.map(({ seq }) => seq),
    );
  });

  it('whoever has read a commit finds a head that is not behind it, while others write', async () => {
    const team = 'ahead';
    let writing = true;
    const writer = async (who: number): Promise<void> => {
      for (let i = 0; i < updates / 10; i += 1) {
        await under.store.commit(aCommit([aPut([team, 'p', `${who} ${i}`])], { team }));
      }
    };
    let reads = 0;
    const reader = async (): Promise<void> => {
      for (let seen = 0; writing; reads += 1) {
        seen = (await under.store.commitsAfter(team, seen, 100)).at(-1)?.seq ?? seen;
        expect((await under.store.head([team]))?.seq ?? 0).toBeGreaterThanOrEqual(seen);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const readers = Promise.all([reader(), reader()]);
    await Promise.all([writer(1), writer(2)]);
    writing = false;
    await readers;
    expect(reads).toBeGreaterThan(0);
  });

  it('case 144: of 100 that create one key at once exactly one wins, 99 meet CONFLICT with what exists', async () => {
    const key = ['race', 'p', 'slug'];
    const rivals = Array.from({ length: 100 }, () => under.store.commit(aCommit([aPut(key)], { team: 'race' })));
    const answers = await Promise.allSettled(rivals);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
    expect(refused).toHaveLength(99);
    for (const error of refused) {
      const details = { existing: { kind: 'secretGroup', key }, currentRevision: 1 };
      expect(error).toMatchObject({ code: 'CONFLICT', details });
    }
    expect(await revisionOf(key)).toBe(1);
  });
}
