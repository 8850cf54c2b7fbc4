import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import { dropDatabase } from '../support/canaries.ts';
import { editableStore } from '../support/editable-store.ts';
import { aGroupInput, aProject, done, groupOp, operation, run } from '../support/makers.ts';
import { aDatabase } from '../support/mongodb.ts';
import { type Part, type PutBack, type Undoable, undoableEngine, undoableMongo } from '../support/put-back.ts';
import { rootSettled } from '../support/root-settled.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { freshApp } from '../support/whole-state.ts';

/** Whole parts of a store are put back to before a revocation, the others stay. Nobody takes that for what is. */
const url = inject('mongodbUrl');
const databases: string[] = [];
afterAll(async () => {
  for (const database of databases) if (url) await dropDatabase(url, database);
});

interface House {
  readonly app: TestApp;
  readonly store: Undoable;
  /** Until what is written behind is written. */
  readonly settled: () => Promise<void>;
}

const STORES: readonly (readonly [string, () => Promise<House>])[] = [
  [
    'the embedded store',
    async () => {
      const edit = editableStore();
      return { app: await startApp({ open: edit.open }), store: undoableEngine(edit), settled: async () => {} };
    },
  ],
  [
    'MongoDB',
    async () => {
      const database = aDatabase();
      databases.push(database);
      const at = url ?? '';
      const app = await startApp({ open: ({ mac }) => openMongoStore({ url: at, database, mac }) });
      return { app, store: await undoableMongo(at, database), settled: () => rootSettled(app.store) };
    },
  ],
];

const READ = (project: string) =>
  `{ viewer { name } project(slug: "${project}") { secretGroup(slug: "group") { variables { value } } } }`;
const PROJECTS = ['first', 'second', 'third'];

describe.each(STORES.filter(([name]) => name !== 'MongoDB' || url !== null))('on %s', (name, build) => {
  let house: House;
  let app: TestApp;
  let other: string;
  let back: PutBack;
  let forth: PutBack;

  const put = (project: string, value: string) =>
    done(
      app,
      groupOp('putSecretGroup', 'id'),
      aGroupInput({ project, name: 'group', variables: [{ name: 'A', value }] }),
    );

  beforeEach(async () => {
    house = await build();
    app = house.app;
    for (const project of PROJECTS) await aProject(app, project);
    for (const project of PROJECTS) await put(project, 'before');
    other = await app.token('owner', { name: 'revoked' });
    await house.settled();
    back = await house.store.remember();
    const { data } = await app.gql('{ tokens { id name } }');
    const { id } = data.tokens.find(({ name }: { name: string }) => name === 'revoked');
    await done(app, operation('revokeToken', 'token { id }'), { id });
    // The third project is as it was.
    for (const project of PROJECTS.slice(0, 2)) await put(project, 'after');
    await house.settled();
    forth = await house.store.remember();
  });
  afterEach(async () => {
    await house.store.close();
    await app.close();
  });

  /** What is shown to the revoked token and to the owner, by gateways that were there before and that start now. */
  async function told(): Promise<readonly string[]> {
    const shown: string[] = [];
    const fresh = await freshApp(app.store, app.owner).catch(() => null);
    for (const gateway of [app, ...(fresh ? [fresh] : [])]) {
      for (const project of PROJECTS) {
        for (const [who, token] of [
          ['revoked', other],
          ['owner', app.owner],
        ] as const) {
          const { data, errors } = await gateway.gql(READ(project), {}, token);
          const value = data?.project?.secretGroup?.variables[0]?.value;
          const was = errors?.[0]?.extensions.code ?? (data?.viewer === null ? 'nobody' : `${value}`);
          shown.push(`${who} in ${project}: ${was}`);
        }
      }
    }
    await fresh?.close();
    return shown;
  }

  const expected = (line: string): boolean =>
    /: (INTEGRITY|UNAVAILABLE)$/.test(line) ||
    /^revoked in \w+: UNAUTHENTICATED$/.test(line) ||
    /^owner in (first|second): after$/.test(line) ||
    line === 'owner in third: before';

  it('serves what is, as long as nobody puts anything back', async () => {
    const lines = await told();
    expect(lines.filter((line) => !expected(line) || /INTEGRITY|UNAVAILABLE/.test(line))).toEqual([]);
    expect(lines).toHaveLength(12);
  });

  it('attack 1: the team alone is put back, and a dozen harmless changes follow', async () => {
    await back(new Set<Part>(['team']));
    for (let i = 0; i < 12; i += 1) {
      const project = PROJECTS[i % 3] ?? '';
      await run(app, groupOp('putSecretGroup', 'id'), aGroupInput({ project, name: `new ${i}` }));
      await app.gql(groupOp('putSecretGroup', 'id'), { input: aGroupInput({ project, name: `own ${i}` }) }, other);
    }
    expect((await told()).filter((line) => !expected(line))).toEqual([]);
  });

  it('attack 2: the team is erased, and its projects stay: nothing is founded, and nothing told', async () => {
    await house.store.erase(new Set<Part>(['team']));
    await expect(freshApp(app.store, app.owner)).rejects.toMatchObject({ code: 'INTEGRITY' });
    expect((await told()).filter((line) => !expected(line))).toEqual([]);
  });

  const PARTS: readonly Part[] = ['root', 'team', 'project first', 'project second', 'project third'];
  const combinations = Array.from({ length: 2 ** PARTS.length - 1 }, (_, i) =>
    PARTS.filter((_part, bit) => ((i + 1) >> bit) % 2 === 1),
  );

  it('whichever of its parts are put back, what is told is what is, or nothing', async () => {
    const wrong: string[] = [];
    // A read that fails is tried again there, for a while.
    const few = name === 'MongoDB' ? combinations.filter((_, i) => i % 5 === 2) : combinations;
    for (const parts of few) {
      // All that has changed since: that is for a checkpoint outside of the store to tell, when it is started.
      const isAll = ['root', 'team', 'project first', 'project second'].every((part) => parts.includes(part as Part));
      await back(new Set(parts));
      const lines = await told();
      await forth(new Set(parts));
      for (const line of isAll ? lines.slice(0, 6) : lines) {
        if (!expected(line)) wrong.push(`${parts.join(' + ')}: ${line}`);
      }
      if (parts.includes('project first') && !isAll && !lines.some((line) => /INTEGRITY/.test(line)))
        wrong.push(parts.join(' + '));
    }
    expect(wrong).toEqual([]);
    expect((await told()).filter((line) => !expected(line))).toEqual([]);
  });
});
