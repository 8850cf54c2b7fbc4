import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aGroup,
  aGroupInput,
  aProject,
  aServiceInput,
  base64,
  groupOp,
  operation,
  PUT_SERVICE,
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
const CANARY = 'hunter2canary';
/** Every bad leaf as `path rule`, sorted; or the code of what is no INVALID_INPUT. No answer may hold the canary. */
async function troubles(over: object, op = CREATE, whole = false): Promise<readonly string[]> {
  const result = await run(app, op, whole ? over : aGroupInput({ name: 'bad input', ...over }));
  expect(JSON.stringify(result)).not.toContain(CANARY);
  if (result.code !== 'INVALID_INPUT') return [result.code ?? result.__typename];
  const fields: readonly { readonly path: readonly string[]; readonly rule: string; readonly message: string }[] =
    result.fields;
  for (const { path, message } of fields) expect(result.message).toContain(`${path.join('.')}: ${message}`);
  return fields.map(({ path, rule }) => `${path.join('.')} ${rule}`).sort();
}
const variable = (name: string, value = '') => ({ variables: [{ name, value }] });
const file = (path: string, data = base64('x'), encoding = 'UTF_8') => ({ files: [{ path, data, encoding }] });
const mount = (name: string) => ({ dockerSecretMounts: [{ name, data: base64('x') }] });

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
    expect(await troubles({ name: '1x', description: '<' }, operation('createProject', ''), true)).toEqual(
      ['description pattern', 'name min', 'name pattern'].filter((each) => each !== 'name min'),
    );
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

describe('names of variables', () => {
  it.each(['$set', 'a b', '\u0000x', '', 'a$b', 'ä', 'a\n', 'a'.repeat(257)])(
    'case 40: %j is refused',
    async (name) => {
      expect((await troubles(variable(name)))[0]).toMatch(/^variables\.0\.name (pattern|max)$/);
    },
  );

  it('cases 40, 41: dots and names of prototypes come back exactly', async () => {
    const names = [
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'hasOwnProperty',
      'length',
      'a.b',
      'a..b',
      '.',
      '/',
      '-',
    ];
    const variables = names.map((name) => ({ name, value: `value of ${name}` }));
    const { secretGroup } = await run(app, CREATE, aGroupInput({ name: 'prototypes', variables }));
    const expected = variables.map((each) => ({ ...each, masked: false })).sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(secretGroup.variables).toEqual(expected);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    await run(app, PUT_SERVICE, aServiceInput());
    const { data } = await app.gql(
      '{ project(slug: "default-project") { service(id: "example-service") { environment { variables { name value } variable(name: "__proto__") { value } absent: variable(name: "valueOf") { value } } } } }',
    );
    const { environment } = data.project.service;
    expect(environment.variables).toEqual(expected.map(({ name, value }) => ({ name, value })));
    expect(environment).toMatchObject({ variable: { value: 'value of __proto__' }, absent: null });
  });
});

describe('case 44: slugs that are names of prototypes', () => {
  it.each(['constructor', 'prototype', 'toString', 'valueOf'])('%s is like any other', async (name) => {
    const project = name.toLowerCase();
    expect(await run(app, operation('createProject', 'project { slug }'), { name })).toMatchObject({
      project: { slug: project },
    });
    expect(await run(app, CREATE, aGroupInput({ project, name, tags: [name] }))).toMatchObject({
      secretGroup: { slug: project, tags: [name] },
    });
    expect(await run(app, PUT_SERVICE, aServiceInput({ project, id: name, tags: [name] }))).toMatchObject({
      service: { id: name },
    });
    expect(await run(app, operation('createTag', 'tag { name }'), { name })).toMatchObject({ tag: { name } });
    expect(await run(app, operation('createRole', 'role { slug }'), { name, grants: [] })).toMatchObject({
      role: { slug: project },
    });
    const { data } = await app.gql(
      'query ($p: Slug!, $s: String!) { project(slug: $p) { name secretGroup(slug: $p) { dependents { nodes { id } } } service(id: $s) { tags } } none: project(slug: "hasOwnProperty") { name } }',
      { p: project, s: name },
    );
    expect(data).toEqual({
      project: { name, secretGroup: { dependents: { nodes: [{ id: name }] } }, service: { tags: [name] } },
      none: null,
    });
  });
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

describe('names and paths', () => {
  it.each([
    '\n',
    '\t',
    '\u00a0',
    '\u2003',
    '\u2028',
    '\ufeff',
    '\0',
    '  ',
    '_',
    '--',
    '\u0430',
    '\u212a',
    '\u017f',
    '\u0130',
    '\ufb01',
  ])('cases 49, 51: %j in a name is refused', async (space) => {
    expect(await troubles({ name: `some${space}name` })).toEqual(['name pattern']);
    expect(await troubles({ tags: [`some${space === '--' ? '---' : space}tag`] })).toEqual(['tags.0 pattern']);
  });

  it.each([
    'x',
    '',
    '/',
    '/../../etc/passwd',
    '/a/../b',
    '/./x',
    '//x',
    '/.git/config',
    '/a/.GIT/x',
    '/proc/self/environ',
    '/sys/x',
    '/dev/x',
    'C:\\x',
    '/C:\\x',
    '/a/',
    `/${'a'.repeat(4096)}`,
    '/a\0',
    '/a\nb',
    '/a\u2028b',
  ])('case 53: the path %j is refused', async (path) => {
    expect(await troubles(file(path))).toEqual(['files.0.path path']);
  });

  it.each(['a/b', '..', '.', '-a', 'a\n', '', 'a b'])('case 54: the mount %j is refused', async (name) => {
    expect(new Set((await troubles(mount(name))).map((each) => each.split(' ')[0]))).toEqual(
      new Set(['dockerSecretMounts.0.name']),
    );
  });

  it('case 60: a name of 8 MB is refused, however it is made', async () => {
    for (const name of ['a'.repeat(8_000_000), 'a-'.repeat(4_000_000), 'a '.repeat(4_000_000)]) {
      expect(new Set(await troubles({ name }))).toContain('name max');
    }
    expect(await troubles({ tags: ['a-'.repeat(4_000_000)] })).toContain('tags.0 max');
    expect(await troubles({ description: ' '.repeat(8_000_000) })).toContain('description max');
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
