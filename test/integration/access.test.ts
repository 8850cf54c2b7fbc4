import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
const tokens = new Map<string, string>();
const EVERYTHING = [
  'LIST',
  'LIST_KEYS',
  'READ',
  'WRITE',
  'DELETE',
  'MANAGE_RESTRICTIONS',
  'CHANGE_TYPE',
  'LINK',
  'RESOLVE',
];
const ROLES = ['owner', 'operator', 'developer', 'reader', 'auditor', 'dependent', 'gateway', 'configurator'] as const;

beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  await aProject(app, 'Elsewhere');
  await aGroup(app, { name: 'a secret', variables: [{ name: 'S', value: 'secret value' }] });
  await aGroup(app, { name: 'a config', type: 'CONFIG', variables: [{ name: 'C', value: 'config value' }] });
  await done(app, PUT_SERVICE, aServiceInput({ variables: [{ name: 'OWN', value: 'direct value' }] }));
  const projects = ['default-project'];
  await done(app, operation('createRole', 'role { id }'), {
    name: 'Configurator',
    grants: [
      { resources: ['PROJECT'], verbs: ['LIST'], projects },
      { resources: ['SECRET_GROUP', 'WORKLOAD'], verbs: EVERYTHING, types: ['CONFIG'], projects },
    ],
  });
  const workload = { project: 'default-project', kind: 'SERVICE', id: 'example-service' };
  for (const role of ROLES) {
    const over = role === 'dependent' ? { kind: 'DEPENDENT', workload } : {};
    tokens.set(role, role === 'owner' ? app.owner : await app.token(role, over));
  }
});
afterAll(() => app.close());

let count = 0;
const fresh = (word: string): string => {
  count += 1;
  return `${word} ${count}`;
};

type Probe = (token: string) => Promise<string>;
const send =
  (name: string, prepare: () => Promise<object> | object): Probe =>
  async (token) =>
    codeOf(await run(app, operation(name, ''), await prepare(), token));

const aGroupOf = async (type: string, over: object = {}) => (await aGroup(app, { name: fresh('g'), type, ...over })).id;
const onGroup = (name: string, type: string, over: object = {}): Probe =>
  send(name, async () => ({ id: await aGroupOf(type), ...over }));

/** value, masked, absent, or the code of an error. */
const look =
  (selection: string, find: (project: never) => { value: string | null; masked: boolean } | null): Probe =>
  async (token) => {
    const { data, errors } = await app.gql(`{ project(slug: "default-project") { ${selection} } }`, {}, token);
    if (errors) return errors[0]?.extensions.code ?? '';
    const found = data.project && find(data.project as never);
    if (!found) return 'absent';
    return found.masked ? `masked${found.value === null ? '' : ' with a value'}` : 'value';
  };
const inGroup = (slug: string, name: string): Probe =>
  look(
    `secretGroup(slug: "${slug}") { variable(name: "${name}") { value masked } }`,
    ({ secretGroup }: { secretGroup: { variable: never } | null }) => secretGroup?.variable ?? null,
  );
const inEnvironment = (name: string): Probe =>
  look(
    `service(id: "example-service") { environment { variable(name: "${name}") { value masked } } }`,
    ({ service }: { service: { environment: { variable: never } } | null }) => service?.environment.variable ?? null,
  );
const direct: Probe = look(
  'service(id: "example-service") { variables { value masked } }',
  ({ service }: { service: { variables: [never] } | null }) => service?.variables[0] ?? null,
);
const seen =
  (query: string): Probe =>
  async (token) => {
    const { data, errors } = await app.gql(`{ found: ${query} }`, {}, token);
    if (errors) return errors[0]?.extensions.code ?? '';
    return data.found === null || data.found.length === 0 ? 'none' : 'some';
  };

const aProjectId = () => aProject(app, fresh('p'));
const aTagId = async () =>
  (await done(app, operation('createTag', 'tag { id }'), { name: fresh('t').replace(' ', '-') })).tag.id;
const aTokenInput = () => ({ name: fresh('token'), kind: 'MACHINE', role: 'gateway' });
const aTokenId = async () => (await done(app, operation('createToken', 'token { id }'), aTokenInput())).token.id;
const aRoleInput = () => ({ name: fresh('role'), grants: [] });
const aRoleId = async () => (await done(app, operation('createRole', 'role { id }'), aRoleInput())).role.id;
const aServiceId = async () => {
  const id = fresh('s').replace(' ', '-');
  await done(app, PUT_SERVICE, aServiceInput({ id }));
  return id;
};
const aDeletedGroup = async () => {
  const id = await aGroupOf('SECRET');
  await done(app, groupOp('deleteSecretGroup'), { id });
  return { id };
};
const restrictions = { restricted: true, tags: ['a'] };
const link = { addon: 'database', keys: [{ keyName: 'username' }] };
const create = (type: string): Probe => send('createSecretGroup', () => aGroupInput({ name: fresh('g'), type }));

/** What each role gets, in the order of ROLES. NO: FORBIDDEN, NF: NOT_FOUND. */
const TABLE: readonly (readonly [what: string, probe: Probe, expected: string])[] = [
  ['its project', seen('project(slug: "default-project") { slug }'), 'some some some some some some none some'],
  ['another project', seen('project(slug: "elsewhere") { slug }'), 'some some some some some none none none'],
  ['a secret value', inGroup('a-secret', 'S'), 'value masked masked value masked absent absent absent'],
  ['a config value', inGroup('a-config', 'C'), 'value value value value masked absent absent value'],
  ['a resolved secret', inEnvironment('S'), 'value masked masked value masked value absent masked'],
  ['a resolved config', inEnvironment('C'), 'value value value value masked value absent value'],
  ['a value of the service', direct, 'value masked masked value masked masked absent masked'],
  ['tags', seen('tags { name }'), 'some some some some some none none none'],
  ['tokens', seen('tokens { name }'), 'some none none none some none none none'],
  ['roles', seen('roles { name }'), 'some none none none some none none none'],
  ['commits', seen('commits { nodes { seq } }'), 'some NO NO NO some NO NO NO'],
  ['create a secret', create('SECRET'), 'OK OK NO NO NO NO NF NO'],
  ['create a config', create('CONFIG'), 'OK OK OK NO NO NO NF OK'],
  ['put a secret', send('putSecretGroup', () => aGroupInput({ name: fresh('g') })), 'OK OK NO NO NO NO NF NO'],
  ['update a secret', onGroup('updateSecretGroup', 'SECRET', { priority: 1 }), 'OK OK NO NO NO NF NF NF'],
  ['update a config', onGroup('updateSecretGroup', 'CONFIG', { priority: 1 }), 'OK OK OK NO NO NF NF OK'],
  ['set a variable', onGroup('setSecretGroupVariable', 'SECRET', { name: 'A', value: '' }), 'OK OK NO NO NO NF NF NF'],
  ['delete a secret', onGroup('deleteSecretGroup', 'SECRET'), 'OK OK NO NO NO NF NF NF'],
  ['delete a config', onGroup('deleteSecretGroup', 'CONFIG'), 'OK OK OK NO NO NF NF OK'],
  ['restore a secret', send('restoreSecretGroup', aDeletedGroup), 'OK OK NO NO NO NF NF NF'],
  ['roll a secret back', onGroup('rollbackSecretGroup', 'SECRET', { revision: 1 }), 'OK OK NO NO NO NF NF NF'],
  ['restrict a secret', onGroup('updateSecretGroup', 'SECRET', { restrictions }), 'OK OK NO NO NO NF NF NF'],
  ['restrict a config', onGroup('updateSecretGroup', 'CONFIG', { restrictions }), 'OK OK OK NO NO NF NF OK'],
  ['link a secret', onGroup('linkAddon', 'SECRET', { link }), 'OK OK NO NO NO NF NF NF'],
  ['link a config', onGroup('linkAddon', 'CONFIG', { link }), 'OK OK OK NO NO NF NF OK'],
  ['make a config secret', onGroup('updateSecretGroup', 'CONFIG', { type: 'SECRET' }), 'OK NO NO NO NO NF NF NO'],
  [
    'case 31: make a secret config',
    onGroup('updateSecretGroup', 'SECRET', { type: 'CONFIG' }),
    'OK NO NO NO NO NF NF NF',
  ],
  [
    'put a service',
    send('putService', () => aServiceInput({ id: fresh('s').replace(' ', '-') })),
    'OK OK OK NO NO NO NF OK',
  ],
  [
    'put values of a service',
    send('putService', () =>
      aServiceInput({ id: fresh('s').replace(' ', '-'), variables: [{ name: 'A', value: '' }] }),
    ),
    'OK OK NO NO NO NO NF NO',
  ],
  [
    'delete a service',
    send('deleteService', async () => ({ project: 'default-project', id: await aServiceId() })),
    'OK OK OK NO NO NF NF OK',
  ],
  ['create a project', send('createProject', () => ({ name: `${fresh('p')}rj` })), 'OK OK NO NO NO NO NO NO'],
  ['delete a project', send('deleteProject', async () => ({ id: await aProjectId() })), 'OK OK NO NO NO NF NF NF'],
  ['create a tag', send('createTag', () => ({ name: fresh('t').replace(' ', '-') })), 'OK OK NO NO NO NO NO NO'],
  ['update a tag', send('updateTag', async () => ({ id: await aTagId() })), 'OK OK NO NO NO NF NF NF'],
  ['delete a tag', send('deleteTag', async () => ({ id: await aTagId() })), 'OK OK NO NO NO NF NF NF'],
  ['create a token', send('createToken', aTokenInput), 'OK NO NO NO NO NO NO NO'],
  ['revoke a token', send('revokeToken', async () => ({ id: await aTokenId() })), 'OK NO NO NO NO NO NO NO'],
  ['create a role', send('createRole', aRoleInput), 'OK NO NO NO NO NO NO NO'],
  ['update a role', send('updateRole', async () => ({ id: await aRoleId() })), 'OK NO NO NO NO NO NO NO'],
  ['delete a role', send('deleteRole', async () => ({ id: await aRoleId() })), 'OK NO NO NO NO NO NO NO'],
];
const SHORT = new Map([
  ['FORBIDDEN', 'NO'],
  ['NOT_FOUND', 'NF'],
]);

describe('what each role may do', () => {
  it.each(TABLE)('%s', async (_what, probe, expected) => {
    await aTagId();
    const got: string[] = [];
    for (const role of ROLES) {
      const word = await probe(tokens.get(role) ?? '');
      got.push(`${role}: ${SHORT.get(word) ?? word}`);
    }
    const words = expected.split(' ');
    expect(got).toEqual(ROLES.map((role, i) => `${role}: ${words[i]}`));
  });
});
