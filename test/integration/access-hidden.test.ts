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
  operation,
  PUT_JOB,
  PUT_SERVICE,
  run,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** The cases in which there is nothing to be told from what one may not see. */
let app: TestApp;
let lister: string;
let stranger: string;
const ids = { group: '', deleted: '', elsewhere: '', project: '' };

beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  ids.project = await aProject(app, 'Elsewhere');
  ids.group = (await aGroup(app, { name: 'hidden', variables: [{ name: 'S', value: 's' }] })).id;
  ids.deleted = (await aGroup(app, { name: 'deleted' })).id;
  await done(app, groupOp('deleteSecretGroup'), { id: ids.deleted });
  ids.elsewhere = (await aGroup(app, { project: 'elsewhere', name: 'shown', type: 'CONFIG' })).id;
  await aGroup(app, { name: 'shown', type: 'CONFIG' });
  await done(app, PUT_SERVICE, aServiceInput({ project: 'elsewhere', id: 'hidden' }));
  await done(app, PUT_JOB, aServiceInput({ project: 'elsewhere', id: 'hidden' }));
  const projects = ['default-project'];
  await done(app, operation('createRole', ''), {
    name: 'Config Only',
    grants: [
      { resources: ['PROJECT'], verbs: ['LIST'], projects },
      {
        resources: ['SECRET_GROUP', 'WORKLOAD'],
        verbs: ['LIST', 'LIST_KEYS', 'READ', 'WRITE', 'DELETE', 'LINK', 'RESOLVE'],
        types: ['CONFIG'],
        projects,
      },
    ],
  });
  await done(app, operation('createRole', ''), {
    name: 'Config Looker',
    grants: [{ resources: ['PROJECT', 'SECRET_GROUP'], verbs: ['LIST'], types: ['CONFIG'] }],
  });
  lister = await app.token('config-only');
  // The owner of another team, served by the same gateway.
  stranger = (await app.gateway.services.access.bootstrap('other-team')) ?? '';
});
afterAll(() => app.close());

const idOf = (type: string, key: string): string => base64(`${type}:${key}`);

/** The answer without what each request has of its own: its id, and the name it asked for. */
async function answerTo(query: string, variables: object, names: readonly string[], token: string): Promise<string> {
  const answer = await app.gql(query, variables, token);
  const text = JSON.stringify(answer).replace(/"requestId":"[^"]*"/g, '');
  return names.reduce((rest, name) => rest.replaceAll(name, 'X'), text);
}

const file = { path: '/a', data: base64('a') };
const GROUP_MUTATIONS: readonly (readonly [string, object])[] = [
  ['updateSecretGroup', { priority: 1 }],
  ['updateSecretGroup', { expectedRevision: 77 }],
  ['deleteSecretGroup', {}],
  ['restoreSecretGroup', {}],
  ['rollbackSecretGroup', { revision: 1 }],
  ['setSecretGroupVariable', { name: 'S', value: '' }],
  ['unsetSecretGroupVariable', { name: 'S' }],
  ['setSecretGroupFile', { file }],
  ['unsetSecretGroupFile', { path: '/a' }],
  ['setSecretGroupDockerSecretMount', { mount: { name: 'a', data: base64('a') } }],
  ['unsetSecretGroupDockerSecretMount', { name: 'a' }],
  ['linkAddon', { link: { addon: 'db', keys: [] } }],
  ['unlinkAddon', { addon: 'db' }],
];

describe('what one may not see is answered like what is not there', () => {
  it.each(GROUP_MUTATIONS)('case 19: %s %j of a hidden group', async (name, over) => {
    const missing = idOf('SecretGroup', 'default-project/absent');
    const expected = await answerTo(groupOp(name), { input: { id: missing, ...over } }, ['absent'], lister);
    expect(expected).toContain('"code":"NOT_FOUND"');
    for (const [id, slug] of [
      [ids.group, 'hidden'],
      [ids.deleted, 'deleted'],
    ] as const) {
      expect(await answerTo(groupOp(name), { input: { id, ...over } }, [slug], lister)).toBe(expected);
    }
  });

  it.each(GROUP_MUTATIONS)('case 19: %s %j of a group in a hidden project or another team', async (name, over) => {
    const missing = idOf('SecretGroup', 'absent/shown');
    const expected = await answerTo(groupOp(name), { input: { id: missing, ...over } }, ['absent'], lister);
    expect(expected).toContain('"code":"NOT_FOUND"');
    expect(await answerTo(groupOp(name), { input: { id: ids.elsewhere, ...over } }, ['elsewhere'], lister)).toBe(
      expected,
    );
    expect(await answerTo(groupOp(name), { input: { id: ids.elsewhere, ...over } }, ['elsewhere'], stranger)).toBe(
      expected,
    );
  });

  it.each([
    ['query ($name: Slug!) { project(slug: $name) { id } }', 'elsewhere'],
    ['query ($name: Slug!) { project(slug: "default-project") { secretGroup(slug: $name) { id } } }', 'hidden'],
    [
      'query ($name: Slug!) { project(slug: $name) { service(id: "hidden") { id environment { digest } } } }',
      'elsewhere',
    ],
    [
      'query ($name: ID!) { node(id: $name) { id } nodes(ids: [$name, $name]) { id } }',
      idOf('SecretGroup', 'default-project/hidden'),
    ],
    ['query ($name: ID!) { node(id: $name) { id } }', idOf('Project', 'elsewhere')],
    ['query ($name: ID!) { node(id: $name) { id } }', idOf('Role', 'config-only')],
    ['query ($name: ID!) { node(id: $name) { id } }', idOf('Role', 'owner')],
  ])('case 20: %s', async (query, name) => {
    const absent = name.includes('=') || name.length > 20 ? idOf('SecretGroup', 'default-project/absent') : 'absent';
    for (const token of [lister, stranger]) {
      if (token === stranger && name === idOf('Role', 'owner')) continue;
      expect(await answerTo(query, { name }, [name], token)).toBe(
        await answerTo(query, { name: absent }, [absent], token),
      );
    }
  });

  it.each([
    ['createSecretGroup', aGroupInput({ name: 'new one', type: 'CONFIG' })],
    ['putSecretGroup', aGroupInput({ name: 'shown', type: 'CONFIG' })],
    ['putService', aServiceInput({ id: 'hidden' })],
    ['putJob', aServiceInput({ id: 'hidden' })],
    ['deleteService', { id: 'hidden' }],
    ['deleteJob', { id: 'hidden' }],
  ])('case 20: %s in a hidden project', async (name, input) => {
    const at = (project: string, token: string) =>
      answerTo(operation(name, ''), { input: { ...input, project } }, [project], token);
    const expected = await at('absent', lister);
    expect(expected).toContain('"code":"NOT_FOUND"');
    expect(await at('elsewhere', lister)).toBe(expected);
    expect(await at('elsewhere', stranger)).toBe(expected);
  });

  it('case 38: tokens and roles of another team', async () => {
    const { token } = await done(app, operation('createToken', 'token { id }'), {
      name: 'mine',
      kind: 'MACHINE',
      role: 'reader',
    });
    const absent = idOf('Token', '00000000-0000-4000-8000-000000000000');
    const revoke = (id: string) => answerTo(operation('revokeToken', ''), { input: { id } }, [], stranger);
    expect(await revoke(token.id)).toBe(await revoke(absent));
    for (const name of ['updateRole', 'deleteRole']) {
      const role = (key: string) => answerTo(operation(name, ''), { input: { id: idOf('Role', key) } }, [], stranger);
      expect(await role('config-only')).toBe(await role('absent'));
    }
    const node = (id: string) => answerTo('query ($id: ID!) { node(id: $id) { id } }', { id }, [], stranger);
    expect(await node(token.id)).toBe(await node(absent));
  });
});

describe('case 21: ids of another make', () => {
  it('are nothing to mutations', async () => {
    const key = 'default-project/shown';
    for (const id of [
      idOf('Project', 'default-project'),
      idOf('Role', key),
      idOf('secretgroup', key),
      idOf('SecretGroup', `${key}/`),
      idOf('SecretGroup', `${key}/more`),
      idOf('SecretGroup', `/${key}`),
      idOf('SecretGroup', 'default-project'),
      idOf('SecretGroup', ''),
      `${idOf('SecretGroup', key)}=`,
      ` ${idOf('SecretGroup', key)}`,
      `SecretGroup:${key}`,
      '',
      '\u0000',
      'a'.repeat(10_000),
    ]) {
      expect(codeOf(await run(app, groupOp('updateSecretGroup'), { id, priority: 1 }))).toBe('NOT_FOUND');
      expect(codeOf(await run(app, operation('updateProject', ''), { id }))).toBe(
        id === idOf('Project', 'default-project') ? 'OK' : 'NOT_FOUND',
      );
    }
  });

  it.each([
    '',
    'junk',
    '====',
    idOf('Nothing', 'x'),
    idOf('Commit', '1'),
    idOf('Query', ''),
    idOf('__proto__', 'x'),
    idOf('SecretGroup', 'a'),
    idOf('SecretGroup', 'default-project/shown/x'),
    idOf('Service', 'default-project/x'),
    base64('SecretGroup'),
  ])('node(id: %j) is null', async (id) => {
    const { data, errors } = await app.gql('query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }', {
      id,
    });
    expect({ data, errors }).toEqual({ data: { node: null, nodes: [null] }, errors: undefined });
  });
});

describe('case 30: creating or putting onto a slug that one may not see', () => {
  it.each(['createSecretGroup', 'putSecretGroup'])(
    '%s is a conflict without details, and overwrites nothing',
    async (name) => {
      const input = aGroupInput({ name: 'hidden', type: 'CONFIG', variables: [] });
      expect(await run(app, groupOp(name), input, lister)).toEqual({
        __typename: 'ConflictError',
        code: 'CONFLICT',
        message: 'There is already a secret with the same derived identifier',
        existing: null,
        currentRevision: null,
      });
      expect(
        await run(
          app,
          groupOp(name),
          { ...input, ...(name === 'putSecretGroup' ? { expectedRevision: 9 } : {}) },
          lister,
        ),
      ).toMatchObject({ currentRevision: null });
      const { data } = await app.gql(
        '{ project(slug: "default-project") { secretGroup(slug: "hidden") { revision type } } }',
      );
      expect(data.project.secretGroup).toEqual({ revision: 1, type: 'SECRET' });
    },
  );

  it.each(['createSecretGroup', 'putSecretGroup'])(
    '%s tells those who may write nothing not even that',
    async (name) => {
      const looker = await app.token('config-looker');
      const codes: string[] = [];
      for (const slug of ['hidden', 'shown', 'absent']) {
        codes.push(codeOf(await run(app, groupOp(name), aGroupInput({ name: slug, type: 'CONFIG' }), looker)));
      }
      expect(codes).toEqual(['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']);
    },
  );
});

describe('case 1: strangers', () => {
  it.each([
    ['a query', { query: '{ viewer { name } }' }],
    ['a broken document', { query: '{ viewer {' }],
    ['an unknown field', { query: '{ nothing }' }],
    ['invalid input', { query: groupOp('createSecretGroup'), variables: { input: { name: 1 } } }],
    ['no GraphQL', { mutation: 1 }],
    ['a list', []],
  ])('get 401 before their input is looked at: %s', async (_what, body) => {
    for (const token of [
      null,
      'klm_u_',
      `${app.owner}x`,
      `${app.owner.slice(0, -1)}${app.owner.endsWith('a') ? 'b' : 'a'}`,
    ]) {
      const headers = {
        'content-type': 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      };
      const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) });
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({
        errors: [
          {
            message: 'A valid bearer token is required',
            extensions: { code: 'UNAUTHENTICATED', requestId: expect.any(String) },
          },
        ],
      });
    }
  });
});
