import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aGroup,
  aGroupInput,
  aProject,
  aServiceInput,
  base64,
  codeOf,
  done,
  groupOp,
  PUT_SERVICE,
  refusals,
  run,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
let id: string;
beforeAll(async () => {
  app = await startApp({
    limits: { variableBytes: 10, fileBytes: 20, groupBytes: 60, variablesPerGroup: 3, groupsPerProject: 5 },
  });
  await aProject(app);
  await aProject(app, 'Small Project');
  id = (await aGroup(app, { name: 'filled', ...values(['A', 'B'], '12345') })).id;
});
afterAll(() => app.close());

const CREATE = groupOp('createSecretGroup');
const UPDATE = groupOp('updateSecretGroup');
const values = (names: readonly string[], value: string) => ({ variables: names.map((name) => ({ name, value })) });
const files = (sizes: readonly number[]) => sizes.map((size, i) => ({ path: `/${i}`, data: base64('x'.repeat(size)) }));
const mounts = (sizes: readonly number[]) => sizes.map((size, i) => ({ name: `${i}`, data: base64('x'.repeat(size)) }));
const head = async () => (await app.store.head(['default']))?.seq;

/** What each is refused with, at one more than the limit; and that the limit itself passes. */
const CASES: readonly (readonly [string, object, object, string, number, number])[] = [
  ['a variable', values(['A'], 'x'.repeat(10)), values(['A'], 'x'.repeat(11)), 'bytes of the variable A', 10, 11],
  ['a variable of wide characters', values(['A'], 'ééééé'), values(['A'], '€€€€'), 'bytes of the variable A', 10, 12],
  ['variables', values(['A', 'B', 'C'], ''), values(['A', 'B', 'C', 'D'], ''), 'variables', 3, 4],
  ['a file', { files: files([20]) }, { files: files([21]) }, 'bytes of the file /0', 20, 21],
  ['all bytes', { files: files([18, 18, 18]) }, { files: files([18, 18, 19]) }, 'bytes in all', 60, 61],
];

/** Which setting changes the limit. */
const SETTINGS: Readonly<Record<string, string>> = {
  'a variable': 'KEYLOOM_LIMIT_VARIABLE_BYTES',
  'a variable of wide characters': 'KEYLOOM_LIMIT_VARIABLE_BYTES',
  variables: 'KEYLOOM_LIMIT_VARIABLES_PER_GROUP',
  'a file': 'KEYLOOM_LIMIT_FILE_BYTES',
  'all bytes': 'KEYLOOM_LIMIT_GROUP_BYTES',
};

describe('case 90: a group at its limits', () => {
  it.each(CASES)('%s', async (what, fits, exceeds, limit, maximum, actual) => {
    const name = `limit of ${what}`;
    await done(app, groupOp('putSecretGroup'), aGroupInput({ name: 'probe', ...fits }));
    const before = await head();
    const refused = {
      __typename: 'LimitExceededError',
      code: 'LIMIT_EXCEEDED',
      limit,
      maximum,
      actual,
      message: `Too many ${limit}: ${actual}; the limit is ${maximum} (${SETTINGS[what]})`,
    };
    for (const operation of ['createSecretGroup', 'putSecretGroup']) {
      expect(await run(app, groupOp(operation), aGroupInput({ name, ...exceeds }))).toEqual(refused);
    }
    expect(await run(app, UPDATE, { id, variables: [], ...exceeds })).toEqual(refused);
    expect(await run(app, PUT_SERVICE, aServiceInput({ ...exceeds }))).toEqual(refused);
    expect(await head()).toBe(before);
  });

  it('is not filled beyond them one by one', async () => {
    const set = (name: string, value: string) => run(app, groupOp('setSecretGroupVariable'), { id, name, value });
    expect(await set('A', 'x'.repeat(11))).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 'bytes of the variable A' });
    expect(codeOf(await set('C', ''))).toBe('OK');
    expect(await set('D', '')).toMatchObject({ limit: 'variables', maximum: 3, actual: 4 });
    const file = (size: number) => ({ id, file: { path: '/f', data: base64('x'.repeat(size)) } });
    expect(await run(app, groupOp('setSecretGroupFile'), file(21))).toMatchObject({ limit: 'bytes of the file /f' });
    expect(codeOf(await run(app, groupOp('setSecretGroupFile'), file(20)))).toBe('OK');
    const mount = (size: number) => ({ id, mount: { name: 'm', data: base64('y'.repeat(size)) } });
    // 10 + 3 bytes of variables, 22 of the file: 25 are left, one for the name.
    expect(await run(app, groupOp('setSecretGroupDockerSecretMount'), mount(20))).toMatchObject({
      __typename: 'SetSecretGroupDockerSecretMountPayload',
    });
    const more = { id, mount: { name: 'n', data: base64('zzzz') } };
    expect(await run(app, groupOp('setSecretGroupDockerSecretMount'), more)).toMatchObject({
      limit: 'bytes in all',
      maximum: 60,
      actual: 61,
    });
  });

  it('counts mounts like files, and build arguments like variables', async () => {
    expect(await run(app, CREATE, aGroupInput({ name: 'mounts', dockerSecretMounts: mounts([21]) }))).toMatchObject({
      limit: 'bytes of the file 0',
    });
    const { variables } = values(['A', 'B'], '');
    expect(await run(app, PUT_SERVICE, aServiceInput({ variables, buildArguments: variables }))).toMatchObject({
      limit: 'variables',
      actual: 4,
    });
  });
});

describe('case 91: numbers', () => {
  it('of groups in a project, however one more is made', async () => {
    const project = 'small-project';
    const gone = await aGroup(app, { project, name: 'gone' });
    await done(app, groupOp('deleteSecretGroup'), { id: gone.id });
    for (let i = 1; i <= 5; i += 1) await aGroup(app, { project, name: `group ${i}` });
    const before = await head();
    const refused = { __typename: 'LimitExceededError', limit: 'secret groups in the project', maximum: 5, actual: 6 };
    for (const name of ['createSecretGroup', 'putSecretGroup']) {
      expect(await run(app, groupOp(name), aGroupInput({ project, name: 'group 6' }))).toMatchObject(refused);
    }
    expect(await run(app, groupOp('restoreSecretGroup'), { id: gone.id })).toMatchObject(refused);
    expect(await head()).toBe(before);
    expect(codeOf(await run(app, groupOp('putSecretGroup'), aGroupInput({ project, name: 'group 5' })))).toBe('OK');
  });

  it.each([
    ['tags', { tags: Array.from({ length: 101 }, (_, i) => `t${i}`) }, ['tags max']],
    [
      'tags of a restriction',
      { restrictions: { tags: Array.from({ length: 101 }, (_, i) => `t${i}`) } },
      ['restrictions.tags max'],
    ],
    [
      'workloads of a restriction',
      { restrictions: { workloads: Array.from({ length: 1001 }, (_, i) => ({ id: `w${i}`, kind: 'JOB' })) } },
      ['restrictions.workloads max'],
    ],
    [
      'links',
      { addonLinks: Array.from({ length: 101 }, (_, i) => ({ addon: `a${i}`, keys: [] })) },
      ['addonLinks max'],
    ],
    [
      'keys of a link',
      { addonLinks: [{ addon: 'a', keys: Array.from({ length: 101 }, (_, i) => ({ keyName: `k${i}` })) }] },
      ['addonLinks.0.keys max'],
    ],
  ])('of %s', async (_what, over, expected) => {
    expect(await refusals(app, CREATE, aGroupInput({ name: 'too many', ...over }))).toEqual(expected);
  });
});
