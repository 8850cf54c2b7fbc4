import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keptBytes, loggedBytes } from '../../src/store/kept.ts';
import type { Key, NewCommit, Store, Write } from '../../src/store/port.ts';
import { aCommit, aPut } from '../support/a-commit.ts';
import { codeOf, type OpenStore, type StoreUnderTest, wholeLog } from './store-under-test.ts';

const MIB = 1_048_576;
const QUOTAS = { projectBytes: 2 * MIB, teamBytes: 5 * MIB };
/** A document that is counted as 256 KiB. */
const BODY = Buffer.alloc(MIB / 4 - 512, 1);
const REVISIONS = { limit: 1_000 };

/** What a scope keeps, added up from everything that is there. */
async function counted(store: Store, scope: Key, keys: readonly Key[]): Promise<number> {
  let sum = 0;
  if (scope.length === 1) for (const commit of await wholeLog(store, scope[0] ?? '')) sum += loggedBytes(commit);
  for (const key of keys) {
    for (const doc of await store.revisions('secretGroup', key, REVISIONS)) sum += keptBytes(doc);
  }
  return sum;
}

const big = (key: Key, expected: number | null = null, over: object = {}): Write =>
  aPut(key, expected, { body: BODY, ...over });

export function quotasContract(open: OpenStore): void {
  let under: StoreUnderTest;
  beforeAll(async () => {
    under = await open(QUOTAS);
  });
  afterAll(() => under.dispose());

  const commit = (team: string, writes: readonly Write[], over: Partial<NewCommit> = {}) =>
    under.store.commit(aCommit(writes, { team, ...over }));
  const bytesOf = async (scope: Key) => (await under.store.head(scope))?.bytes;

  describe('quotas: a head says what its scope keeps, and growth past that is refused', () => {
    it('counts documents, former revisions and the log, and what is erased no more', async () => {
      const team = 'counting';
      const [a, b, own] = [
        [team, 'p', 'a'],
        [team, 'p', 'b'],
        [team, 'own'],
      ] as const;
      const expectCounted = async () => {
        expect(await bytesOf([team, 'p'])).toBe(await counted(under.store, [team, 'p'], [a, b]));
        expect(await bytesOf([team])).toBe(await counted(under.store, [team], [a, b, own]));
      };
      await commit(team, [big(a), aPut(b), big(own)]);
      await expectCounted();
      for (const revision of [1, 2, 3, 4]) await commit(team, [aPut(a, revision), aPut(b, revision)]);
      await expectCounted();
      await commit(team, [{ op: 'purge', kind: 'secretGroup', key: a, before: 3 }]);
      await expectCounted();
      await commit(team, [big(b, 5, { deleted: true })]);
      await expectCounted();
      await commit(team, [{ op: 'remove', kind: 'secretGroup', key: b, expected: 6 }]);
      await expectCounted();
      await commit(team, [{ op: 'remove', kind: 'secretGroup', key: a, expected: 5 }]);
      await expectCounted();
      expect(await bytesOf([team, 'p'])).toBe(0);
    });

    it('counts the same when writers come all at once, replacing, purging and removing', async () => {
      const team = 'crowd';
      const keys = Array.from({ length: 6 }, (_, i): Key => [team, 'p', `d${i}`]);
      await commit(
        team,
        keys.map((key) => aPut(key)),
      );
      const steps = keys.flatMap((key, i) => [
        commit(team, [aPut(key, 1)]),
        commit(team, [aPut(key, 2, { body: Buffer.alloc(3_000 * i) })]),
        commit(team, [{ op: 'purge', kind: 'secretGroup', key, before: 2 }]),
        commit(team, [{ op: 'purge', kind: 'secretGroup', key, before: 3 }]),
        ...(i % 2 === 0 ? [] : [commit(team, [{ op: 'remove', kind: 'secretGroup', key, expected: 3 }])]),
      ]);
      await Promise.all(steps);
      expect(await bytesOf([team, 'p'])).toBe(await counted(under.store, [team, 'p'], keys));
      expect(await bytesOf([team])).toBe(await counted(under.store, [team], keys));
    });

    it('refuses what a project has no room for, by the name of the limit; what ends or frees something passes', async () => {
      const team = 'full';
      const keys = Array.from({ length: 9 }, (_, i): Key => [team, 'p', `d${i}`]);
      for (const key of keys.slice(0, 8)) await commit(team, [big(key)]);
      const [a = [], b = [], c = []] = keys;
      await expect(commit(team, [aPut(keys[8] ?? [])])).rejects.toThrow(
        'The project p would keep 3 MiB, its history counted; the limit is 2 MiB (KEYLOOM_LIMIT_PROJECT_BYTES). Deleting, purging and revoking still pass',
      );
      expect(await codeOf(commit(team, [aPut(a, 1)]))).toBe('LIMIT_EXCEEDED');
      expect(await wholeLog(under.store, team)).toHaveLength(8);
      // Others of the team go on.
      await commit(team, [big([team, 'q', 'a']), big([team, 'own'])]);
      // A deletion leaves a revision more, and passes.
      await commit(team, [big(a, 1, { deleted: true })]);
      await commit(team, [{ op: 'check', kind: 'secretGroup', key: b, expected: 1 }]);
      await commit(team, [{ op: 'purge', kind: 'secretGroup', key: b, before: 1 }]);
      await commit(team, [{ op: 'remove', kind: 'secretGroup', key: b, expected: 1 }]);
      expect(await codeOf(commit(team, [aPut(c, 1)]))).toBe('LIMIT_EXCEEDED');
      await commit(team, [{ op: 'remove', kind: 'secretGroup', key: a, expected: 2 }]);
      await commit(team, [aPut(c, 1)]);
    });

    it('passes what makes a scope smaller, also while it keeps too much', async () => {
      const team = 'shrinking';
      const keys = Array.from({ length: 8 }, (_, i): Key => [team, 'p', `d${i}`]);
      for (const key of keys) await commit(team, [big(key)]);
      const [a = [], b = [], c = []] = keys;
      await commit(team, [big(c, 1, { deleted: true })]);
      expect(await codeOf(commit(team, [aPut(b, 1)]))).toBe('LIMIT_EXCEEDED');
      await commit(team, [{ op: 'remove', kind: 'secretGroup', key: a, expected: 1 }, aPut(b, 1)]);
      expect(await bytesOf([team, 'p'])).toBeGreaterThan(QUOTAS.projectBytes);
    });

    it('refuses what a team has no room for, whichever of its projects it is in', async () => {
      const team = 'crowded';
      const keys = ['p', 'q', 'r'].flatMap((project) =>
        Array.from({ length: 7 }, (_, i): Key => [team, project, `d${i}`]),
      );
      const outcomes: string[] = [];
      for (const key of keys) outcomes.push(await codeOf(commit(team, [big(key)])));
      expect(outcomes.filter((code) => code === 'none')).toHaveLength(19);
      expect(outcomes.slice(19)).toEqual(['LIMIT_EXCEEDED', 'LIMIT_EXCEEDED']);
      const own = big([team, 'own']);
      await expect(commit(team, [own])).rejects.toThrow(/^The team crowded would keep 6 MiB.*KEYLOOM_LIMIT_TEAM_BYTES/);
      await commit(team, [{ op: 'remove', kind: 'secretGroup', key: keys[0] ?? [], expected: 1 }]);
      await commit(team, [own]);
    });

    it('ends and changes rights in a scope that is full', async () => {
      const team = 'rights';
      const token = [team, 'token'];
      await commit(team, [aPut(token, null, { kind: 'token' })]);
      for (let i = 0; i < 19; i += 1) await codeOf(commit(team, [big([team, `d${i}`])]));
      expect(await codeOf(commit(team, [big([team, 'more'])]))).toBe('LIMIT_EXCEEDED');
      expect(await codeOf(commit(team, [big([team, 'new'], null, { kind: 'token' })]))).toBe('LIMIT_EXCEEDED');
      await commit(team, [big(token, 1, { kind: 'token' })]);
    });
  });
}
