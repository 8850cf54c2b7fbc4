import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGlobal, aGlobalInput, GLOBAL_FIELDS, globalIdOf, globalOp } from '../support/globals.ts';
import { base64, CANARY, codeOf, done, refusals, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

let count = 0;
const fresh = (): string => {
  count += 1;
  return `Global ${count}`;
};
const CREATE = globalOp('createGlobalSecret');
const PUT = globalOp('putGlobalSecret');
const UPDATE = globalOp('updateGlobalSecret');
const DELETE = globalOp('deleteGlobalSecret');
const RESTORE = globalOp('restoreGlobalSecret');
const READ = `query ($slug: Slug!) { globalSecret(slug: $slug) { ${GLOBAL_FIELDS} } }`;
const LIST = `query ($filter: GlobalSecretFilter, $first: Int, $after: Cursor) {
  globalSecrets(filter: $filter, first: $first, after: $after) { nodes { slug } pageInfo { hasNextPage endCursor } } }`;

const read = async (slug: string, token?: string) => (await app.gql(READ, { slug }, token)).data.globalSecret;
const listed = async (variables: object, token?: string): Promise<readonly string[]> =>
  (await app.gql(LIST, variables, token)).data.globalSecrets.nodes.map(({ slug }: { slug: string }) => slug);

const FULL = {
  description: 'What it is for',
  values: { db: { host: 'db.internal', port: 5432, replicas: ['a', { b: true }], empty: {}, none: null }, x: 1.5 },
  files: [
    { id: 'z.pem', path: '/etc/z.pem', data: base64('text'), encoding: 'UTF_8' },
    { id: 'Key', path: '/etc/key', data: Buffer.from([0, 255, 1]).toString('base64'), encoding: 'BINARY' },
  ],
};
const [PEM, KEY] = FULL.files;
const PATHS = ['db.empty', 'db.host', 'db.none', 'db.port', 'db.replicas.0', 'db.replicas.1.b', 'x'];
const SHOWN = {
  ...FULL,
  masked: false,
  valuePaths: PATHS,
  files: [
    { ...KEY, size: 3, masked: false },
    { ...PEM, size: 4, masked: false },
  ],
};

describe('createGlobalSecret', () => {
  it('keeps all that is given and answers with it', async () => {
    const { globalSecret, commit } = await done(app, CREATE, aGlobalInput({ ...FULL, name: 'The Whole' }));
    const shown = { ...SHOWN, id: globalIdOf('the-whole'), name: 'The Whole', slug: 'the-whole', type: 'SECRET' };
    expect(globalSecret).toEqual({ ...shown, revision: 1 });
    expect(commit.operation).toBe('globalSecret.create');
    expect(await read('the-whole')).toEqual(globalSecret);
    const { data } = await app.gql('query ($id: ID!) { node(id: $id) { __typename id } }', { id: globalSecret.id });
    expect(data.node).toEqual({ __typename: 'GlobalSecret', id: globalSecret.id });
  });

  it('takes nothing for what is absent or null', async () => {
    for (const over of [{}, { description: null, values: null, files: null, idempotencyKey: null }]) {
      const made = await aGlobal(app, { name: fresh(), type: 'CONFIG', ...over });
      expect(made).toMatchObject({ description: null, values: {}, valuePaths: [], files: [], type: 'CONFIG' });
    }
  });

  it('case 50: refuses each name that gives a slug that is taken', async () => {
    const { id } = await aGlobal(app, { name: 'Twice Taken' });
    for (const name of ['Twice Taken', 'twice taken', 'twice-taken', 'TWICE TAKEN', 'Twice-Taken', 'tWICE tAKEN']) {
      const result = await run(app, CREATE, aGlobalInput({ name, type: 'CONFIG' }));
      expect([result.code, result.existing]).toEqual(['CONFLICT', id]);
      expect(result.message).toBe('There is already a secret with the same derived identifier');
    }
  });

  it('answers a repeated request as the first time, and refuses another with its key', async () => {
    const input = aGlobalInput({ ...FULL, name: fresh(), idempotencyKey: 'key 1' });
    const first = await done(app, CREATE, input);
    expect(await done(app, CREATE, input)).toEqual(first);
    const changed = { ...input, values: { ...FULL.values, x: 2 } };
    expect(codeOf(await run(app, CREATE, changed))).toBe('CONFLICT');
  });

  it('case 44: works under names that prototypes have', async () => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
      expect(await read((await aGlobal(app, { name })).slug)).toMatchObject({ name });
    }
  });

  it('needs its type', async () => {
    const { errors } = await app.gql(CREATE, { input: { name: 'No Type' } });
    expect(errors?.[0]?.extensions.code).toBe('BAD_REQUEST');
  });
});

const nested = (depth: number): object => JSON.parse(`${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`);
const file = (over: object) => [{ id: 'a', path: '/a', data: base64('a'), ...over }];

describe('bad input', () => {
  it.each<[string, object, readonly string[]]>([
    ['a short name', { name: 'ab' }, ['name min']],
    ['case 49: a name with a line break', { name: 'a\nbc' }, ['name pattern']],
    ['a bad description', { description: '<b>' }, ['description pattern']],
    ['values that are a list', { values: [CANARY] }, ['values type']],
    ['values that are a text', { values: CANARY }, ['values type']],
    ['case 47: a NUL in a value', { values: { a: [`${CANARY}\0`] } }, ['values.a.0 unicode']],
    ['case 40: a NUL in a name', { values: { 'a\0': 1 } }, ['values.a\0 unicode']],
    ['a long name', { values: { ['a'.repeat(257)]: 1 } }, [`values.${'a'.repeat(60)}… max`]],
    ['a whole number that lost digits', { values: { a: 2 ** 53 } }, ['values.a precision']],
    ['33 levels', { values: nested(33) }, [`values.${Array(32).fill('a').join('.')} depth`]],
    ['20,001 values', { values: { a: Array(19_999).fill(0) } }, ['values max']],
    ['names that add up', { values: { [`${'a'.repeat(250)}`]: Array(19_000).fill(0) } }, ['values max']],
    ['a bad file id', { files: file({ id: `a/${CANARY}` }) }, ['files.0.id pattern']],
    ['case 53: a bad path', { files: file({ path: '/a/../b' }) }, ['files.0.path path']],
    ['case 48: bytes as text', { files: file({ data: '/w==' }) }, ['files.0.data utf8']],
    ['a NUL in a text', { files: file({ data: base64('a\0') }) }, ['files.0.data unicode']],
    ['an id given twice', { files: [...file({}), ...file({ path: '/b' })] }, ['files.1 unique']],
    [
      'all of it',
      { name: 'a', values: { a: 2 ** 60 }, files: file({ id: '' }) },
      ['files.0.id min', 'files.0.id pattern', 'name min', 'values.a precision'],
    ],
  ])('refuses %s', async (_what, over, expected) => {
    expect(await refusals(app, CREATE, aGlobalInput({ name: 'Never Made', ...over }))).toEqual([...expected].sort());
    expect(await read('never-made')).toBeNull();
  });

  it('takes what is just allowed', async () => {
    const values = { deep: nested(31), many: Array(19_900).fill(0), [`${'n'.repeat(256)}`]: -1e-300 };
    expect((await aGlobal(app, { name: fresh(), values })).values).toEqual(values);
    expect((await aGlobal(app, { name: fresh(), values: nested(32) })).values).toEqual(nested(32));
  });

  it.each([
    ['case 45: 100,000 levels', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 400],
    ['case 45: 1,000,000 members', `[${'0,'.repeat(1_000_000)}0]`, 400],
    ['case 46: a name given twice', '{"a":1,"a":2}', 400],
    ['case 47: half a surrogate pair', '{"a":"\\ud800"}', 400],
    ['a number beyond all numbers', '{"a":1e400}', 200],
  ])('%s: refused, and nothing is kept', async (_what, values, status) => {
    const input = `{"name":"Never Made","type":"SECRET","values":${values}}`;
    const body = `{"query":${JSON.stringify(CREATE)},"variables":{"input":${input}}}`;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${app.owner}` };
    const answer = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body });
    expect(answer.status).toBe(status);
    const { data, errors } = (await answer.json()) as Awaited<ReturnType<TestApp['gql']>>;
    expect(data?.result?.code ?? errors?.[0]?.extensions.code).toBe(status === 200 ? 'INVALID_INPUT' : 'BAD_REQUEST');
    expect(await read('never-made')).toBeNull();
  });

  it('case 41: names that prototypes have come back exactly, and pollute nothing', async () => {
    const text =
      '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":1}},"a":{"__proto__":"x","length":2,"":0}}';
    const made = await aGlobal(app, { name: fresh(), values: JSON.parse(text) });
    expect(JSON.stringify(made.values)).toBe(text);
    expect(made.valuePaths).toEqual([
      '__proto__.isAdmin',
      'a.',
      'a.__proto__',
      'a.length',
      'constructor.prototype.isAdmin',
    ]);
    expect(Object.hasOwn(Object.prototype, 'isAdmin')).toBe(false);
    const kept = await done(app, UPDATE, { id: made.id, description: 'again' });
    expect(JSON.stringify(kept.globalSecret.values)).toBe(text);
  });

  it('takes literals of the document as it takes variables', async () => {
    const query = `mutation ($in: String) { result: createGlobalSecret(input: { name: "Literally", type: CONFIG, values: {
      __proto__: { a: 1 }, list: [1, -2.5, true, null, "t"], given: $in } }) {
      __typename ... on CreateGlobalSecretPayload { globalSecret { values } } ... on Error { code message } } }`;
    const { data } = await app.gql(query, { in: 'from outside' });
    expect(JSON.stringify(data.result.globalSecret?.values ?? data.result)).toBe(
      '{"__proto__":{"a":1},"list":[1,-2.5,true,null,"t"],"given":"from outside"}',
    );
    const bare =
      'mutation { createGlobalSecret(input: { name: "Bare", type: CONFIG, values: { a: WORD } }) { __typename } }';
    expect((await app.gql(bare)).errors?.[0]?.extensions.code).toBe('BAD_REQUEST');
  });
});

describe('putGlobalSecret', () => {
  it('creates, then replaces as a whole', async () => {
    const name = fresh();
    const first = await done(app, PUT, aGlobalInput({ ...FULL, name }));
    expect([first.globalSecret.revision, first.commit.operation]).toEqual([1, 'globalSecret.put']);
    const second = await done(app, PUT, aGlobalInput({ name, values: { only: 'this' }, expectedRevision: 1 }));
    expect(second.globalSecret).toMatchObject({ revision: 2, values: { only: 'this' }, files: [], description: null });
  });

  it.each([
    ['another type', { type: 'CONFIG' }, 'INVALID_INPUT'],
    ['a revision that is past', { expectedRevision: 7 }, 'CONFLICT'],
  ])('refuses %s', async (_what, over, code) => {
    const name = fresh();
    await aGlobal(app, { name, values: { kept: true } });
    expect(codeOf(await run(app, PUT, aGlobalInput({ name, ...over })))).toBe(code);
    expect(await read(name.toLowerCase().replace(' ', '-'))).toMatchObject({ revision: 1, values: { kept: true } });
  });

  it('refuses a revision of what is not there', async () => {
    expect(codeOf(await run(app, PUT, aGlobalInput({ name: fresh(), expectedRevision: 1 })))).toBe('CONFLICT');
  });
});

describe('updateGlobalSecret', () => {
  it('changes only what is given', async () => {
    const { id } = await aGlobal(app, { ...FULL, name: fresh() });
    expect((await done(app, UPDATE, { id, values: { new: [] } })).globalSecret).toMatchObject({
      description: FULL.description,
      values: { new: [] },
      valuePaths: ['new'],
      files: SHOWN.files,
      revision: 2,
    });
    const cleared = await done(app, UPDATE, { id, description: null, files: [], expectedRevision: 2 });
    expect(cleared.globalSecret).toMatchObject({ description: null, values: { new: [] }, files: [], revision: 3 });
    expect(await refusals(app, UPDATE, { id, values: null, files: null })).toEqual(['files type', 'values type']);
    expect(codeOf(await run(app, UPDATE, { id, description: 'x', expectedRevision: 2 }))).toBe('CONFLICT');
  });

  it.each(['name', 'type', 'slug'])('case 29: takes no %s', async (field) => {
    const { id } = await aGlobal(app, { name: fresh() });
    const { errors } = await app.gql(UPDATE, { input: { id, [field]: 'CONFIG' } });
    expect(errors?.[0]?.extensions.code).toBe('BAD_REQUEST');
  });

  it('refuses what is not there', async () => {
    for (const id of [globalIdOf('nothing'), globalIdOf(''), 'junk', Buffer.from('Tag:the-whole').toString('base64')]) {
      expect(codeOf(await run(app, UPDATE, { id, description: 'x' }))).toBe('NOT_FOUND');
    }
  });
});

describe('deleting and restoring', () => {
  it('hides it, and brings it back as it was', async () => {
    const name = fresh();
    const made = await aGlobal(app, { ...FULL, name });
    expect(codeOf(await run(app, RESTORE, { id: made.id }))).toBe('CONFLICT');
    expect(codeOf(await run(app, DELETE, { id: made.id, expectedRevision: 2 }))).toBe('CONFLICT');
    await done(app, DELETE, { id: made.id, expectedRevision: 1 });
    expect(await read(made.slug)).toBeNull();
    expect(await listed({ filter: { nameContains: name } })).toEqual([]);
    for (const op of [DELETE, UPDATE]) expect(codeOf(await run(app, op, { id: made.id }))).toBe('NOT_FOUND');
    expect((await done(app, RESTORE, { id: made.id })).globalSecret).toEqual({ ...made, revision: 3 });
  });

  it('leaves the name free, for either type', async () => {
    const { id } = await aGlobal(app, { ...FULL, name: 'Free Again' });
    await done(app, DELETE, { id });
    const again = await aGlobal(app, { name: 'Free Again', type: 'CONFIG' });
    expect(again).toMatchObject({ type: 'CONFIG', values: {}, files: [], revision: 3 });
  });
});

describe('lists', () => {
  it('come by slug, filtered, in pages', async () => {
    for (const [name, type] of [
      ['List C', 'SECRET'],
      ['list A', 'CONFIG'],
      ['LIST b', 'SECRET'],
    ]) {
      await aGlobal(app, { name, type });
    }
    expect(await listed({ filter: { nameContains: 'LiSt ' } })).toEqual(['list-a', 'list-b', 'list-c']);
    expect(await listed({ filter: { nameContains: 'list ', type: 'SECRET' } })).toEqual(['list-b', 'list-c']);
    const filter = { nameContains: 'list ' };
    const { data } = await app.gql(LIST, { filter, first: 2 });
    const { hasNextPage, endCursor: after } = data.globalSecrets.pageInfo;
    expect([hasNextPage, await listed({ filter, first: 2, after })]).toEqual([true, ['list-c']]);
  });
});
