import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGroup, aGroupInput, aProject, base64, codeOf, done, groupOp, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
});
afterAll(() => app.close());

const UPDATE = groupOp('updateSecretGroup');
const DELETE = groupOp('deleteSecretGroup');
const RESTORE = groupOp('restoreSecretGroup');
const ROLLBACK = groupOp('rollbackSecretGroup');
const SLUG = 'query ($slug: Slug!) { project(slug: "default-project") { secretGroup(slug: $slug) { id revision } } }';
const bySlug = async (slug: string) => (await app.gql(SLUG, { slug })).data.project.secretGroup;

describe('a deleted group', () => {
  it('is gone from every view, and comes back as it was', async () => {
    const before = await aGroup(app, { name: 'comes back', files: [{ path: '/a', data: base64('a') }] });
    const { id } = before;
    expect((await done(app, DELETE, { id, expectedRevision: 1 })).secretGroup.id).toBe(id);
    expect(await bySlug('comes-back')).toBeNull();
    const { data } = await app.gql('query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }', { id });
    expect(data).toEqual({ node: null, nodes: [null] });
    for (const [operation, input] of [
      [UPDATE, { priority: 1 }],
      [DELETE, {}],
      [ROLLBACK, { revision: 1 }],
    ] as const) {
      expect(codeOf(await run(app, operation, { id, ...input }))).toBe('NOT_FOUND');
    }
    expect(await run(app, RESTORE, { id, expectedRevision: 1 })).toMatchObject({
      code: 'CONFLICT',
      currentRevision: 2,
    });
    const { secretGroup } = await done(app, RESTORE, { id, expectedRevision: 2 });
    expect(secretGroup).toEqual({ ...before, revision: 3 });
    expect(await run(app, RESTORE, { id })).toMatchObject({
      code: 'CONFLICT',
      message: 'The secret group is not deleted',
    });
  });

  it('gives its identifier free; the new group goes on with its revisions', async () => {
    const { id } = await aGroup(app, { name: 'given free', priority: 1, variables: [{ name: 'A', value: 'old' }] });
    await done(app, DELETE, { id });
    const { secretGroup } = await done(app, groupOp('createSecretGroup'), aGroupInput({ name: 'given free' }));
    expect(secretGroup).toMatchObject({ id, priority: 10, revision: 3, variables: [] });
  });
});

const HISTORY = `query ($id: ID!, $first: Int, $after: Cursor) { node(id: $id) { ... on SecretGroup {
  revisions(first: $first, after: $after) { pageInfo { hasNextPage endCursor }
    nodes { revision seq deleted type secretType priority restrictions { restricted } variables { name value masked } } } } } }`;
const DIFF = `query ($id: ID!, $from: Int!, $to: Int!) { node(id: $id) { ... on SecretGroup { diff(from: $from, to: $to) {
  fields variables { added removed changed } files { added removed changed }
  dockerSecretMounts { added removed changed } addonLinks { added removed changed } } } } }`;
const NONE = { added: [], removed: [], changed: [] };

describe('history', () => {
  it('lists revisions newest first, a deletion among them', async () => {
    const { id } = await aGroup(app, { name: 'long life', variables: [{ name: 'A', value: '1' }] });
    await done(app, UPDATE, { id, priority: 2, variables: [{ name: 'A', value: '2' }] });
    await done(app, DELETE, { id });
    await done(app, RESTORE, { id });
    const { data } = await app.gql(HISTORY, { id });
    const { nodes } = data.node.revisions;
    expect(nodes.map((each: { revision: number }) => each.revision)).toEqual([4, 3, 2, 1]);
    expect(nodes.map((each: { deleted: boolean }) => each.deleted)).toEqual([false, true, false, false]);
    expect(nodes[3]).toMatchObject({ priority: 10, variables: [{ name: 'A', value: '1', masked: false }] });
    expect(nodes[0]).toMatchObject({ priority: 2, variables: [{ name: 'A', value: '2' }] });
    const seqs = nodes.map((each: { seq: number }) => each.seq);
    expect(seqs).toEqual([seqs[3] + 3, seqs[3] + 2, seqs[3] + 1, seqs[3]]);
    const first = (await app.gql(HISTORY, { id, first: 3 })).data.node.revisions;
    expect(first.pageInfo.hasNextPage).toBe(true);
    const rest = (await app.gql(HISTORY, { id, after: first.pageInfo.endCursor })).data.node.revisions;
    expect(rest.nodes).toEqual([nodes[3]]);
  });

  it('tells two revisions apart by names, both ways', async () => {
    const link = (over: object) => ({ addon: 'db', keys: [{ keyName: 'username' }], ...over });
    const { id } = await aGroup(app, {
      name: 'differs',
      variables: [
        { name: 'GONE', value: 'g' },
        { name: 'KEPT', value: 'k' },
        { name: 'MOVED', value: 'm1' },
      ],
      files: [{ path: '/a', data: base64('1') }],
      dockerSecretMounts: [{ name: 'm', data: base64('1') }],
      addonLinks: [link({ kind: 'ADDON' }), link({ kind: 'EXTERNAL_ADDON' })],
    });
    await done(app, UPDATE, {
      id,
      priority: 11,
      tags: ['t'],
      variables: [
        { name: 'KEPT', value: 'k' },
        { name: 'MOVED', value: 'm2' },
        { name: 'NEW', value: 'n' },
      ],
      files: [{ path: '/a', data: base64('2') }],
      dockerSecretMounts: [{ name: 'n', data: base64('1') }],
      addonLinks: [link({ kind: 'ADDON', required: true }), link({ kind: 'EXTERNAL_ADDON' })],
    });
    const { data } = await app.gql(DIFF, { id, from: 1, to: 2 });
    expect(data.node.diff).toEqual({
      fields: ['tags', 'priority'],
      variables: { added: ['NEW'], removed: ['GONE'], changed: ['MOVED'] },
      files: { ...NONE, changed: ['/a'] },
      dockerSecretMounts: { added: ['n'], removed: ['m'], changed: [] },
      addonLinks: { ...NONE, changed: ['db'] },
    });
    const back = await app.gql(DIFF, { id, from: 2, to: 1 });
    expect(back.data.node.diff.variables).toEqual({ added: ['GONE'], removed: ['NEW'], changed: ['MOVED'] });
    const same = await app.gql(DIFF, { id, from: 2, to: 2 });
    expect(same.data.node.diff).toMatchObject({ fields: [], variables: NONE, addonLinks: NONE });
  });

  it.each([
    [3, 1],
    [1, 3],
    [0, 1],
    [-5, 1],
    [1, 2_147_483_647],
    [-2_147_483_648, 1],
  ])('has no difference of revisions %i and %i when one is not there', async (from, to) => {
    const group = (await bySlug('no-history')) ?? (await aGroup(app, { name: 'no history' }));
    const { errors } = await app.gql(DIFF, { id: group.id, from, to });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND']);
  });

  it('goes back to an earlier revision as a new one', async () => {
    const before = await aGroup(app, {
      name: 'goes back',
      variables: [{ name: 'A', value: '1' }],
      files: [{ path: '/a', data: base64('first') }],
    });
    const { id } = before;
    await done(app, UPDATE, { id, priority: 99, description: 'later', variables: [], files: [] });
    await done(app, UPDATE, { id, tags: ['later'] });
    expect(await run(app, ROLLBACK, { id, revision: 1, expectedRevision: 2 })).toMatchObject({ currentRevision: 3 });
    const { secretGroup, commit } = await done(app, ROLLBACK, { id, revision: 1, expectedRevision: 3 });
    expect(secretGroup).toEqual({ ...before, revision: 4 });
    expect(commit.operation).toBe('secretGroup.rollback');
  });
});

describe('case 91: revisions', () => {
  it('are kept for a day whatever their number, and then only so many', async () => {
    let now = new Date('2026-01-01T00:00:00.000Z');
    const own = await startApp({ clock: () => now, limits: { revisionsKept: 5 } });
    await aProject(own);
    const { id } = await aGroup(own, { name: 'many', files: [{ path: '/a', data: base64('only in the first') }] });
    await done(own, UPDATE, { id, files: [] });
    for (let i = 3; i <= 20; i += 1) await done(own, UPDATE, { id, priority: i });
    const kept = async () =>
      (await own.gql(HISTORY, { id, first: 100 })).data.node.revisions.nodes.map(
        (each: { revision: number }) => each.revision,
      );
    expect(await kept()).toHaveLength(20);
    now = new Date('2026-01-02T00:00:01.000Z');
    for (let i = 21; i <= 30; i += 1) await done(own, UPDATE, { id, priority: i });
    const revisions = await kept();
    expect(revisions.length).toBeGreaterThanOrEqual(5);
    expect(revisions.length).toBeLessThan(30);
    expect(revisions[0]).toBe(30);
    // The state that the last day began with is among them.
    expect(revisions).toContain(20);
    expect(codeOf(await run(own, ROLLBACK, { id, revision: 1 }))).toBe('NOT_FOUND');
    await own.close();
  });
});
