import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import type { Store } from '../../src/store/port.ts';
import {
  aGroup,
  aGroupInput,
  aProject,
  aServiceInput,
  codeOf,
  done,
  groupOp,
  operation,
  PUT_SERVICE,
  run,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
});
afterAll(() => app.close());

const times = <T>(count: number, work: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => work(i)));

function counted(codes: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

const REVISIONS = `query ($id: ID!, $after: Cursor) { node(id: $id) { ... on SecretGroup { revision
  revisions(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { revision seq variables { value } } } } } }`;
interface Revision {
  readonly revision: number;
  readonly seq: number;
  readonly variables: readonly { readonly value: string }[];
}

async function history(id: string): Promise<readonly Revision[]> {
  const all: Revision[] = [];
  for (let after: string | null = null; ; ) {
    const { data } = await app.gql(REVISIONS, { id, after });
    const { nodes, pageInfo } = data.node.revisions;
    all.push(...nodes);
    if (!pageInfo.hasNextPage) return all;
    after = pageInfo.endCursor;
  }
}

describe('case 143: concurrent updates of one group', () => {
  it('all succeed one after another without an expected revision, and none is lost', async () => {
    const { id } = await aGroup(app, { name: 'busy', variables: [{ name: 'N', value: 'first' }] });
    const SET = groupOp('setSecretGroupVariable', 'revision');
    const results = await times(1000, (i) => run(app, SET, { id, name: 'N', value: String(i) }));
    expect(counted(results.map(codeOf))).toEqual({ OK: 1000 });
    // Each answer tells of its own revision or a later one, and no two commits share a number.
    expect(new Set(results.map(({ commit }) => commit.seq)).size).toBe(1000);
    const all = await history(id);
    expect(all.map(({ revision }) => revision)).toEqual(Array.from({ length: 1001 }, (_, i) => 1001 - i));
    const values = all.map(({ variables }) => variables[0]?.value);
    expect(new Set(values).size).toBe(1001);
    const bySeq = new Map(all.map(({ seq, variables }) => [seq, variables[0]?.value]));
    for (const [i, { commit }] of results.entries()) expect(bySeq.get(commit.seq)).toBe(String(i));
    expect([...bySeq.keys()]).toEqual([...bySeq.keys()].sort((a, b) => b - a));
  });

  it('have exactly one winner per revision when all expect the same', async () => {
    const { id } = await aGroup(app, { name: 'contested' });
    for (let revision = 1; revision <= 5; revision += 1) {
      const results = await times(20, (i) =>
        run(app, groupOp('updateSecretGroup'), { id, description: `${revision} ${i}`, expectedRevision: revision }),
      );
      expect(counted(results.map(codeOf))).toEqual({ OK: 1, CONFLICT: 19 });
      const lost = results.filter((result) => codeOf(result) === 'CONFLICT');
      expect(lost.every(({ currentRevision }) => currentRevision === revision + 1)).toBe(true);
    }
  });

  it('of different keys keep each other', async () => {
    const { id } = await aGroup(app, { name: 'shared' });
    await times(50, (i) => done(app, groupOp('setSecretGroupVariable'), { id, name: `V${i}`, value: '' }));
    const { data } = await app.gql(
      'query ($id: ID!) { node(id: $id) { ... on SecretGroup { revision variables { name } } } }',
      { id },
    );
    expect(data.node.revision).toBe(51);
    expect(data.node.variables).toHaveLength(50);
  });
});

/** The store with a turn of the loop before each read and commit: in memory alone, requests would hardly meet. */
function unhurried(store: Store): Store {
  const slow = <Args extends readonly unknown[], Result>(call: (...args: Args) => Promise<Result>) => {
    return async (...args: Args): Promise<Result> => {
      await setImmediate();
      return call(...args);
    };
  };
  const { lineage, get, getMany, list, commit, commitsAfter, revisions } = store;
  const slowed = { lineage: slow(lineage), get: slow(get), getMany: slow(getMany), list: slow(list) };
  return { ...store, ...slowed, commit: slow(commit), commitsAfter: slow(commitsAfter), revisions: slow(revisions) };
}

describe('case 143: concurrent updates of other things', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ open: ({ mac }) => unhurried(openMemoryStore({ mac })) });
    await aProject(app);
  });
  afterAll(() => app.close());

  it('the last write wins where no revision is expected', async () => {
    const project = { id: await aProject(app, 'Busy Project') };
    const { tag } = await done(app, operation('createTag', 'tag { id }'), { name: 'busy' });
    const { role } = await done(app, operation('createRole', 'role { id }'), { name: 'Busy Role', grants: [] });
    const updates: readonly (readonly [string, (i: number) => object])[] = [
      [operation('updateProject', ''), (i) => ({ ...project, description: `d${i}` })],
      [operation('updateTag', ''), (i) => ({ id: tag.id, description: `d${i}` })],
      [operation('updateRole', ''), (i) => ({ id: role.id, name: `Role ${i}` })],
      [PUT_SERVICE, (i) => aServiceInput({ name: `Service ${i}` })],
    ];
    for (const [mutation, input] of updates) {
      const results = await times(30, (i) => run(app, mutation, input(i)));
      expect(counted(results.map(codeOf))).toEqual({ OK: 30 });
    }
  });

  it('one of many deletions deletes', async () => {
    const { id } = await aGroup(app, { name: 'going' });
    const { tag } = await done(app, operation('createTag', 'tag { id }'), { name: 'going' });
    const { role } = await done(app, operation('createRole', 'role { id }'), { name: 'Going', grants: [] });
    const { token } = await done(app, operation('createToken', 'token { id }'), {
      name: 'going',
      kind: 'MACHINE',
      role: 'reader',
    });
    await done(app, PUT_SERVICE, aServiceInput({ id: 'going' }));
    const deletions: readonly (readonly [string, object])[] = [
      [groupOp('deleteSecretGroup'), { id }],
      [operation('deleteTag', ''), { id: tag.id }],
      [operation('deleteRole', ''), { id: role.id }],
      [operation('revokeToken', ''), { id: token.id }],
      [operation('deleteService', ''), { project: 'default-project', id: 'going' }],
    ];
    for (const [mutation, input] of deletions) {
      const results = await times(10, () => run(app, mutation, input));
      expect(counted(results.map(codeOf))).toEqual({ OK: 1, NOT_FOUND: 9 });
    }
  });
});

describe('case 144: concurrent creations of one identifier', () => {
  const create: readonly (readonly [string, string, (i: number) => object])[] = [
    ['groups', groupOp('createSecretGroup'), (i) => aGroupInput({ name: i % 2 ? 'Race Me' : 'race-me', priority: i })],
    ['projects', operation('createProject', ''), (i) => ({ name: i % 2 ? 'Race Me' : 'race-me' })],
    ['tags', operation('createTag', ''), () => ({ name: 'race-me' })],
    ['roles', operation('createRole', ''), () => ({ name: 'Race Me', grants: [] })],
  ];
  it.each(create)('%s: one is made, 99 are conflicts', async (_what, mutation, input) => {
    const results = await times(100, (i) => run(app, mutation, input(i)));
    expect(counted(results.map(codeOf))).toEqual({ OK: 1, CONFLICT: 99 });
  });

  it('with one idempotency key: all are answered with the one that was made', async () => {
    const input = aGroupInput({ name: 'only once', idempotencyKey: 'race' });
    const results = await times(30, () => run(app, groupOp('createSecretGroup'), input));
    expect(counted(results.map(codeOf))).toEqual({ OK: 30 });
    expect(new Set(results.map(({ commit }) => commit.seq)).size).toBe(1);
  });

  it('putting creates once and replaces from then on', async () => {
    const results = await times(30, (i) =>
      run(app, groupOp('putSecretGroup'), aGroupInput({ name: 'Put Me', priority: i })),
    );
    expect(counted(results.map(codeOf))).toEqual({ OK: 30 });
    const { data } = await app.gql('{ project(slug: "default-project") { secretGroup(slug: "put-me") { revision } } }');
    expect(data.project.secretGroup.revision).toBe(30);
  });
});
