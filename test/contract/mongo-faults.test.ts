import { MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { FIRST_CHAIN, verifyCommits } from '../../src/store/chain.ts';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import type { Store } from '../../src/store/port.ts';
import { aCommit, aPut, testMac } from '../support/a-commit.ts';
import { COMMIT_COMMANDS, MONGO_FAULTS, withFailPoint } from '../support/mongo-faults.ts';
import { openTestMongo, type TestMongo } from '../support/mongodb.ts';
import { codeOf, wholeLog } from './store-under-test.ts';

// Fail points are the server's, not the database's: other tests must not share it.
describe.skipIf(inject('mongodbUrl') === null)('case 137: faults of MongoDB', () => {
  let server: TestMongo | null;
  let admin: MongoClient;
  let store: Store;
  const database = 'keyloom_faults';
  let attempts = 0;

  beforeAll(async () => {
    server = await openTestMongo({ given: false });
    const url = server?.url ?? '';
    admin = new MongoClient(url);
    // The attempts bound it, however slow the machine is.
    const patience = { attempts: 3, within: 60_000 };
    const onAttempt = () => {
      attempts += 1;
    };
    store = await openMongoStore({ url, database, mac: testMac, patience, onAttempt });
  });
  afterAll(async () => {
    await store.close();
    await admin.close();
    await server?.stop();
  });
  afterEach(() => {
    attempts = 0;
  });

  /** Replaces, creates, removes and purges: every command that a commit can need. */
  async function prepared(team: string) {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => aPut([team, 'p', id]));
    if (!a || !b || !c) throw new Error('unreachable');
    await store.commit(aCommit([a, b, c], { team }));
    const purge = { op: 'purge', kind: 'secretGroup', key: c.key, before: 1 } as const;
    const remove = { op: 'remove', kind: 'secretGroup', key: b.key, expected: 1 } as const;
    attempts = 0;
    return aCommit([aPut(a.key, 1), remove, purge, aPut([team, 'p', 'new'])], { team });
  }

  async function expectOnce(team: string, id: string): Promise<void> {
    const log = await wholeLog(store, team);
    expect(log.map((commit) => commit.seq)).toEqual([1, 2]);
    expect(log[1]?.id).toBe(id);
    verifyCommits(testMac, FIRST_CHAIN, log);
    const docs = await store.list('secretGroup', [team, 'p'], { limit: 9 });
    expect(docs.map(({ key, revision }) => `${key[2]}@${revision}`)).toEqual(['a@2', 'c@1', 'new@1']);
    expect(await store.revisions('secretGroup', [team, 'p', 'a'], { limit: 9 })).toHaveLength(2);
  }

  const cases = MONGO_FAULTS.flatMap((fault) =>
    COMMIT_COMMANDS.map((command) => [fault.name, command, fault] as const),
  );

  it.each(cases)('%s at %s: bounded retry, exactly one effect', async (name, command, fault) => {
    const team = `${name}-${command}`;
    const request = await prepared(team);
    await withFailPoint(admin, fault, [command], { times: 2 }, async () => {
      expect((await store.commit(request)).seq).toBe(2);
    });
    await expectOnce(team, request.id);
    expect(attempts).toBeLessThanOrEqual(3);
  });

  it.each(MONGO_FAULTS.map((fault) => [fault.name, fault] as const))(
    '%s that does not end: UNAVAILABLE after a bounded number of attempts, and the same commit passes later',
    async (name, fault) => {
      const team = `${name}-on-and-on`;
      const request = await prepared(team);
      await withFailPoint(admin, fault, ['commitTransaction', 'find'], 'alwaysOn', async () => {
        expect(await codeOf(store.commit(request))).toBe('UNAVAILABLE');
        expect(await codeOf(store.get('secretGroup', [team, 'p', 'a']))).toBe('UNAVAILABLE');
      });
      expect(attempts).toBeLessThanOrEqual(3);
      expect((await store.commit(request)).seq).toBe(2);
      await expectOnce(team, request.id);
    },
  );

  it('an answer that was lost after the commit took effect changes nothing: the id is found', async () => {
    const team = 'lost-answer';
    const request = await prepared(team);
    const unknown = { name: 'lost', errorCode: 10_107, errorLabels: ['UnknownTransactionCommitResult'] };
    const first = await store.commit(request);
    await withFailPoint(admin, unknown, ['commitTransaction'], { times: 1 }, async () => {
      expect(await store.commit(request)).toEqual(first);
    });
    await expectOnce(team, request.id);
  });

  it('an error names no host, no database and no document', async () => {
    const fault = { name: 'failed', errorCode: 8 };
    const error = await withFailPoint(admin, fault, ['find'], 'alwaysOn', () =>
      store.get('secretGroup', ['acme', 'p', 'needle']).catch((thrown: unknown) => thrown),
    );
    const { message, cause } = error as Error;
    expect(`${message} ${String(cause)}`).not.toMatch(/127\.0\.0\.1|keyloom_faults|needle|secretGroup/);
  });

  it('reads pass over single faults', async () => {
    await store.commit(aCommit([aPut(['reads', 'p', 'a'])], { team: 'reads' }));
    for (const fault of MONGO_FAULTS.slice(0, 3)) {
      await withFailPoint(admin, fault, ['find'], { times: 2 }, async () => {
        expect((await store.get('secretGroup', ['reads', 'p', 'a']))?.revision).toBe(1);
      });
    }
  });
});
