import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIRST_CHAIN, verifyCommits, verifyHead } from '../../src/store/chain.ts';
import { createHeads } from '../../src/store/heads.ts';
import type { Head, Key, Write } from '../../src/store/port.ts';
import { EMPTY_STATE, EMPTY_SUM, movedState, sumOf } from '../../src/store/set-hash.ts';
import { aCommit, aPut, aTag, keptLeaf, keptTag, testMac } from '../support/a-commit.ts';
import { codeOf, type OpenStore, type StoreUnderTest, wholeLog } from './store-under-test.ts';

const sumOver = (...leaves: readonly Uint8Array[]): Uint8Array => sumOf(movedState(testMac, EMPTY_STATE, [], leaves));

export function commitsContract(open: OpenStore): void {
  let under: StoreUnderTest;
  beforeAll(async () => {
    under = await open();
  });
  afterAll(() => under.dispose());

  describe('commit: all or nothing, numbered without gaps per team', () => {
    it('numbers each team from 1, chained', async () => {
      for (const team of ['red', 'blue', 'red', 'red']) {
        const count = (await wholeLog(under.store, team)).length;
        await under.store.commit(aCommit([aPut([team, 'p', `doc${count}`])], { team }));
      }
      const red = await wholeLog(under.store, 'red');
      expect(red.map(({ seq }) => seq)).toEqual([1, 2, 3]);
      expect((await wholeLog(under.store, 'blue')).map(({ seq }) => seq)).toEqual([1]);
      verifyCommits(testMac, FIRST_CHAIN, red);
    });

    it('refuses as INTEGRITY to replace a document whose tag is not the one that was verified', async () => {
      const team = 'verified';
      const key = [team, 'p', 'a'];
      const first = aPut(key);
      await under.store.commit(aCommit([first], { team }));
      const forged = aCommit([aPut(key, 1, { replaces: aTag('another') })], { team });
      expect(await codeOf(under.store.commit(forged))).toBe('INTEGRITY');
      expect((await under.store.get('secretGroup', key))?.revision).toBe(1);
      expect(await wholeLog(under.store, team)).toHaveLength(1);
      const replaces = keptTag(first.tag, 1);
      await under.store.commit(aCommit([aPut(key, 1, { replaces })], { team }));
      expect((await under.store.get('secretGroup', key))?.revision).toBe(2);
    });

    it('says what it touched: removed is 0, check leaves no trace, and purge one where history was cut', async () => {
      const team = 'touching';
      const keys = ['a', 'b', 'c', 'd'].map((id) => [team, 'p', id]);
      await under.store.commit(
        aCommit(
          keys.map((key) => aPut(key)),
          { team },
        ),
      );
      const [a = [], b = [], c = [], d = []] = keys;
      const commit = await under.store.commit(
        aCommit(
          [
            aPut(a, 1),
            { op: 'remove', kind: 'secretGroup', key: b, expected: 1 },
            { op: 'purge', kind: 'secretGroup', key: c, before: 1 },
            { op: 'check', kind: 'secretGroup', key: d, expected: 1 },
          ],
          { team, actor: 'user/bob', operation: 'x.y', at: '2026-01-02T00:00:00.000Z' },
        ),
      );
      expect(commit).toMatchObject({
        team,
        seq: 2,
        actor: 'user/bob',
        operation: 'x.y',
        at: '2026-01-02T00:00:00.000Z',
      });
      expect(commit.touched).toEqual([
        { kind: 'secretGroup', key: a, revision: 2 },
        { kind: 'secretGroup', key: b, revision: 0 },
      ]);
      expect((await under.store.commitsAfter(team, 1, 9))[0]).toEqual(commit);
    });

    it('a cut is in the log, and the document says from then on where its history begins', async () => {
      const team = 'cutting';
      const key = [team, 'p', 'a'];
      for (const expected of [null, 1, 2, 3]) await under.store.commit(aCommit([aPut(key, expected)], { team }));
      const before = await under.store.head([team, 'p']);
      const cut = (before: number) =>
        under.store.commit(aCommit([{ op: 'purge', kind: 'secretGroup', key, before }], { team }));
      expect((await cut(3)).cut).toEqual([{ kind: 'secretGroup', key, since: 3 }]);
      const doc = await under.store.get('secretGroup', key);
      expect(doc).toMatchObject({ revision: 4, since: 3, leaf: keptLeaf(aPut(key, 3).tag, 4, 3) });
      const set = (await under.store.head([team, 'p']))?.sets.get('secretGroup');
      // Nothing has changed of what it holds.
      expect(set).toEqual({ sum: sumOver(keptLeaf(aPut(key, 3).tag, 4, 3)), count: 1, seq: 4 });
      expect(set?.sum).not.toEqual(before?.sets.get('secretGroup')?.sum);
      // What is gone already is not cut again, and the present one stays.
      expect((await cut(2)).cut).toEqual([]);
      expect((await cut(99)).cut).toEqual([{ kind: 'secretGroup', key, since: 4 }]);
      await under.store.commit(aCommit([aPut(key, 4)], { team }));
      expect(await under.store.get('secretGroup', key)).toMatchObject({ revision: 5, since: 4 });
      expect((await under.store.revisions('secretGroup', key, { limit: 9 })).map(({ revision }) => revision)).toEqual([
        5, 4,
      ]);
    });

    it('a commit without writes is a commit', async () => {
      expect((await under.store.commit(aCommit([], { team: 'idle' }))).seq).toBe(1);
    });
  });

  describe('an expected revision that moved, or a key that is taken, is a CONFLICT naming the document, and nothing is written', () => {
    const key = ['guarded', 'p', 'doc'];
    const absent = ['guarded', 'p', 'absent'];
    beforeAll(async () => {
      await under.store.commit(aCommit([aPut(key)], { team: 'guarded' }));
      await under.store.commit(aCommit([aPut(key, 1)], { team: 'guarded' }));
    });
    const check = (expected: number | null, of = key): Write => ({
      op: 'check',
      kind: 'secretGroup',
      key: of,
      expected,
    });

    it.each<[string, Write, number | undefined]>([
      ['a put of a taken key', aPut(key, null), 2],
      ['a put over an old revision', aPut(key, 1), 2],
      ['a put over a coming revision', aPut(key, 3), 2],
      ['a put over nothing', aPut(absent, 1), undefined],
      ['a remove of an old revision', { op: 'remove', kind: 'secretGroup', key, expected: 1 }, 2],
      ['a remove of nothing', { op: 'remove', kind: 'secretGroup', key: absent, expected: 1 }, undefined],
      ['a check of an old revision', check(1), 2],
      ['a check for absence', check(null), 2],
      ['a check of nothing', check(1, absent), undefined],
    ])('%s', async (_what, write, currentRevision) => {
      const head = await under.store.head(['guarded']);
      const other = aPut(['guarded', 'p', 'other']);
      const details = {
        existing: { kind: 'secretGroup', key: write.key },
        ...(currentRevision && { currentRevision }),
      };
      const refused = under.store.commit(aCommit([other, write], { team: 'guarded' }));
      await expect(refused).rejects.toMatchObject({ code: 'CONFLICT', details });
      expect(await under.store.get('secretGroup', other.key)).toBeNull();
      expect(await under.store.head(['guarded'])).toEqual(head);
    });

    it('checks that hold let the commit pass', async () => {
      await under.store.commit(aCommit([check(2), check(null, absent)], { team: 'guarded' }));
    });
  });

  describe('a commit whose id was committed before is answered with that commit, and nothing is written', () => {
    it('even when its guards no longer hold, and its content is another', async () => {
      const first = aCommit([aPut(['again', 'p', 'a'])], { team: 'again' });
      const commit = await under.store.commit(first);
      expect(await under.store.commit(first)).toEqual(commit);
      expect(await under.store.commit({ ...first, writes: [aPut(['again', 'p', 'b'])] })).toEqual(commit);
      expect(await under.store.get('secretGroup', ['again', 'p', 'b'])).toBeNull();
      expect(await wholeLog(under.store, 'again')).toEqual([commit]);
    });

    it('at the same time', async () => {
      const commit = aCommit([aPut(['again', 'p', 'c'])], { team: 'again' });
      const answers = await Promise.all(Array.from({ length: 8 }, () => under.store.commit(commit)));
      expect(new Set(answers.map(({ seq }) => seq)).size).toBe(1);
    });

    it('an id is of its team', async () => {
      const { id } = await under.store.commit(aCommit([], { team: 'again' }));
      expect((await under.store.commit(aCommit([], { team: 'another', id }))).seq).toBe(1);
    });
  });

  describe('what no store can keep as it is, is INVALID_INPUT', () => {
    const put = aPut(['odd', 'p', 'a']);
    it.each<[string, Parameters<typeof aCommit>]>([
      ['two writes of one document', [[put, put]]],
      ['an empty key', [[aPut([])]]],
      ['NUL in a key', [[aPut(['odd', 'a\0b'])]]],
      ['half a character in a key', [[aPut(['odd', '\udc00'])]]],
      ['a key of many long parts', [[aPut(Array.from({ length: 8 }, () => '\u4e16'.repeat(200)))]]],
      ['a short tag', [[aPut(['odd', 'b'], null, { tag: new Uint8Array(31) })]]],
      ['a revision of nought', [[aPut(['odd', 'c'], 0)]]],
      ['an empty team', [[put], { team: '' }]],
      ['half a character in an actor', [[put], { actor: '\ud800' }]],
    ])('%s', async (_what, [writes, over]) => {
      expect(await codeOf(under.store.commit(aCommit(writes, { team: 'odd', ...over })))).toBe('INVALID_INPUT');
      expect(await under.store.head(['odd'])).toBeNull();
    });
  });

  describe('head: the state of a scope as of its last commit; null before the first', () => {
    const team = 'headed';
    it('sums, counts and numbers the sets of a team and of its projects', async () => {
      expect(await under.store.head([team])).toBeNull();
      const tag = aPut([team, 'blue'], null, { kind: 'tag' });
      const instance = aPut(['elsewhere', 'x', 'y'], null, { kind: 'kek' });
      await under.store.commit(aCommit([aPut([team, 'p', 'a']), aPut([team, 'p', 'b']), tag, instance], { team }));
      const last = await under.store.commit(aCommit([aPut([team, 'q', 'a'])], { team }));
      const head = await under.store.head([team]);
      expect(head).toMatchObject({ scope: [team], seq: 2, chain: last.mac });
      expect(head?.sets).toEqual(
        new Map([
          ['tag', { sum: sumOver(keptLeaf(tag.tag, 1)), count: 1, seq: 1 }],
          ['kek', { sum: sumOver(keptLeaf(instance.tag, 1)), count: 1, seq: 1 }],
        ]),
      );
      const project = await under.store.head([team, 'p']);
      const leafOf = (id: string): Uint8Array => keptLeaf(aTag('secretGroup', team, 'p', id, 1), 1);
      const sum = sumOver(leafOf('a'), leafOf('b'));
      expect(project).toMatchObject({ scope: [team, 'p'], seq: 1, chain: new Uint8Array() });
      expect(project?.sets).toEqual(new Map([['secretGroup', { sum, count: 2, seq: 1 }]]));
      for (const one of [head, project]) if (one) verifyHead(testMac, one);
      expect(await under.store.head([team, 'p', 'a'])).toBeNull();
    });

    it('is vouched for by the heads above it, in one lineage', async () => {
      const above = 'above';
      const state = async (scope: Key): Promise<Head | null> =>
        createHeads({ store: under.store, mac: () => testMac })(scope);
      expect([await state([above]), await state([above, 'p'])]).toEqual([null, null]);
      for (let i = 0; i < 40; i += 1) await under.store.commit(aCommit([aPut([above, `p${i}`, 'a'])], { team: above }));
      await under.store.commit(aCommit([aPut([above, 'p7', 'b'])], { team: above }));
      const team = await state([above]);
      expect(team).toMatchObject({ seq: 41, below: { count: 40 } });
      for (let i = 0; i < 40; i += 1) expect((await state([above, `p${i}`]))?.seq).toBe(i === 7 ? 41 : i + 1);
      expect(await state([above, 'p40'])).toBeNull();
    });

    it('is current until something is written, if the store can tell without looking', async () => {
      const { store } = under;
      if (store.isCurrent === undefined) return;
      const [one, other] = [['current'], ['current-other']];
      for (const team of [one, other])
        await store.commit(aCommit([aPut([...team, 'p', 'a'])], { team: team[0] ?? '' }));
      const read = await store.lineage(one);
      expect([store.isCurrent(read), store.isCurrent({ ...read })]).toEqual([true, false]);
      await store.commit(aCommit([aPut(['current', 'p', 'b'])], { team: 'current' }));
      expect(store.isCurrent(read)).toBe(false);
      const again = await store.lineage(one);
      expect(again.levels.at(-1)?.head?.seq).toBe(2);
      expect(store.isCurrent(again)).toBe(true);
    });

    it('refuses as INTEGRITY to go on where the team was put back to before a commit that a project knows of', async () => {
      const back = 'put-back';
      await under.store.commit(aCommit([aPut([back, 'p', 'a'])], { team: back }));
      await under.damageLog(back, 1);
      await under.eraseHead([back]);
      const next = aCommit([aPut([back, 'p', 'b'])], { team: back });
      expect(await codeOf(under.store.commit(next))).toBe('INTEGRITY');
      expect(await under.store.get('secretGroup', [back, 'p', 'b'])).toBeNull();
    });

    it('follows replacing and removing down to nothing', async () => {
      await under.store.commit(aCommit([aPut([team, 'p', 'a'], 1)], { team }));
      const removes = [2, 1].map(
        (expected, i): Write => ({ op: 'remove', kind: 'secretGroup', key: [team, 'p', i ? 'b' : 'a'], expected }),
      );
      const { seq } = await under.store.commit(aCommit(removes, { team }));
      expect((await under.store.head([team, 'p']))?.sets.get('secretGroup')).toEqual({ sum: EMPTY_SUM, count: 0, seq });
    });
  });

  describe('a head that is not ours is never extended', () => {
    it.each(['forgeHead', 'eraseHead'] as const)('%s of the team: INTEGRITY', async (damage) => {
      const team = damage;
      await under.store.commit(aCommit([aPut([team, 'p', 'a'])], { team }));
      await under[damage]([team]);
      expect(await codeOf(under.store.commit(aCommit([aPut([team, 'p', 'b'])], { team })))).toBe('INTEGRITY');
      expect(await wholeLog(under.store, team)).toHaveLength(1);
    });

    it('a project: INTEGRITY for its writes, others go on', async () => {
      const team = 'half';
      await under.store.commit(aCommit([aPut([team, 'p', 'a'])], { team }));
      await under.forgeHead([team, 'p']);
      expect(await codeOf(under.store.commit(aCommit([aPut([team, 'p', 'b'])], { team })))).toBe('INTEGRITY');
      expect((await under.store.commit(aCommit([aPut([team, 'q', 'b'])], { team }))).seq).toBe(2);
    });
  });
}
