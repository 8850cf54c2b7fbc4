import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import { aFollower, type GitApp, gitApp, gitOp, gitopsInput, logOf, MINUTE, readGlobal } from '../support/git-app.ts';
import { type GitHost, gitHost, type Repository } from '../support/git-host.ts';
import { codeOf, run } from '../support/makers.ts';
import { aDatabase } from '../support/mongodb.ts';

const url = inject('mongodbUrl') ?? '';

// They share a database and nothing in memory; each looks at every git file in its time.
describe.skipIf(url === '')('case 177: several gateways on one MongoDB', { timeout: 120_000 }, () => {
  const database = aDatabase();
  const ROUNDS = 2;
  let host: GitHost;
  let repository: Repository;
  let apps: readonly GitApp[];
  let owner: string;
  let id: string;
  const file = (content: string) => ({ 'config/app.json': content });
  const head = async (): Promise<number> => (await apps[0]?.store.head(['default']))?.seq ?? 0;
  const all = (act: (app: GitApp) => Promise<unknown>) => Promise.all(apps.map(act));

  beforeAll(async () => {
    host = await gitHost();
    repository = host.repository('shared');
    repository.push(file('{"n":0}'));
    const start = (): Promise<GitApp> => gitApp({ host, open: ({ mac }) => openMongoStore({ url, database, mac }) });
    const first = await start();
    owner = first.owner;
    id = (await aFollower(first, 'Shared', gitopsInput(repository.url))).id;
    apps = [first, await start(), await start()];
    await all((app) => app.later(6 * MINUTE));
  });
  afterAll(async () => {
    await all((app) => app.close());
    await host.close();
    const raw = new MongoClient(url);
    await raw.db(database).dropDatabase();
    await raw.close();
  });

  it('make one commit of each push, and see it', async () => {
    const before = await head();
    for (let n = 1; n <= ROUNDS; n += 1) {
      const commit = repository.push(file(`{"n":${n}}`));
      await all((app) => app.later(6 * MINUTE));
      await all(async (app) => {
        const { values, revision, gitops } = await readGlobal(app, 'shared', owner);
        expect([values, revision]).toEqual([{ n }, n + 1]);
        expect(gitops.status).toMatchObject({ state: 'SYNCED', commit, rewritten: false });
      });
    }
    const made = await logOf(apps[0] as GitApp, before);
    expect(made).toEqual(Array.from({ length: ROUNDS }, () => 'globalSecret.sync by system:gitops'));
  });

  it('make one commit of a file that is bad, and one when it is good again', async () => {
    const before = await head();
    repository.push(file('{'));
    for (let i = 0; i < 3; i += 1) await all((app) => app.later(6 * MINUTE));
    await all(async (app) => {
      const { status } = (await readGlobal(app, 'shared', owner)).gitops;
      expect(status).toMatchObject({ state: 'INVALID', line: 1, column: 2 });
    });
    repository.push(file('{"n":"good"}'));
    for (let i = 0; i < 3; i += 1) await all((app) => app.later(6 * MINUTE));
    expect(await logOf(apps[0] as GitApp, before)).toHaveLength(2);
  });

  it('are asked at once: each answers, and the file is written once', async () => {
    const { revision } = await readGlobal(apps[0] as GitApp, 'shared', owner);
    repository.push(file('{"n":"asked"}'));
    const results = await Promise.all(apps.map((app) => run(app, gitOp('syncGlobalSecret'), { id }, owner)));
    expect(results.map(codeOf)).toContain('OK');
    expect(results.map(codeOf).every((code) => code === 'OK' || code === 'CONFLICT')).toBe(true);
    await all(async (app) =>
      expect(await readGlobal(app, 'shared', owner)).toMatchObject({ values: { n: 'asked' }, revision: revision + 1 }),
    );
  });
});
