import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aGroup,
  aGroupInput,
  aProject,
  aServiceInput,
  base64,
  CANARY,
  groupOp,
  operation,
  PUT_SERVICE,
  refusals,
  run,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
let id: string;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  id = (await aGroup(app, { name: 'the one' })).id;
});
afterAll(() => app.close());

const CREATE = groupOp('createSecretGroup');
/** Every bad leaf of a group's input, or with `whole` of any. */
const troubles = (over: object, op = CREATE, whole = false) =>
  refusals(app, op, whole ? over : aGroupInput({ name: 'bad input', ...over }));
const variable = (name: string, value = '') => ({ variables: [{ name, value }] });
const file = (path: string, data = base64('x'), encoding = 'UTF_8') => ({ files: [{ path, data, encoding }] });

describe('every bad leaf', () => {
  it('is listed at once with its path and rule, and without its value', async () => {
    const bad = `${CANARY}$`;
    const refused = await troubles({
      name: bad,
      description: `${CANARY}<`,
      stageId: 'x',
      tags: ['ok', bad, 'ok'],
      priority: 101,
      restrictions: {
        workloads: [
          { id: bad, kind: 'JOB' },
          { id: 'a', kind: 'JOB' },
          { id: 'a', kind: 'SERVICE' },
          { id: 'a', kind: 'JOB' },
        ],
        tags: [bad],
      },
      variables: [
        { name: bad, value: CANARY },
        { name: 'A', value: CANARY },
        { name: 'A', value: `${CANARY}\0` },
      ],
      files: [
        { path: CANARY, data: base64('x') },
        { path: `/${CANARY}/..`, data: '/w==' },
        { path: '/same', data: base64('x') },
        { path: '/same', data: base64('x') },
      ],
      dockerSecretMounts: [
        { name: bad, data: '/w==' },
        { name: `${bad}2`, data: base64('x') },
      ],
      addonLinks: [
        { addon: 'db', keys: [{ keyName: bad, aliases: [bad, 'A', 'A'] }, { keyName: 'a' }, { keyName: 'a' }] },
        { addon: 'db', keys: [] },
      ],
      idempotencyKey: '',
    });
    expect(refused).toEqual(
      [
        'name pattern',
        'description pattern',
        'stageId min',
        'tags.1 pattern',
        'tags.2 unique',
        'priority max',
        'restrictions.workloads.0.id pattern',
        'restrictions.workloads.3 unique',
        'restrictions.tags.0 pattern',
        'variables.0.name pattern',
        'variables.2 unique',
        'variables.2.value unicode',
        'files.0.path path',
        'files.1.path path',
        'files.1.data utf8',
        'files.3 unique',
        'dockerSecretMounts.0.name pattern',
        'dockerSecretMounts.0.data utf8',
        'dockerSecretMounts.1.name pattern',
        'addonLinks.0.keys.0.keyName pattern',
        'addonLinks.0.keys.0.aliases.0 pattern',
        'addonLinks.0.keys.0.aliases.2 unique',
        'addonLinks.0.keys.2 unique',
        'addonLinks.1 unique',
        'idempotencyKey min',
      ].sort(),
    );
  });

  it('of other mutations as well', async () => {
    const bad = `${CANARY}!`;
    expect(
      await troubles(
        { project: 'default-project', id: bad, name: 'x', tags: [bad], variables: [{ name: bad, value: '' }] },
        PUT_SERVICE,
        true,
      ),
    ).toEqual(['id pattern', 'name min', 'tags.0 pattern', 'variables.0.name pattern']);
    expect(
      await troubles(
        { id, file: { path: CANARY, data: '/w==' }, expectedRevision: 0 },
        groupOp('setSecretGroupFile'),
        true,
      ),
    ).toEqual(['expectedRevision min', 'file.data utf8', 'file.path path']);
    expect(await troubles({ name: '1xx', description: '<' }, operation('createProject', ''), true)).toEqual([
      'description pattern',
      'name pattern',
    ]);
    expect(await troubles({ name: '-' }, operation('createTag', ''), true)).toEqual(['name pattern']);
    const token = { name: 'x', kind: 'DEPENDENT', role: 'dependent' };
    expect(await troubles(token, operation('createToken', ''), true)).toEqual(['name min', 'workload required']);
  });
});

describe('case 39: an operator object instead of a text', () => {
  it.each([{ $ne: null }, { $gt: '' }, { $regex: '.*' }, { $where: `${CANARY}` }, ['a'], 1, true])(
    '%j is refused',
    async (value) => {
      for (const over of [
        { name: value },
        { project: value },
        { description: value },
        { stageId: value },
        { idempotencyKey: value },
      ]) {
        expect(await troubles(over)).toEqual(['BAD_REQUEST']);
      }
      expect(await troubles({ id: value }, groupOp('deleteSecretGroup'), true)).toEqual(
        typeof value === 'number' ? ['NOT_FOUND'] : ['BAD_REQUEST'],
      );
      const { errors } = await app.gql('query ($slug: Slug!) { project(slug: $slug) { name } }', { slug: value });
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_REQUEST']);
    },
  );
});

describe('case 46: a JSON key given twice', () => {
  it('is refused', async () => {
    const body = `{"query":"mutation ($input: CreateSecretGroupInput!) { createSecretGroup(input: $input) { __typename } }","variables":{"input":{"project":"default-project","name":"twice over","secretType":"ENVIRONMENT","priority":1,"restrictions":{"restricted":true,"restricted":false}}}}`;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${app.owner}` };
    const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body });
    expect(response.status).toBe(400);
  });
});

describe('cases 47, 48, 52: text and bytes', () => {
  it.each([
    ['a lone surrogate', variable('A', '\ud800'), ['variables.0.value unicode']],
    ['NUL', variable('A', 'a\0b'), ['variables.0.value unicode']],
    ['bytes that are no UTF-8', file('/a', Buffer.from([0xff]).toString('base64')), ['files.0.data utf8']],
    ['base64 with white space', file('/a', 'eA ='), ['BAD_REQUEST']],
    ['base64 without padding', file('/a', 'eA'), ['BAD_REQUEST']],
    ['base64 that is not canonical', file('/a', 'eB=='), ['BAD_REQUEST']],
    ['base64 with junk', file('/a', `${CANARY}!!`), ['BAD_REQUEST']],
    ['base64url', file('/a', '_-8='), ['BAD_REQUEST']],
    ['a path that is not NFC', file('/e\u0301'), ['files.0.path path']],
  ])('%s is refused', async (_what, over, expected) => {
    const codes = await troubles(over);
    if (_what === 'a lone surrogate') expect([expected, ['BAD_REQUEST']]).toContainEqual(codes);
    else expect(codes).toEqual(expected);
  });

  it('everything else comes back exactly', async () => {
    const value = '\ufeffa\r\n\u2028\u{1F600}\u0301é$&$`\\';
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('base64');
    const files = [
      { path: '/bom', data: base64(value), encoding: 'UTF_8' },
      { path: '/bytes', data: bytes, encoding: 'BINARY' },
      { path: '/é', data: '', encoding: 'UTF_8' },
    ];
    const { secretGroup } = await run(
      app,
      CREATE,
      aGroupInput({ name: 'exact', variables: [{ name: 'EXACT', value }], files }),
    );
    expect(secretGroup.variables).toEqual([{ name: 'EXACT', value, masked: false }]);
    expect(secretGroup.files).toMatchObject(files);
    await run(app, PUT_SERVICE, aServiceInput({ id: 'exact' }));
    const { data } = await app.gql(
      '{ project(slug: "default-project") { service(id: "exact") { environment { variable(name: "EXACT") { value } files { path data } } } } }',
    );
    const { environment } = data.project.service;
    expect(environment.variable.value).toBe(value);
    expect(environment.files).toEqual(files.map(({ path, data: content }) => ({ path, data: content })));
  });
});

describe('case 103: a priority', () => {
  it.each([
    [-1, ['priority min']],
    [101, ['priority max']],
    [1.5, ['BAD_REQUEST']],
    ['10', ['BAD_REQUEST']],
    [null, ['BAD_REQUEST']],
    [2 ** 31, ['BAD_REQUEST']],
  ])('of %j is refused', async (priority, expected) => {
    expect(await troubles({ priority })).toEqual(expected);
  });
});

describe('case 29: fields that nobody may set', () => {
  it.each(['projectId', 'createdAt', 'updatedAt', 'revision', 'slug', 'deleted', '__proto__', 'name'])(
    '%s is refused',
    async (name) => {
      const input = JSON.parse(`{ "id": ${JSON.stringify(id)}, ${JSON.stringify(name)}: "${CANARY}" }`);
      expect(await troubles(input, groupOp('updateSecretGroup'), true)).toEqual(['BAD_REQUEST']);
    },
  );
});
