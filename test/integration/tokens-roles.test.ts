import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aProject, codeOf, done, operation, refusals, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
let now = new Date('2026-01-01T00:00:00.000Z');
beforeAll(async () => {
  app = await startApp({ clock: () => now });
  await aProject(app);
});
afterAll(() => app.close());

const CREATE = operation(
  'createToken',
  'text token { id name kind role workload { project kind id } createdBy expiresAt }',
);
const REVOKE = operation('revokeToken', 'token { id }');
const CREATE_ROLE = operation('createRole', 'role { id slug name builtIn grants { resources verbs types projects } }');
const UPDATE_ROLE = operation('updateRole', 'role { slug name grants { verbs } }');
const DELETE_ROLE = operation('deleteRole', 'role { slug }');
const aToken = (over: object = {}) => ({ name: 'a token', kind: 'MACHINE', role: 'reader', ...over });
const VIEWER = '{ viewer { id name kind team role { slug } workload { id } expiresAt } }';
const statusOf = async (token: string) => (await app.gql(VIEWER, {}, token)).status;

describe('createToken', () => {
  it('shows the text once, and the token is who it says', async () => {
    const { text, token } = await done(app, CREATE, aToken({ expiresAt: '2027-01-01T00:00:00.000Z' }));
    expect(text).toMatch(/^klm_m_[0-9A-Za-z]{49}$/);
    const { viewer } = (await app.gql(VIEWER, {}, text)).data;
    expect(viewer).toMatchObject({
      name: 'a token',
      kind: 'MACHINE',
      team: 'default',
      role: { slug: 'reader' },
      workload: null,
      expiresAt: '2027-01-01T00:00:00.000Z',
    });
    const listed = await app.gql('{ tokens { id name } }');
    expect(listed.data.tokens).toContainEqual({ id: token.id, name: 'a token' });
    expect(JSON.stringify(listed)).not.toContain(text.slice(6, 49));
    const node = await app.gql('query ($id: ID!) { node(id: $id) { ... on Token { name } } }', { id: token.id });
    expect(node.data.node).toEqual({ name: 'a token' });
  });

  it('is not told again in a repeated answer', async () => {
    const input = aToken({ idempotencyKey: 'once' });
    const [first, second] = [await done(app, CREATE, input), await done(app, CREATE, input)];
    expect(second).toEqual({ ...first, text: null });
    expect(await run(app, CREATE, { ...input, role: 'owner' })).toMatchObject({ code: 'CONFLICT' });
  });

  it.each([
    ['a role that is not there', { role: 'nobody' }, ['NOT_FOUND']],
    ['no workload for a dependent', { kind: 'DEPENDENT', role: 'dependent' }, ['workload required']],
    ['a workload for a machine', { workload: { project: 'p', kind: 'JOB', id: 'j' } }, ['workload required']],
    ['the role of a dependent for a machine', { role: 'dependent' }, ['kind role']],
    ['an end after the year 9999', { expiresAt: '9999-12-31T23:59:59-01:00' }, ['expiresAt max']],
    ['an end that is no time', { expiresAt: 'tomorrow' }, ['BAD_REQUEST']],
    ['a name with a control character', { name: 'a\u001bb' }, ['name pattern']],
  ])('refuses %s', async (_what, over, expected) => {
    expect(await refusals(app, CREATE, aToken(over))).toEqual(expected);
  });
});

describe('case 4: a token', () => {
  it('is refused from the second of its end on', async () => {
    const token = await app.token('reader', { expiresAt: '2026-01-01T01:00:00.000Z' });
    now = new Date('2026-01-01T00:59:59.999Z');
    expect(await statusOf(token)).toBe(200);
    now = new Date('2026-01-01T01:00:00.000Z');
    expect(await statusOf(token)).toBe(401);
    now = new Date('2026-01-01T00:00:00.000Z');
  });

  it('is refused once revoked, in the next request, and cannot be revoked twice', async () => {
    const { text, token } = await done(app, CREATE, aToken());
    expect(await statusOf(text)).toBe(200);
    await done(app, REVOKE, { id: token.id });
    expect(await statusOf(text)).toBe(401);
    expect(await run(app, REVOKE, { id: token.id })).toEqual({
      __typename: 'NotFoundError',
      code: 'NOT_FOUND',
      message: 'Token not found',
    });
    expect(JSON.stringify(await app.gql('{ tokens { id } }'))).not.toContain(token.id);
  });

  it('has its role as it is now', async () => {
    const { role } = await done(app, CREATE_ROLE, {
      name: 'Shrinking',
      grants: [{ resources: ['PROJECT'], verbs: ['LIST'] }],
    });
    const token = await app.token('shrinking');
    const seen = async () => (await app.gql('{ projects { nodes { slug } } }', {}, token)).data.projects.nodes.length;
    expect(await seen()).toBe(1);
    await done(app, UPDATE_ROLE, { id: role.id, grants: [] });
    expect(await seen()).toBe(0);
  });
});

describe('case 37: nobody hands out more than they have', () => {
  const MINTER = [
    { resources: ['TOKEN', 'ROLE'], verbs: ['ADMIN', 'LIST'] },
    { resources: ['SECRET_GROUP'], verbs: ['LIST', 'READ'], types: ['CONFIG'], projects: ['default-project'] },
    { resources: ['SECRET_GROUP'], verbs: ['LIST'], types: ['SECRET'], projects: ['default-project', 'another'] },
  ];
  let minter: string;
  beforeAll(async () => {
    await done(app, CREATE_ROLE, { name: 'Minter', grants: MINTER });
    minter = await app.token('minter', { expiresAt: '2026-06-01T00:00:00.000Z' });
  });

  it.each([
    ['the same', MINTER, 'OK'],
    ['less', [{ resources: ['SECRET_GROUP'], verbs: ['LIST'], projects: ['default-project'] }], 'OK'],
    ['nothing', [], 'OK'],
    [
      'another verb',
      [{ resources: ['SECRET_GROUP'], verbs: ['LIST', 'WRITE'], projects: ['default-project'] }],
      'FORBIDDEN',
    ],
    ['another type', [{ resources: ['SECRET_GROUP'], verbs: ['READ'], projects: ['default-project'] }], 'FORBIDDEN'],
    [
      'another project',
      [{ resources: ['SECRET_GROUP'], verbs: ['READ'], types: ['CONFIG'], projects: ['another'] }],
      'FORBIDDEN',
    ],
    ['all projects', [{ resources: ['SECRET_GROUP'], verbs: ['READ'], types: ['CONFIG'] }], 'FORBIDDEN'],
    ['another resource', [{ resources: ['WORKLOAD'], verbs: ['LIST'], projects: ['default-project'] }], 'FORBIDDEN'],
  ])('a role with %s', async (what, grants, code) => {
    const name = `Made With ${what}`;
    expect(codeOf(await run(app, CREATE_ROLE, { name, grants }, minter))).toBe(code);
    if (code === 'OK') return;
    const { role } = await done(app, CREATE_ROLE, { name, grants });
    expect(codeOf(await run(app, CREATE, aToken({ role: role.slug }), minter))).toBe('FORBIDDEN');
    // Neither may such a role be cut to what one has, nor one's own grow.
    expect(codeOf(await run(app, UPDATE_ROLE, { id: role.id, grants: [] }, minter))).toBe('FORBIDDEN');
    const own = Buffer.from('Role:minter').toString('base64');
    expect(codeOf(await run(app, UPDATE_ROLE, { id: own, grants }, minter))).toBe('FORBIDDEN');
  });

  it.each([
    ['2026-05-31T23:59:59.999Z', 'OK'],
    ['2026-06-01T02:00:00+02:00', 'OK'],
    ['2026-06-01T00:00:00.001Z', 'FORBIDDEN'],
    ['2026-06-01T00:00:00-00:01', 'FORBIDDEN'],
    [null, 'FORBIDDEN'],
  ])('a token that ends at %s', async (expiresAt, code) => {
    expect(codeOf(await run(app, CREATE, aToken({ role: 'minter', expiresAt }), minter))).toBe(code);
  });

  it.each(['owner', 'operator', 'reader'])('a token with the built-in role %s', async (role) => {
    expect(codeOf(await run(app, CREATE, aToken({ role, expiresAt: '2026-02-01T00:00:00Z' }), minter))).toBe(
      'FORBIDDEN',
    );
  });
});

describe('roles', () => {
  it('are made, changed and deleted', async () => {
    const grants = [{ resources: ['TAG'], verbs: ['LIST'], types: ['CONFIG'], projects: null }];
    const { role } = await done(app, CREATE_ROLE, { name: 'My Role', grants });
    expect(role).toMatchObject({ slug: 'my-role', name: 'My Role', builtIn: false, grants });
    expect(await run(app, CREATE_ROLE, { name: 'my role', grants })).toMatchObject({
      code: 'CONFLICT',
      existing: role.id,
    });
    const renamed = await done(app, UPDATE_ROLE, { id: role.id, name: 'Renamed', expectedRevision: 1 });
    expect(renamed.role).toEqual({ slug: 'my-role', name: 'Renamed', grants: [{ verbs: ['LIST'] }] });
    expect(await run(app, UPDATE_ROLE, { id: role.id, expectedRevision: 1 })).toMatchObject({
      code: 'CONFLICT',
      currentRevision: 2,
    });
    const user = await done(app, CREATE, aToken({ role: 'my-role' }));
    expect(await run(app, DELETE_ROLE, { id: role.id })).toMatchObject({ code: 'CONFLICT', existing: user.token.id });
    await done(app, REVOKE, { id: user.token.id });
    expect(await run(app, DELETE_ROLE, { id: role.id, expectedRevision: 1 })).toMatchObject({
      code: 'CONFLICT',
      currentRevision: 2,
    });
    await done(app, DELETE_ROLE, { id: role.id, expectedRevision: 2 });
    expect(codeOf(await run(app, UPDATE_ROLE, { id: role.id, name: 'Ghost' }))).toBe('NOT_FOUND');
    expect(codeOf(await run(app, CREATE, aToken({ role: 'my-role' })))).toBe('NOT_FOUND');
    expect((await done(app, CREATE_ROLE, { name: 'My Role', grants })).role.id).toBe(role.id);
  });

  it.each(['owner', 'dependent', 'gateway'])(
    'case 33: the built-in %s cannot be changed, deleted or taken',
    async (slug) => {
      const id = Buffer.from(`Role:${slug}`).toString('base64');
      expect(codeOf(await run(app, UPDATE_ROLE, { id, grants: [] }))).toBe('FORBIDDEN');
      expect(codeOf(await run(app, DELETE_ROLE, { id }))).toBe('FORBIDDEN');
      expect(await run(app, CREATE_ROLE, { name: slug.toUpperCase(), grants: [] })).toMatchObject({
        code: 'CONFLICT',
        existing: id,
      });
    },
  );

  it.each([
    ['a verb twice', { resources: ['TAG'], verbs: ['LIST', 'LIST'] }, ['grants.0.verbs.1 unique']],
    ['a project twice', { resources: ['TAG'], verbs: ['LIST'], projects: ['a', 'a'] }, ['grants.0.projects.1 unique']],
    ['an unknown verb', { resources: ['TAG'], verbs: ['SUDO'] }, ['BAD_REQUEST']],
    ['an unknown field', { resources: ['TAG'], verbs: ['LIST'], deny: true }, ['BAD_REQUEST']],
  ])('are refused with %s', async (_what, grant, expected) => {
    expect(await refusals(app, CREATE_ROLE, { name: 'bad role', grants: [grant] })).toEqual(expected);
  });
});

describe('case 245: a grant with an empty list', () => {
  const full = {
    resources: ['ROLE', 'TOKEN'],
    verbs: ['ADMIN', 'LIST'],
    types: ['SECRET'],
    projects: ['default-project'],
  };
  it.each(['resources', 'verbs', 'types', 'projects'])(
    'of %s is refused, in a new role and in a changed one',
    async (name) => {
      const grants = [full, { ...full, [name]: [] }];
      expect(await refusals(app, CREATE_ROLE, { name: 'Empty', grants })).toEqual([`grants.1.${name} min`]);
      const { role } = await done(app, CREATE_ROLE, { name: `Full ${name}`, grants: [full] });
      expect(await refusals(app, UPDATE_ROLE, { id: role.id, grants })).toEqual([`grants.1.${name} min`]);
    },
  );
});
