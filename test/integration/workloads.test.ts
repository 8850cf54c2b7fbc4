import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aProject, aServiceInput, base64, codeOf, done, operation, refusals, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
});
afterAll(() => app.close());

const FIELDS = `__typename projectId id name tags stageId revision variables { name value } buildArguments { name value }
  files { path data encoding size masked } buildFiles { path data encoding }`;
const KINDS = [
  ['service', 'Service'],
  ['job', 'Job'],
] as const;
const FULL = {
  tags: ['web', 'Blue'],
  stageId: 'stage-1',
  variables: [{ name: 'A', value: '1' }],
  buildArguments: [{ name: 'B', value: '2' }],
  files: [{ path: '/f', data: base64('f'), encoding: 'UTF_8' }],
  buildFiles: [{ path: '/g', data: '/w==', encoding: 'BINARY' }],
};

describe.each(KINDS)('a %s', (kind, type) => {
  const PUT = operation(`put${type}`, `${kind} { ${FIELDS} }`);
  const DELETE = operation(`delete${type}`, `${kind} { id revision }`);
  const address = (id: string) => ({ project: 'default-project', id });
  const find = async (id: string) =>
    (
      await app.gql(`query ($id: ID!) { project(slug: "default-project") { ${kind}(id: $id) { ${FIELDS} } } }`, {
        id,
      })
    ).data.project[kind];

  it('is registered, replaced as a whole, and forgotten', async () => {
    const first = (await done(app, PUT, aServiceInput({ ...FULL, id: 'one', name: 'The One' })))[kind];
    expect(first).toEqual({
      ...FULL,
      __typename: type,
      projectId: 'default-project',
      id: 'one',
      name: 'The One',
      revision: 1,
      files: [{ ...FULL.files[0], size: 1, masked: false }],
    });
    expect(await find('one')).toEqual(first);
    const empty = { tags: [], stageId: null, variables: [], buildArguments: [], files: [], buildFiles: [] };
    expect((await done(app, PUT, aServiceInput({ id: 'one' })))[kind]).toMatchObject({
      ...empty,
      revision: 2,
      name: 'Example Service',
    });
    expect((await done(app, DELETE, address('one')))[kind]).toMatchObject({ id: 'one' });
    expect(await find('one')).toBeNull();
    expect(await run(app, DELETE, address('one'))).toEqual({
      __typename: 'NotFoundError',
      code: 'NOT_FOUND',
      message: `${kind === 'service' ? 'Service' : 'Job'} one not found`,
    });
    // What was forgotten does not come back with the name.
    expect((await done(app, PUT, aServiceInput({ id: 'one' })))[kind]).toMatchObject({ ...empty, revision: 4 });
  });

  it('case 27: is apart from what has its id in the other kind', async () => {
    const id = `twin-${kind}`;
    await done(app, PUT, aServiceInput({ id }));
    const [other, otherType] = kind === 'service' ? ['job', 'Job'] : ['service', 'Service'];
    const { data } = await app.gql(`{ project(slug: "default-project") { ${other}(id: "${id}") { id } } }`);
    expect(data.project).toEqual({ [other]: null });
    expect(codeOf(await run(app, operation(`delete${otherType}`, ''), address(id)))).toBe('NOT_FOUND');
    expect(await find(id)).toMatchObject({ __typename: type, id });
  });

  it('is guarded by the expected revision', async () => {
    const put = (expectedRevision: number) => run(app, PUT, aServiceInput({ id: 'guarded', expectedRevision }));
    expect(await put(1)).toMatchObject({ code: 'CONFLICT', currentRevision: null });
    await done(app, PUT, aServiceInput({ id: 'guarded' }));
    expect(await put(2)).toMatchObject({ code: 'CONFLICT', currentRevision: 1 });
    expect(codeOf(await put(1))).toBe('OK');
    const moved = { ...address('guarded'), expectedRevision: 2 };
    expect(await run(app, DELETE, moved)).toMatchObject({ code: 'CONFLICT', currentRevision: 1 });
    await done(app, DELETE, { ...moved, expectedRevision: 1 });
    expect(await put(3)).toMatchObject({ code: 'CONFLICT', message: `There is no ${kind} guarded yet` });
  });

  it('is put once with an idempotency key', async () => {
    const input = aServiceInput({ ...FULL, id: 'once', idempotencyKey: `once ${kind}` });
    expect(await done(app, PUT, input)).toEqual(await done(app, PUT, input));
    expect(await run(app, PUT, { ...input, files: [] })).toMatchObject({
      code: 'CONFLICT',
      message: 'This idempotency key was used for another request',
    });
  });

  it('is listed by id, in pages', async () => {
    for (const id of ['list-b', 'list-a', 'List-c']) await done(app, PUT, aServiceInput({ id }));
    const query = `query ($first: Int, $after: Cursor) { project(slug: "default-project") { ${kind}s(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }`;
    const page = async (variables: object) => (await app.gql(query, variables)).data.project[`${kind}s`];
    const all = (await page({})).nodes.map(({ id }: { id: string }) => id);
    expect(all).toEqual([...all].sort());
    expect(all).toEqual(expect.arrayContaining(['List-c', 'list-a', 'list-b']));
    const first = await page({ first: 2 });
    const rest = await page({ after: first.pageInfo.endCursor });
    expect([...first.nodes, ...rest.nodes].map(({ id }: { id: string }) => id)).toEqual(all);
  });

  it.each([
    ['an id with a slash', { id: 'a/b' }, ['id pattern']],
    ['no id', { id: '' }, ['id min', 'id pattern']],
    ['a long id', { id: 'a'.repeat(101) }, ['id max']],
    ['a short name', { name: 'ab' }, ['name min']],
    ['a tag twice', { tags: ['a', 'a'] }, ['tags.1 unique']],
    [
      'a variable twice',
      {
        variables: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      },
      ['variables.1 unique'],
    ],
    ['a bad build argument', { buildArguments: [{ name: 'A B', value: '' }] }, ['buildArguments.0.name pattern']],
    ['a bad build file', { buildFiles: [{ path: '/a/../b', data: '' }] }, ['buildFiles.0.path path']],
    ['a project that is not there', { project: 'nowhere' }, ['NOT_FOUND']],
    ['a null name', { name: null }, ['BAD_REQUEST']],
  ])('is refused with %s', async (_what, over, expected) => {
    expect(await refusals(app, PUT, aServiceInput(over))).toEqual(expected);
  });
});
