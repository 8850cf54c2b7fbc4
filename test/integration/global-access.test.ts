import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGlobal, aGlobalInput, GLOBAL_FIELDS, globalIdOf, globalOp } from '../support/globals.ts';
import { base64, codeOf, done, operation, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
const tokens = new Map<string, string>();
const as = (role: string): string => tokens.get(role) ?? '';

const HELD = {
  values: { password: 'hunter2canary' },
  files: [{ id: 'ca', path: '/ca', data: base64('hunter2canary'), encoding: 'UTF_8' }],
};

async function aRole(name: string, grants: readonly object[]): Promise<void> {
  await done(app, operation('createRole', ''), { name, grants });
  tokens.set(name, await app.token(name));
}

beforeAll(async () => {
  app = await startApp();
  await aGlobal(app, { ...HELD, name: 'the secret' });
  await aGlobal(app, { ...HELD, name: 'the config', type: 'CONFIG' });
  const { id } = await aGlobal(app, { ...HELD, name: 'the deleted' });
  await done(app, globalOp('deleteGlobalSecret'), { id });
  for (const role of ['owner', 'operator', 'developer', 'reader', 'auditor', 'gateway']) {
    tokens.set(role, await app.token(role));
  }
  const resources = ['GLOBAL_SECRET'];
  const all = ['LIST', 'LIST_KEYS', 'READ', 'WRITE', 'DELETE'];
  const types = ['SECRET', 'CONFIG'];
  await aRole('lister', [{ resources, verbs: ['LIST'], types }]);
  await aRole('valuer', [{ resources, verbs: ['LIST', 'READ'], types }]);
  await aRole('configurer', [{ resources, verbs: all, types: ['CONFIG'] }]);
  await aRole('projector', [{ resources, verbs: all, types, projects: ['default-project'] }]);
  await aRole('grouper', [{ resources: ['SECRET_GROUP'], verbs: all, types }]);
  await aRole('blind', [
    { resources, verbs: ['WRITE', 'DELETE'], types },
    { resources, verbs: ['LIST'], types: ['CONFIG'] },
  ]);
});
afterAll(() => app.close());

const READ = (fields: string) => `query ($slug: Slug!) { globalSecret(slug: $slug) { ${fields} } }`;

/** What a role sees: `nothing`, `name`, `keys` or `values`. */
async function sightOf(role: string, slug: string): Promise<string> {
  const plain = await app.gql(READ('slug values masked'), { slug }, as(role));
  const answer = await app.gql(READ(GLOBAL_FIELDS), { slug }, as(role));
  const canary = JSON.stringify([plain, answer]).includes('hunter2canary');
  const coded = JSON.stringify([plain, answer]).includes(base64('hunter2canary'));
  if (plain.data.globalSecret === null) return canary || coded ? 'leak' : 'nothing';
  const { values, masked } = plain.data.globalSecret;
  if (!masked) return canary && coded ? 'values' : 'a mask without a reason';
  if (canary || coded || values !== null) return 'leak';
  if (answer.errors) return answer.errors.every(({ extensions }) => extensions.code === 'FORBIDDEN') ? 'name' : 'error';
  const [file] = answer.data.globalSecret.files;
  return file.data === null && file.masked ? 'keys' : 'leak';
}

describe('who sees what', () => {
  it.each([
    ['owner', 'values', 'values'],
    ['operator', 'keys', 'values'],
    ['developer', 'keys', 'values'],
    ['reader', 'values', 'values'],
    ['auditor', 'keys', 'keys'],
    ['gateway', 'nothing', 'nothing'],
    ['lister', 'name', 'name'],
    ['valuer', 'name', 'name'],
    ['configurer', 'nothing', 'values'],
    ['projector', 'nothing', 'nothing'],
    ['grouper', 'nothing', 'nothing'],
  ])('case 22: %s: of a secret %s, of configuration %s', async (role, secret, config) => {
    expect([await sightOf(role, 'the-secret'), await sightOf(role, 'the-config')]).toEqual([secret, config]);
    expect(await sightOf(role, 'the-deleted')).toBe('nothing');
    const { data } = await app.gql('{ globalSecrets { nodes { slug } } }', {}, as(role));
    const expected = [...(config === 'nothing' ? [] : ['the-config']), ...(secret === 'nothing' ? [] : ['the-secret'])];
    expect(data.globalSecrets.nodes.map(({ slug }: { slug: string }) => slug)).toEqual(expected);
  });

  it('case 1: a stranger is refused', async () => {
    const { errors } = await app.gql(READ('slug'), { slug: 'the-secret' }, null);
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });
});

const ON_ONE: readonly (readonly [string, object])[] = [
  ['updateGlobalSecret', { values: {} }],
  ['updateGlobalSecret', { expectedRevision: 99 }],
  ['deleteGlobalSecret', {}],
  ['restoreGlobalSecret', {}],
];

describe('what one may not see', () => {
  it.each(ON_ONE)('case 19: %s %j answers as if it were not there', async (name, over) => {
    const ask = (slug: string, role = 'configurer') =>
      run(app, globalOp(name, 'id'), { id: globalIdOf(slug), ...over }, as(role));
    const missing = await ask('the-missing');
    expect(codeOf(missing)).toBe('NOT_FOUND');
    for (const slug of ['the-secret', 'the-deleted']) {
      expect(await ask(slug)).toEqual({ ...missing, message: missing.message.replace('the-missing', slug) });
    }
  });

  it('case 21: is no node', async () => {
    const query = 'query ($id: ID!) { node(id: $id) { id } }';
    expect((await app.gql(query, { id: globalIdOf('the-secret') }, as('configurer'))).data.node).toBeNull();
  });

  it.each(['createGlobalSecret', 'putGlobalSecret'])('case 30: %s on it neither overwrites nor tells', async (name) => {
    const result = await run(
      app,
      globalOp(name, 'id'),
      aGlobalInput({ name: 'the secret', type: 'CONFIG' }),
      as('configurer'),
    );
    expect([result.code, result.existing, result.currentRevision]).toEqual(['CONFLICT', null, null]);
    const own = await run(app, globalOp(name, 'id'), aGlobalInput({ name: 'the secret' }), as('blind'));
    expect([own.code, own.existing]).toEqual(['CONFLICT', null]);
    const { data } = await app.gql(READ('revision values'), { slug: 'the-secret' });
    expect(data.globalSecret).toEqual({ revision: 1, values: HELD.values });
  });
});

describe('who may change what', () => {
  it.each([
    ['operator', 'SECRET', 'OK'],
    ['operator', 'CONFIG', 'OK'],
    ['developer', 'SECRET', 'FORBIDDEN'],
    ['developer', 'CONFIG', 'OK'],
    ['reader', 'CONFIG', 'FORBIDDEN'],
    ['auditor', 'CONFIG', 'FORBIDDEN'],
    ['projector', 'CONFIG', 'FORBIDDEN'],
    ['grouper', 'CONFIG', 'FORBIDDEN'],
  ])('%s, of type %s: %s', async (role, type, code) => {
    const name = `by ${role} ${type}`;
    for (const op of ['createGlobalSecret', 'putGlobalSecret']) {
      expect(codeOf(await run(app, globalOp(op, 'id'), aGlobalInput({ name, type }), as(role)))).toBe(
        op === 'putGlobalSecret' || code !== 'OK' ? code : 'OK',
      );
    }
    const slug = `the-${type.toLowerCase()}`;
    const update = await run(
      app,
      globalOp('updateGlobalSecret', 'id'),
      { id: globalIdOf(slug), description: 'x' },
      as(role),
    );
    expect(codeOf(update)).toBe(role === 'projector' || role === 'grouper' ? 'NOT_FOUND' : code);
  });

  it('an operator writes what it may not read, and gets it masked', async () => {
    const made = await done(
      app,
      globalOp('createGlobalSecret'),
      aGlobalInput({ ...HELD, name: 'unread' }),
      as('operator'),
    );
    expect(made.globalSecret).toMatchObject({ values: null, masked: true, valuePaths: ['password'] });
    expect(JSON.stringify(made)).not.toContain('hunter2canary');
  });

  it('deleting needs its own verb', async () => {
    const refused = await run(
      app,
      globalOp('deleteGlobalSecret', 'id'),
      { id: globalIdOf('the-secret') },
      as('developer'),
    );
    expect(codeOf(refused)).toBe('FORBIDDEN');
  });
});

describe('limits', () => {
  it('are named, and nothing is written past them', async () => {
    const small = await startApp({ limits: { globalSecretBytes: 200, fileBytes: 100, globalSecretsPerTeam: 2 } });
    const ask = (over: object, op = 'createGlobalSecret') => run(small, globalOp(op, 'id'), aGlobalInput(over));
    const big = [{ id: 'big', path: '/a', data: base64('a'.repeat(101)), encoding: 'UTF_8' }];
    expect(await ask({ files: big })).toMatchObject({ limit: 'bytes of the file big', maximum: 100, actual: 101 });
    const over = { values: { a: 'é'.repeat(97) } };
    expect(await ask(over)).toMatchObject({ limit: 'bytes in all', maximum: 200, actual: 202 });
    expect(codeOf(await ask({ values: { a: 'é'.repeat(96) } }))).toBe('OK');
    const id = globalIdOf('example-global');
    const changed = await run(small, globalOp('updateGlobalSecret', 'id'), { id, ...over });
    expect(changed).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 'bytes in all' });
    expect(codeOf(await ask(over, 'putGlobalSecret'))).toBe('LIMIT_EXCEEDED');
    expect(codeOf(await ask({ name: 'second' }))).toBe('OK');
    expect(await ask({ name: 'third' })).toMatchObject({ limit: 'global secrets in the team', maximum: 2, actual: 3 });
    expect((await small.gql(READ('revision'), { slug: 'example-global' })).data.globalSecret.revision).toBe(1);
    await small.close();
  });

  it('8 MiB of files and values are taken, one byte more is not', async () => {
    const bytes = (n: number) => base64('a'.repeat(n));
    const files = (last: number) =>
      [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ({ id: `${n}`, path: '/a', data: bytes(n === 8 ? last : 1_048_576) }));
    // 8 ids, 8 paths of 2, and `{}`.
    const fits = 1_048_576 - 8 - 16 - 2;
    expect(
      codeOf(await run(app, globalOp('createGlobalSecret', 'id'), aGlobalInput({ name: 'full', files: files(fits) }))),
    ).toBe('OK');
    const more = await run(
      app,
      globalOp('createGlobalSecret', 'id'),
      aGlobalInput({ name: 'fuller', files: files(fits + 1) }),
    );
    expect(more).toMatchObject({ limit: 'bytes in all', maximum: 8_388_608, actual: 8_388_609 });
  });
});
