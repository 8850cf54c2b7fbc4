import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aGroupInput,
  aProject,
  aServiceInput,
  base64,
  groupOp,
  operation,
  PUT_SERVICE,
  refusals,
  run,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
});
afterAll(() => app.close());

const CREATE = groupOp('createSecretGroup');
const troubles = (over: object) => refusals(app, CREATE, aGroupInput({ name: 'bad input', ...over }));
const variable = (name: string, value = '') => ({ variables: [{ name, value }] });
const file = (path: string, data = base64('x'), encoding = 'UTF_8') => ({ files: [{ path, data, encoding }] });
const mount = (name: string) => ({ dockerSecretMounts: [{ name, data: base64('x') }] });

describe('names of variables', () => {
  it.each(['$set', 'a b', '\u0000x', '', 'a$b', 'ä', 'a\n', 'a'.repeat(257)])(
    'case 40: %j is refused',
    async (name) => {
      expect((await troubles(variable(name)))[0]).toMatch(/^variables\.0\.name (pattern|min|max)$/);
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
      'query ($p: Slug!, $s: ID!) { project(slug: $p) { name secretGroup(slug: $p) { dependents { nodes { id } } } service(id: $s) { tags } } none: project(slug: "hasOwnProperty") { name } }',
      { p: project, s: name },
    );
    expect(data).toEqual({
      project: { name, secretGroup: { dependents: { nodes: [{ id: name }] } }, service: { tags: [name] } },
      none: null,
    });
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

  it.each([
    [{ keyName: '!!!a$$$' }, ['addonLinks.0.keys.0.keyName pattern']],
    [{ keyName: '1a' }, ['addonLinks.0.keys.0.keyName pattern']],
    [{ keyName: 'a', aliases: [''] }, ['addonLinks.0.keys.0.aliases.0 min', 'addonLinks.0.keys.0.aliases.0 pattern']],
    [{ keyName: 'a', aliases: ['A', 'A'] }, ['addonLinks.0.keys.0.aliases.1 unique']],
    [{ keyName: 'a', aliases: ['A B'] }, ['addonLinks.0.keys.0.aliases.0 pattern']],
  ])('cases 56, 57: the linked key %j is refused', async (key, expected) => {
    expect(await troubles({ addonLinks: [{ addon: 'db', keys: [key] }] })).toEqual(expected);
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
