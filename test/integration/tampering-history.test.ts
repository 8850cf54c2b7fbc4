import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EditableStore, editableStore } from '../support/editable-store.ts';
import { aGroupInput, aProject, aServiceInput, done, groupOp, PUT_SERVICE } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { freshApp } from '../support/whole-state.ts';

/** What was, told wrong: numbers of commits, the end of the log, a team that is older than its projects. */
const GROUP = ['default', 'default-project', 'group'];
let edit: EditableStore;
let app: TestApp;
let seqs: readonly number[];

const put = async (value: string): Promise<number> => {
  const input = aGroupInput({ name: 'group', variables: [{ name: 'A', value }] });
  return (await done(app, groupOp('putSecretGroup', 'id'), input)).commit.seq;
};

beforeEach(async () => {
  edit = editableStore();
  app = await startApp({ open: edit.open, answerCacheBytes: 0 });
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput());
  seqs = [await put('first'), await put('second'), await put('third')];
});
afterEach(() => app.close());

/** What a gateway that starts now answers, or the code of its error. */
async function asked(query: string, read: (data: never) => unknown): Promise<unknown> {
  const fresh = await freshApp(app.store, app.owner).catch((error: unknown) => error as { readonly code?: string });
  // It does not even start.
  if (!('gql' in fresh)) return fresh.code;
  try {
    const { data, errors } = await fresh.gql(query, {}, app.owner);
    return errors ? errors[0]?.extensions.code : read(data as never);
  } finally {
    await fresh.close();
  }
}

const valueAt = (seq: number): Promise<unknown> =>
  asked(
    `{ project(slug: "default-project") { service(id: "example-service") { environment(at: ${seq}) { variable(name: "A") { value } } } } }`,
    ({ project }: never) => (project as TestData).service.environment.variable.value,
  );
interface TestData {
  readonly service: { readonly environment: { readonly variable: { readonly value: string } } };
}

const commits = (page: string): Promise<unknown> =>
  asked(`{ commits(${page}) { nodes { seq } } }`, (data: never) =>
    (data as { commits: { nodes: readonly { seq: number }[] } }).commits.nodes.map(({ seq }) => seq),
  );

describe('the number of the commit that made a revision', () => {
  it('is told right as long as nobody tampers', async () => {
    expect(await Promise.all(seqs.map(valueAt))).toEqual(['first', 'second', 'third']);
  });

  it('of the present one cannot be another', async () => {
    const doc = edit.read('secretGroup', GROUP);
    await edit.write('secretGroup', GROUP, { ...doc, seq: seqs[1] ?? 0 });
    for (const seq of seqs) expect(await valueAt(seq)).toBe('INTEGRITY');
  });

  it.each([
    ['earlier', 0, -1],
    ['later', 0, 1],
    ['earlier', 1, -1],
    ['later', 1, 1],
  ])('of a former one cannot be %s: revision %i', async (_what, index, by) => {
    await edit.writeRevision('secretGroup', GROUP, index + 1, (doc) => ({ ...doc, seq: doc.seq + by }));
    const answers = await Promise.all(seqs.map(valueAt));
    expect(answers).toContain('INTEGRITY');
    for (const [i, answer] of answers.entries())
      expect(['INTEGRITY', ['first', 'second', 'third'][i]]).toContain(answer);
  });
});

describe('the beginning of a history', () => {
  const revisions = (): Promise<unknown> =>
    asked(
      `{ project(slug: "default-project") { secretGroup(slug: "group") { revisions(first: 9) { nodes { revision } } } } }`,
      (data: never) => revisionsIn(data),
    );
  const revisionsIn = (data: {
    project: { secretGroup: { revisions: { nodes: readonly { revision: number }[] } } };
  }): readonly number[] => data.project.secretGroup.revisions.nodes.map(({ revision }) => revision);
  const purge = (before: number) =>
    app.store.commit({
      id: `purge ${before}`,
      team: 'default',
      at: new Date().toISOString(),
      actor: 'test',
      operation: 'test',
      writes: [{ op: 'purge', kind: 'secretGroup', key: GROUP, before }],
    });

  it('is told right, also once it was cut', async () => {
    expect(await revisions()).toEqual([3, 2, 1]);
    await purge(2);
    expect(await revisions()).toEqual([3, 2]);
    expect(await Promise.all(seqs.map(valueAt))).toEqual(['HISTORY_EXPIRED', 'second', 'third']);
    expect(await put('fourth')).toBeGreaterThan(0);
    expect(await revisions()).toEqual([4, 3, 2]);
    await purge(99);
    expect(await revisions()).toEqual([4]);
  });

  it.each([1, 2])('is no later because the oldest were erased: %i', async (count) => {
    for (let revision = 1; revision <= count; revision += 1) {
      await edit.writeRevision('secretGroup', GROUP, revision, () => null);
    }
    expect(await revisions()).toBe('INTEGRITY');
    expect(await valueAt(seqs[0] ?? 0)).toBe('INTEGRITY');
  });

  it.each([
    ['newest former', 3, 2],
    ['oldest', 2, 1],
  ])('is whole on a later page: the %s one erased', async (_what, below, revision) => {
    const first = `{ project(slug: "default-project") { secretGroup(slug: "group") { revisions(first: ${4 - below}) { pageInfo { endCursor } } } } }`;
    const { endCursor } = (await app.gql(first)).data.project.secretGroup.revisions.pageInfo;
    const page = () =>
      asked(
        `{ project(slug: "default-project") { secretGroup(slug: "group") { revisions(first: 9, after: "${endCursor}") { nodes { revision } } } } }`,
        (data: never) => revisionsIn(data),
      );
    expect(await page()).toEqual(below === 3 ? [2, 1] : [1]);
    await edit.writeRevision('secretGroup', GROUP, revision, () => null);
    expect(await page()).toBe('INTEGRITY');
  });

  it('is told whole by a gateway that has read before, or not at all', async () => {
    const query = `{ project(slug: "default-project") { secretGroup(slug: "group") { revisions(first: 9) { nodes { revision } } } } }`;
    const told = async () => (await app.gql(query)).errors?.[0]?.extensions.code ?? 'served';
    expect(await told()).toBe('served');
    const now = edit.read('secretGroup', GROUP);
    for (const other of [
      null,
      edit.readRevision('secretGroup', GROUP, 2),
      edit.readRevision('secretGroup', GROUP, 1),
    ]) {
      await edit.write('secretGroup', GROUP, other);
      expect(await told()).toBe('INTEGRITY');
    }
    await edit.write('secretGroup', GROUP, now);
    expect(await told()).toBe('served');
  });

  it('is no other because the document says so', async () => {
    const now = edit.read('secretGroup', GROUP);
    await edit.writeRevision('secretGroup', GROUP, 1, () => null);
    await edit.write('secretGroup', GROUP, { ...now, since: 2 });
    expect([await revisions(), await valueAt(seqs[0] ?? 0)]).toEqual(['INTEGRITY', 'INTEGRITY']);
  });

  it('is no earlier than it was cut, though the document is put back to before that', async () => {
    const before = edit.read('secretGroup', GROUP);
    await purge(3);
    await edit.write('secretGroup', GROUP, before);
    expect([await revisions(), await valueAt(seqs[0] ?? 0)]).toEqual(['INTEGRITY', 'INTEGRITY']);
  });
});

describe('the log', () => {
  it('is told whole as long as nobody tampers', async () => {
    const all = Array.from({ length: seqs[2] ?? 0 }, (_, i) => i + 1);
    expect([await commits('first: 50'), await commits('last: 2')]).toEqual([all, all.slice(-2)]);
    expect(await commits(`first: 50, after: ${seqs[1]}`)).toEqual(seqs.slice(2));
    expect(await commits(`first: 50, after: ${(seqs[2] ?? 0) + 10}`)).toEqual([]);
  });

  it.each([1, 2])('does not end before the last %i', async (count) => {
    for (const seq of seqs.slice(-count)) await edit.editCommit('default', seq, () => null);
    for (const page of [
      'first: 50',
      'last: 1',
      'last: 3',
      `first: 50, after: ${seqs[0]}`,
      `first: 50, after: ${seqs[1]}`,
    ]) {
      expect([page, await commits(page)]).toEqual([page, 'INTEGRITY']);
    }
  });

  it('does not end in another commit than its head says', async () => {
    await edit.editCommit('default', seqs[2] ?? 0, (commit) => ({ ...commit, actor: 'somebody' }));
    expect(await commits('last: 1')).toBe('INTEGRITY');
  });

  it('does not begin later because the team says so', async () => {
    const first = await app.store.commitsAfter('default', 0, 1);
    await edit.editCommit('default', 1, () => null);
    await edit.editHead(['default'], (head) => ({ ...head, start: { seq: 1, mac: first[0]?.mac ?? head.chain } }));
    expect(await commits('first: 50')).toBe('INTEGRITY');
    const { errors } = await app.gql('{ commits(first: 50) { nodes { seq } } }');
    expect(errors?.[0]?.extensions.code).toBe('INTEGRITY');
  });

  it('does not begin later', async () => {
    await edit.editCommit('default', 1, () => null);
    expect(await commits('first: 50')).toBe('INTEGRITY');
  });
});

describe('a team that was put back to before a commit of its project', () => {
  it('refuses reads and writes, with and without a restart', async () => {
    const isOfTeam = (place: string): boolean => /^(hdefault\0$|[ci]default\0)/.test(place);
    const back = edit.rememberWhere(isOfTeam);
    await put('fourth');
    await back();
    const read = `{ project(slug: "default-project") { secretGroup(slug: "group") { variables { value } } } }`;
    expect(await asked(read, () => 'served')).toBe('INTEGRITY');
    expect((await app.gql(read)).errors?.[0]?.extensions.code).toBe('INTEGRITY');
    const before = edit.places();
    expect(
      (await app.gql(groupOp('putSecretGroup', 'id'), { input: aGroupInput({ name: 'another' }) })).errors?.[0]
        ?.extensions.code,
    ).toBe('INTEGRITY');
    expect(edit.places()).toEqual(before);
  });
});

it('a history whose document is gone is no empty one, also to a gateway that has read it before', async () => {
  const query =
    '{ project(slug: "default-project") { secretGroup(slug: "group") { revisions(first: 5) { nodes { revision } } } } }';
  const before = await app.gql(query);
  expect(before.data.project.secretGroup.revisions.nodes).toHaveLength(3);
  await edit.write('secretGroup', GROUP, null);
  // Nothing that was answered is good any more; the set of groups is.
  await done(app, PUT_SERVICE, aServiceInput({ name: 'Renamed' }));
  const { data, errors } = await app.gql(query);
  expect({ data, code: errors?.[0]?.extensions.code }).toMatchObject({ code: 'INTEGRITY' });
});
