import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import type { Commit } from '../../src/store/port.ts';
import { COMMIT_COMMANDS, MONGO_FAULTS, type MongoFault, withFailPoint } from '../support/mongo-faults.ts';
import { aDatabase, openTestMongo, type TestMongo } from '../support/mongodb.ts';
import { MUTATIONS, operationOf } from '../support/mutations.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { freshApp } from '../support/whole-state.ts';

const faultAt = (i: number, among: readonly MongoFault[] = MONGO_FAULTS): MongoFault => {
  const fault = among[i % among.length];
  if (!fault) throw new Error('unreachable');
  return fault;
};

/** How many mutations meet every fault at every command; the others meet one at each command, in turn. All share one way to commit. */
const WHOLE = process.env.KEYLOOM_ALL_FAULTS === '1' ? MUTATIONS.length : 6;
const SINGLE = MUTATIONS.flatMap((mutation, m) =>
  COMMIT_COMMANDS.flatMap((command, c) =>
    (m % Math.ceil(MUTATIONS.length / WHOLE) === 0 ? MONGO_FAULTS : [faultAt(m + c)]).map((fault) => {
      const title = `${mutation.name} (${m}), ${fault.name} at ${command}`;
      return { title, mutation, command, fault };
    }),
  ),
);
const ANSWERED = MONGO_FAULTS.filter(({ closeConnection }) => !closeConnection);
const LASTING = MUTATIONS.map((mutation, m) => {
  const fault = faultAt(m, ANSWERED);
  return { title: `${mutation.name} (${m}), ${fault.name}`, mutation, fault };
});
/** Two failures are little, however slow the machine is, and whoever else uses the same connections. */
const LENIENT = { attempts: 10, within: 30_000 };
/** While failures last. */
const IMPATIENT = { attempts: 4, within: 3_000 };
/** Not the deadline of the request ends what lasts, but the patience of the store, on a slow machine too. */
const LIMITS = { deadlineMs: 60_000 };
const DONE = /Payload$|^(ConflictError|NotFoundError)$/;

// Fail points are the server's, not the database's: this one is for these tests alone.
describe.skipIf(inject('mongodbUrl') === null)('case 137: mutations while MongoDB fails', () => {
  let server: TestMongo | null;
  let admin: MongoClient;
  let app: TestApp;
  let patient: TestApp;
  let n = 0;
  const patience = { ...LENIENT };

  beforeAll(async () => {
    server = await openTestMongo({ given: false });
    const url = server?.url ?? '';
    admin = new MongoClient(url);
    const started = (its: typeof patience) =>
      startApp({
        limits: LIMITS,
        open: ({ mac }) => openMongoStore({ url, database: aDatabase(), mac, patience: its }),
      });
    app = await started(patience);
    // Of the many worlds of those that pass, the others need know nothing.
    patient = await started(LENIENT);
  }, 120_000);
  afterAll(async () => {
    await app.close();
    await patient.close();
    await admin.close();
    await server?.stop();
  });

  const seqNow = async (of = app): Promise<number> => (await of.store.head(['default']))?.seq ?? 0;

  async function answerTo(name: string, input: object, by = app): Promise<string> {
    const { data, errors } = await by.gql(operationOf(name), { input });
    return data?.result?.__typename ?? errors?.[0]?.extensions.code ?? 'nothing';
  }

  /** What is answered while every commit of a transaction fails. */
  async function failing(fault: MongoFault, name: string, input: object): Promise<string> {
    Object.assign(patience, IMPATIENT);
    try {
      return await withFailPoint(admin, fault, ['commitTransaction'], 'alwaysOn', () => answerTo(name, input));
    } finally {
      Object.assign(patience, LENIENT);
    }
  }

  /** Everything that the commit touched is as it left it: nothing was written twice. */
  async function expectInEffect(commits: readonly Commit[], of = app): Promise<void> {
    for (const { touched } of commits) {
      for (const { kind, key, revision } of touched) {
        expect((await of.store.get(kind, key))?.revision ?? 0, `${kind} ${key.join('/')}`).toBe(revision);
      }
    }
  }

  it.each(SINGLE)('$title: passes after a retry, with exactly one effect', async ({ mutation, command, fault }) => {
    n += 1;
    const input = await mutation.prepare(patient, n);
    const before = await seqNow(patient);
    const send = () => answerTo(mutation.name, input, patient);
    expect(await withFailPoint(admin, fault, [command], { times: 2 }, send)).toMatch(/Payload$/);
    const commits = await patient.store.commitsAfter('default', before, 10);
    expect(commits).toHaveLength(1);
    await expectInEffect(commits, patient);
  });

  it.each(LASTING)(
    '$title that lasts: refused in time, and a retry has exactly one effect',
    async ({ mutation, fault }) => {
      n += 1;
      const input = await mutation.prepare(app, n);
      const before = await seqNow();
      const told = await failing(fault, mutation.name, input);
      expect(told).toMatch(/^UNAVAILABLE$/);
      const after = await seqNow();
      expect(after - before).toBeLessThanOrEqual(1);
      const again = await answerTo(mutation.name, input);
      expect(again).toMatch(after === before || 'idempotencyKey' in input ? /Payload$/ : DONE);
      const commits = await app.store.commitsAfter('default', before, 10);
      if (after === before || 'idempotencyKey' in input) expect(commits).toHaveLength(1);
      await expectInEffect(commits.slice(-1));
    },
  );

  it('a connection that is closed for long: refused in time, and a retry passes at once', async () => {
    const mutation = MUTATIONS.find(({ name }) => name === 'createSecretGroup');
    const fault = MONGO_FAULTS.find(({ closeConnection }) => closeConnection);
    if (!mutation || !fault) throw new Error('unreachable');
    n += 1;
    const input = await mutation.prepare(app, n);
    const before = await seqNow();
    expect(await failing(fault, mutation.name, input)).toBe('UNAVAILABLE');
    expect(await answerTo(mutation.name, input)).toBe('CreateSecretGroupPayload');
    const commits = await app.store.commitsAfter('default', before, 10);
    expect(commits).toHaveLength(1);
    await expectInEffect(commits);
  });

  it('a gateway that starts on it finds everything in order', async () => {
    const fresh = await freshApp(app.store, app.owner, { limits: { cost: 100_000 } });
    const query = `{ tags { name } roles { slug } tokens { name } projects(first: 100) { nodes { slug
      secretGroups(first: 5) { nodes { variables { name value } files { path data } } } services(first: 5) { nodes { id } } } } }`;
    const { errors, data } = await fresh.gql(query, {}, app.owner);
    expect(errors).toBeUndefined();
    expect(data.projects.nodes.length).toBeGreaterThan(20);
    await fresh.close();
  });
});
