import { Collection, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import { type Listener, listen } from '../support/listening.ts';
import { aGroup, aProject, aServiceInput, done, ENVIRONMENT, operation, PUT_SERVICE } from '../support/makers.ts';
import { aDatabase } from '../support/mongodb.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { ENVIRONMENT_CHANGED } from '../support/stream-queries.ts';

const url = inject('mongodbUrl') ?? '';
const SIZES = { small: 3, large: 30 } as const;
const LISTENERS = 16;
/** Deliveries that are made at once may each look for a head that none of them has yet. */
const AT_ONCE = 10;

// What is asked of the server is counted at the driver: calls of the store could hide it.
describe.skipIf(url === '')('reads of a gateway on MongoDB', () => {
  const database = aDatabase();
  const asked: string[] = [];
  const spies = (['find', 'aggregate', 'watch'] as const).map((name) => {
    const real = Collection.prototype[name] as (...args: never[]) => unknown;
    return vi.spyOn(Collection.prototype, name).mockImplementation(function (this: Collection, ...args: unknown[]) {
      if (this.dbName === database) asked.push(`${name} ${this.collectionName}`);
      return real.apply(this, args as never[]) as never;
    });
  });
  let app: TestApp;
  const groups = new Map<string, string>();
  const listeners: Listener[] = [];

  beforeAll(async () => {
    app = await startApp({ open: ({ mac }) => openMongoStore({ url, database, mac }) });
    for (const [project, count] of Object.entries(SIZES)) {
      await aProject(app, project);
      for (let i = 0; i < count; i += 1) {
        const made = await aGroup(app, { project, name: `g ${i}`, variables: [{ name: `V_${i}`, value: 'x' }] });
        groups.set(project, made.id);
      }
      await done(app, PUT_SERVICE, aServiceInput({ project }));
    }
  }, 120_000);
  afterAll(async () => {
    await Promise.all(listeners.map((listener) => listener.stop()));
    await app.close();
    for (const spy of spies) spy.mockRestore();
    const raw = new MongoClient(url);
    await raw.db(database).dropDatabase();
    await raw.close();
  });

  /** What is read while this is done, but for what the gateway looks after by itself. */
  async function readsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
    asked.length = 0;
    await work();
    return [...asked].sort();
  }
  const resolve = (project: string) => async () => {
    const { data } = await app.gql(ENVIRONMENT, { project, service: 'example-service' });
    expect(data.project.service.environment.variables).toHaveLength(SIZES[project as keyof typeof SIZES]);
  };
  /** But for those that come with time: looks at the log, and the exchange of counts. */
  const countOf = (reads: readonly string[]): number =>
    reads.filter((each) => each !== 'find commits' && each !== 'find counters').length;
  const set = (project: string, value: string) =>
    done(app, operation('setSecretGroupVariable', 'secretGroup { id }'), {
      id: groups.get(project),
      name: `V_${SIZES[project as keyof typeof SIZES] - 1}`,
      value,
    });

  it('are of heads alone for a repeated answer, and as many however large the project is', async () => {
    for (const project of Object.keys(SIZES)) {
      await resolve(project)();
      const reads = await readsOf(resolve(project));
      expect(new Set(reads)).toEqual(new Set(['find heads']));
      // Of the team, and of the whole store while that is behind.
      expect(reads.length).toBeLessThanOrEqual(2);
    }
  });

  it('are as many for the first answer after a commit, however large the project is', async () => {
    const reads: (readonly string[])[] = [];
    for (const project of Object.keys(SIZES)) {
      await resolve(project)();
      await set(project, 'first');
      reads.push(await readsOf(resolve(project)));
    }
    // With the set that its own commit has brought up to date.
    for (const each of reads) expect(each.length).toBeLessThanOrEqual(4);
  });

  it('are as many for a commit, and one change stream, however many listen to environments of their own', async () => {
    const follow = async (service: string): Promise<void> => {
      await done(app, PUT_SERVICE, aServiceInput({ project: 'small', id: service }));
      const variables = { project: 'small', service };
      listeners.push(await listen(app.url, app.owner, ENVIRONMENT_CHANGED, { variables }));
    };
    const told = async (value: string): Promise<readonly string[]> => {
      const counts = listeners.map(({ events }) => events.length);
      return readsOf(async () => {
        await set('small', value);
        await Promise.all(listeners.map((listener, i) => listener.count((counts[i] ?? 0) + 1)));
      });
    };
    await follow('s-0');
    await told('a');
    const one = await told('b');
    for (let i = 1; i < LISTENERS; i += 1) await follow(`s-${i}`);
    await told('c');
    const many = await told('d');
    expect(countOf(many)).toBeLessThanOrEqual(countOf(one) + AT_ONCE);
    expect([...one, ...many].filter((each) => each.startsWith('watch'))).toEqual([]);
    asked.length = 0;
    await follow('late');
    expect(asked.filter((each) => each.startsWith('watch'))).toEqual([]);
  });
});
