import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGroup, aGroupInput, aProject, base64, codeOf, done, groupOp, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
});
afterAll(() => app.close());

let count = 0;
const fresh = (): string => {
  count += 1;
  return `Group ${count}`;
};
const CREATE = groupOp('createSecretGroup');
const PUT = groupOp('putSecretGroup');
const UPDATE = groupOp('updateSecretGroup');

const FULL = {
  description: 'What it is for',
  stageId: 'stage-1',
  tags: ['one', 'two'],
  type: 'CONFIG',
  secretType: 'ENVIRONMENT',
  priority: 42,
  restrictions: {
    restricted: true,
    workloads: [{ id: 'a-job', kind: 'JOB' }],
    tags: ['x'],
    tagMatchCondition: 'AND',
  },
  variables: [
    { name: 'A', value: 'one' },
    { name: 'b.c/d-e', value: '' },
  ],
  files: [{ path: '/etc/app.conf', data: base64('text'), encoding: 'UTF_8' }],
  dockerSecretMounts: [{ name: 'npmrc', data: base64('token'), encoding: 'BINARY' }],
  addonLinks: [
    {
      kind: 'EXTERNAL_ADDON',
      addon: 'the-db',
      required: true,
      keys: [{ keyName: 'username', aliases: ['DB_USER', 'db.user'] }, { keyName: 'password' }],
    },
  ],
};
const SHOWN = {
  ...FULL,
  variables: FULL.variables.map((each) => ({ ...each, masked: false })),
  files: FULL.files.map((each) => ({ ...each, masked: false, size: 4 })),
  dockerSecretMounts: FULL.dockerSecretMounts.map((each) => ({ ...each, masked: false })),
  addonLinks: [
    {
      ...FULL.addonLinks[0],
      keys: [
        { keyName: 'username', aliases: ['DB_USER', 'db.user'], names: ['DB_USER', 'db.user'] },
        { keyName: 'password', aliases: [], names: ['THE_DB_PASSWORD'] },
      ],
    },
  ],
};

describe('createSecretGroup', () => {
  it('keeps all that is given and answers with it', async () => {
    const name = fresh();
    const { secretGroup, commit } = await done(app, CREATE, aGroupInput({ ...FULL, name }));
    expect(secretGroup).toEqual({
      ...SHOWN,
      id: secretGroup.id,
      name,
      slug: name.toLowerCase().replace(' ', '-'),
      revision: 1,
    });
    expect(commit.operation).toBe('secretGroup.create');
  });

  it('takes defaults for what is absent or null', async () => {
    const nothing = { description: null, stageId: null, tags: null, type: null, restrictions: null, variables: null };
    for (const over of [{}, nothing, { description: '', restrictions: {}, files: null, addonLinks: null }]) {
      const { secretGroup } = await done(app, CREATE, aGroupInput({ ...over, name: fresh() }));
      expect(secretGroup).toMatchObject({
        description: null,
        stageId: null,
        tags: [],
        type: 'SECRET',
        restrictions: { restricted: false, workloads: [], tags: [], tagMatchCondition: 'OR' },
        variables: [],
        files: [],
        dockerSecretMounts: [],
        addonLinks: [],
      });
    }
  });

  it('case 50: refuses every spelling that derives the same identifier, with the id of the one that is there', async () => {
    const first = await aGroup(app, { name: 'Same Slug' });
    expect(first.slug).toBe('same-slug');
    for (const name of ['Same Slug', 'same slug', 'SAME SLUG', 'same-slug', 'Same-Slug', 'sAME sLUG']) {
      expect(await run(app, CREATE, aGroupInput({ name, priority: 99 }))).toEqual({
        __typename: 'ConflictError',
        code: 'CONFLICT',
        message: 'There is already a secret with the same derived identifier',
        existing: first.id,
        currentRevision: null,
      });
    }
    const { secretGroup } = await done(app, groupOp('setSecretGroupVariable'), { id: first.id, name: 'A', value: '' });
    expect(secretGroup).toMatchObject({ name: 'Same Slug', priority: 10, revision: 2 });
  });

  it('answers a repeated idempotency key with what the first request did', async () => {
    const input = aGroupInput({ name: fresh(), idempotencyKey: 'k1', variables: [{ name: 'A', value: '1' }] });
    const [first, second] = [await done(app, CREATE, input), await done(app, CREATE, input)];
    expect(second).toEqual(first);
    const other = await run(app, CREATE, { ...input, variables: [{ name: 'A', value: '2' }] });
    expect(other).toMatchObject({ code: 'CONFLICT', existing: null, currentRevision: null });
    expect(other.message).toBe('This idempotency key was used for another request');
    // Another caller has keys of their own.
    expect(codeOf(await run(app, CREATE, input, await app.token('operator')))).toBe('CONFLICT');
  });

  it('is NOT_FOUND in a project that is not there', async () => {
    expect(await run(app, CREATE, aGroupInput({ project: 'nowhere' }))).toEqual({
      __typename: 'NotFoundError',
      code: 'NOT_FOUND',
      message: 'Project nowhere not found',
    });
  });
});

describe('putSecretGroup', () => {
  it('creates, and then replaces the whole by the derived identifier', async () => {
    const name = fresh();
    const first = await done(app, PUT, aGroupInput({ ...FULL, name, type: 'SECRET' }));
    expect(first.secretGroup).toMatchObject({ ...SHOWN, type: 'SECRET', revision: 1 });
    const second = await done(
      app,
      PUT,
      aGroupInput({ name: name.toUpperCase(), type: 'SECRET', priority: 0, restrictions: { restricted: false } }),
    );
    expect(second.secretGroup).toMatchObject({
      id: first.secretGroup.id,
      name: name.toUpperCase(),
      revision: 2,
      description: null,
      tags: [],
      variables: [],
      files: [],
      addonLinks: [],
      priority: 0,
      restrictions: { restricted: false },
    });
  });

  it('refuses an expected revision that is not there', async () => {
    const name = fresh();
    expect(await run(app, PUT, aGroupInput({ name, expectedRevision: 1 }))).toMatchObject({ code: 'CONFLICT' });
    await done(app, PUT, aGroupInput({ name }));
    expect(await run(app, PUT, aGroupInput({ name, expectedRevision: 2 }))).toMatchObject({
      code: 'CONFLICT',
      currentRevision: 1,
    });
    expect(codeOf(await run(app, PUT, aGroupInput({ name, expectedRevision: 1 })))).toBe('OK');
  });
});

describe('updateSecretGroup', () => {
  it('changes only what is given', async () => {
    const before = await aGroup(app, { ...FULL, name: fresh() });
    let revision = 1;
    let now = before;
    const changes = [
      { priority: 7 },
      { description: 'Other words' },
      { stageId: 'stage-2' },
      { tags: ['three'] },
      { type: 'SECRET' },
      { secretType: 'ARGUMENTS' },
      { restrictions: { restricted: true, workloads: [], tags: [], tagMatchCondition: 'OR' } },
      { variables: [{ name: 'Z', value: 'z', masked: false }] },
      { files: [] },
      { dockerSecretMounts: [] },
      { addonLinks: [] },
    ];
    for (const change of changes) {
      const input = { id: before.id, ...change };
      const given = 'variables' in change ? { ...input, variables: [{ name: 'Z', value: 'z' }] } : input;
      revision += 1;
      const { secretGroup } = await done(app, UPDATE, given);
      expect(secretGroup).toEqual({ ...now, ...change, revision });
      now = secretGroup;
    }
  });

  it('clears with null where that has a meaning, and refuses null where it has none', async () => {
    const { id, ...before } = await aGroup(app, { ...FULL, name: fresh() });
    const { secretGroup } = await done(app, UPDATE, { id, description: null, stageId: null });
    expect(secretGroup).toEqual({ ...before, id, description: null, stageId: null, revision: 2 });
    const nulls = { tags: null, type: null, secretType: null, priority: null, restrictions: null };
    const refused = await run(app, UPDATE, {
      id,
      ...nulls,
      variables: null,
      files: null,
      dockerSecretMounts: null,
      addonLinks: null,
    });
    expect(refused.code).toBe('INVALID_INPUT');
    const paths = refused.fields.map(({ path }: { path: string[] }) => path.join('.'));
    expect(paths.sort()).toEqual(
      [
        'tags',
        'type',
        'secretType',
        'priority',
        'restrictions',
        'variables',
        'files',
        'dockerSecretMounts',
        'addonLinks',
      ].sort(),
    );
  });

  it('refuses another revision than the expected one, and says which it is', async () => {
    const { id } = await aGroup(app, { name: fresh() });
    await done(app, UPDATE, { id, priority: 1, expectedRevision: 1 });
    expect(await run(app, UPDATE, { id, priority: 2, expectedRevision: 1 })).toEqual({
      __typename: 'ConflictError',
      code: 'CONFLICT',
      message: 'Expected revision 1, but the current revision is 2',
      existing: null,
      currentRevision: 2,
    });
    expect(await run(app, UPDATE, { id, priority: 2, expectedRevision: 0 })).toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('single keys', () => {
  it('are set, replaced and removed one by one', async () => {
    const { id } = await aGroup(app, { ...FULL, type: 'SECRET', name: fresh() });
    const file = { path: '/etc/other', data: base64('other') };
    const mount = { name: 'pip', data: base64('p') };
    const step = async (name: string, input: object) => (await done(app, groupOp(name), { id, ...input })).secretGroup;
    expect((await step('setSecretGroupVariable', { name: 'A', value: '2' })).variables[0].value).toBe('2');
    expect((await step('setSecretGroupVariable', { name: 'N', value: 'n' })).variables).toHaveLength(3);
    expect((await step('unsetSecretGroupVariable', { name: 'A' })).variables).toHaveLength(2);
    expect((await step('setSecretGroupFile', { file })).files).toMatchObject([
      { path: '/etc/app.conf' },
      { ...file, encoding: 'UTF_8' },
    ]);
    expect((await step('unsetSecretGroupFile', { path: '/etc/app.conf' })).files).toMatchObject([file]);
    expect((await step('setSecretGroupDockerSecretMount', { mount })).dockerSecretMounts).toHaveLength(2);
    expect((await step('unsetSecretGroupDockerSecretMount', { name: 'npmrc' })).dockerSecretMounts).toMatchObject([
      mount,
    ]);
    const link = { addon: 'queue', keys: [{ keyName: 'uri' }] };
    expect((await step('linkAddon', { link })).addonLinks).toHaveLength(2);
    const again = await step('linkAddon', { link: { ...link, required: true } });
    expect(again.addonLinks[1]).toMatchObject({ kind: 'ADDON', addon: 'queue', required: true });
    expect((await step('unlinkAddon', { addon: 'the-db', kind: 'EXTERNAL_ADDON' })).addonLinks).toHaveLength(1);
    const last = await step('unlinkAddon', { addon: 'queue' });
    expect(last).toMatchObject({ addonLinks: [], revision: 12, priority: 42, description: 'What it is for' });
  });

  it.each([
    ['unsetSecretGroupVariable', { name: 'B' }, 'Variable B not found'],
    ['unsetSecretGroupFile', { path: '/b' }, 'File /b not found'],
    ['unsetSecretGroupDockerSecretMount', { name: 'b' }, 'Mount b not found'],
    ['unlinkAddon', { addon: 'b' }, 'Link to addon b not found'],
    ['rollbackSecretGroup', { revision: 2 }, 'Revision 2 not found'],
  ])('%s of what is not there is NOT_FOUND and changes nothing', async (name, input, message) => {
    const { id } = await aGroup(app, { name: fresh() });
    const result = await run(app, groupOp(name), { id, ...input });
    expect(result).toEqual({ __typename: 'NotFoundError', code: 'NOT_FOUND', message });
    expect(codeOf(await run(app, UPDATE, { id, priority: 1, expectedRevision: 1 }))).toBe('OK');
  });
});
