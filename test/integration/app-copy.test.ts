import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  anApp,
  appIdOf,
  aSecret,
  environmentIdOf,
  environmentOp,
  rendered,
  renderedTexts,
  secretIdOf,
  secretOp,
  valueOp,
} from '../support/apps.ts';
import { codeOf, done, operation, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
const tokens = new Map<string, string>();
const as = (role: string): string => tokens.get(role) ?? '';
let apps = 0;
/** Each test has an app of its own, and so a gateway of its own is not needed for each. */
let slug = '';

async function start(): Promise<TestApp> {
  const made = await startApp();
  for (const role of ['owner', 'operator', 'developer', 'reader']) tokens.set(role, await made.token(role));
  const resources = ['APP_SECRET'];
  const roles: readonly (readonly [string, readonly string[]])[] = [
    ['copier', ['LIST', 'LIST_KEYS', 'READ', 'WRITE']],
    ['promoter', ['LIST', 'LIST_KEYS', 'READ', 'WRITE', 'RESOLVE', 'WRITE_PROTECTED']],
  ];
  for (const [name, verbs] of roles) {
    const grants = [
      { resources: ['APP'], verbs: ['LIST'] },
      { resources, verbs },
    ];
    await done(made, operation('createRole', ''), { name, grants });
    tokens.set(name, await made.token(name));
  }
  return made;
}

beforeEach(async () => {
  app ??= await start();
  apps += 1;
  slug = `app-${apps}`;
  await anApp(app, { name: slug });
  for (const name of ['equal', 'changed', 'added', 'removed', 'neither', 'hidden'])
    await aSecret(app, { app: slug, name });
  const set = (name: string, environment: string, text: string, hidden = false) =>
    done(app, valueOp('setAppSecretValue'), {
      id: secretIdOf(name, slug),
      environment,
      hidden,
      valueTypeUrn: 'urn:app-secret:app-secret-type:keyValueAppSecret',
      kvAppSecretValue: { typeHint: 'urn:app-secret:kv-secret-value:textType', text },
    });
  await set('equal', 'dev', 'same');
  await set('equal', 'staging', 'same');
  await set('changed', 'dev', 'new');
  await set('changed', 'staging', 'old');
  await set('added', 'dev', 'added');
  await set('removed', 'staging', 'stays');
  await set('hidden', 'dev', 'hunter2', true);
  await set('hidden', 'staging', 'hunter2', true);
});
afterAll(() => app.close());

const DIFFERENCE = `query ($app: Slug!, $from: Slug!, $to: Slug!) { app(slug: $app) {
  difference(from: $from, to: $to) { status secret { name } } unsetSecrets { secret { name } environments { slug } } } }`;
async function differenceFor(role: string, from = 'dev', to = 'staging') {
  const { data, errors } = await app.gql(DIFFERENCE, { app: slug, from, to }, as(role));
  if (errors) return errors[0]?.extensions.code;
  return Object.fromEntries(
    data.app.difference.map(({ status, secret }: { status: string; secret: { name: string } }) => [
      secret.name,
      status,
    ]),
  );
}

const PREVIEW = `query ($app: Slug!, $from: Slug!, $to: Slug!, $names: [String!]) {
  previewAppSecretCopy(app: $app, from: $from, to: $to, names: $names) {
    planHash from { slug } to { slug } entries { action secret { name } } } }`;
async function previewFor(role: string, over: object = {}) {
  const { data, errors } = await app.gql(PREVIEW, { app: slug, from: 'dev', to: 'staging', ...over }, as(role));
  if (errors) return { planHash: '', entries: errors[0]?.extensions.code };
  const { planHash, entries } = data.previewAppSecretCopy;
  return {
    planHash,
    entries: Object.fromEntries(
      entries.map(({ action, secret }: { action: string; secret: { name: string } }) => [secret.name, action]),
    ),
  };
}
const COPY = operation('copyAppSecretValues', 'plan { planHash entries { action secret { name } } }');
const copyAs = (role: string, planHash: string, over: object = {}) =>
  run(app, COPY, { app: appIdOf(slug), from: 'dev', to: 'staging', planHash, ...over }, as(role));
const previewAndCopy = async (role: string, over: object = {}) =>
  copyAs(role, (await previewFor(role, over)).planHash, over);

const textsIn = (environment: string) => renderedTexts(app, { app: slug, environment });

describe('the difference of two environments', () => {
  const WHOLE = { added: 'REMOVED', changed: 'CHANGED', equal: 'EQUAL', hidden: 'EQUAL', removed: 'ADDED' };

  it('says what is equal to those alone who get both texts', async () => {
    expect(await differenceFor('owner')).toEqual(WHOLE);
    expect(await differenceFor('reader')).toEqual(WHOLE);
    expect(await differenceFor('copier')).toEqual({ ...WHOLE, hidden: 'SET_IN_BOTH' });
    const kept = { ...WHOLE, hidden: 'SET_IN_BOTH', equal: 'SET_IN_BOTH', changed: 'SET_IN_BOTH' };
    expect(await differenceFor('operator')).toEqual(kept);
    expect(await differenceFor('developer')).toEqual(kept);
    expect(await differenceFor('owner', 'dev', 'dev')).toEqual({
      added: 'EQUAL',
      changed: 'EQUAL',
      equal: 'EQUAL',
      hidden: 'EQUAL',
    });
    const nowhere = await app.gql(DIFFERENCE, { app: slug, from: 'dev', to: 'nowhere' });
    expect(nowhere.data.app.difference).toBeNull();
  });

  it('and what is unset where', async () => {
    const { data } = await app.gql(DIFFERENCE, { app: slug, from: 'dev', to: 'dev' });
    const unset = data.app.unsetSecrets.map(
      ({ secret, environments }: { secret: { name: string }; environments: readonly { slug: string }[] }) =>
        `${secret.name}: ${environments.map((each) => each.slug).join()}`,
    );
    expect(unset).toEqual([
      'added: staging,production',
      'changed: production',
      'equal: production',
      'hidden: production',
      'neither: dev,staging,production',
      'removed: dev,production',
    ]);
  });
});

describe('a copy', () => {
  it('does what its preview said, and nothing else', async () => {
    const before = await app.gql(
      `{ app(slug: "${slug}") { secret(slug: "equal") { value(environment: "staging") { revision } } } }`,
    );
    const { planHash, entries } = await previewFor('owner');
    expect(entries).toEqual({ added: 'ADDED', changed: 'CHANGED', equal: 'UNCHANGED', hidden: 'UNCHANGED' });
    const result = await copyAs('owner', planHash);
    expect(result).toMatchObject({ plan: { planHash }, commit: { operation: 'appSecretValue.copy' } });
    expect(await textsIn('staging')).toEqual({
      added: 'added',
      changed: 'new',
      equal: 'same',
      hidden: 'hunter2',
      neither: null,
      removed: 'stays',
    });
    const after = await app.gql(
      `{ app(slug: "${slug}") { secret(slug: "equal") { value(environment: "staging") { revision } } } }`,
    );
    expect(after.data).toEqual(before.data);
    expect((await previewFor('owner')).entries).toEqual({
      added: 'UNCHANGED',
      changed: 'UNCHANGED',
      equal: 'UNCHANGED',
      hidden: 'UNCHANGED',
    });
    expect(codeOf(await previewAndCopy('owner'))).toBe('OK');
  });

  it('of some names copies those', async () => {
    const names = ['changed', 'changed', 'neither', 'nothing'];
    expect((await previewFor('owner', { names })).entries).toEqual({ changed: 'CHANGED' });
    expect(codeOf(await previewAndCopy('owner', { names }))).toBe('OK');
    expect(await textsIn('staging')).toMatchObject({ added: null, changed: 'new' });
    // A plan is good for what it was made for.
    const { planHash } = await previewFor('owner', { names: ['added'] });
    expect(codeOf(await copyAs('owner', planHash))).toBe('CONFLICT');
    expect(codeOf(await copyAs('owner', planHash, { names: ['added'], to: 'production' }))).toBe('CONFLICT');
  });

  it('keeps what is hidden hidden, whoever copies it', async () => {
    const plan = await previewFor('copier');
    expect(plan.entries).toEqual({ added: 'ADDED', changed: 'CHANGED', equal: 'UNCHANGED', hidden: 'WRITTEN' });
    expect(codeOf(await copyAs('copier', plan.planHash))).toBe('OK');
    const query = `{ app(slug: "${slug}") { secret(slug: "hidden") { value(environment: "staging") {
      hidden text masked revision revisions { nodes { text } } } } } }`;
    const { data } = await app.gql(query, {}, as('owner'));
    // Written again, so that its revision does not tell that it was equal.
    expect(data.app.secret.value).toMatchObject({ hidden: true, text: null, masked: true, revision: 2 });
    expect(JSON.stringify(data)).not.toContain('hunter2');
  });

  const HASH = 'anything';
  it.each([
    ['developer', 'FORBIDDEN'],
    ['reader', 'FORBIDDEN'],
    // Writes without reading.
    ['operator', 'FORBIDDEN'],
    ['copier', 'CONFLICT'],
  ])('by %s with a made-up plan: %s', async (role, code) => {
    expect(codeOf(await copyAs(role, HASH))).toBe(code);
  });

  it('of hidden values alone needs no reading', async () => {
    expect(codeOf(await previewAndCopy('operator', { names: ['hidden'] }))).toBe('OK');
    expect(codeOf(await previewAndCopy('operator', { names: ['hidden', 'added'] }))).toBe('FORBIDDEN');
  });

  it('into a protected environment needs the right for it; out of one it does not', async () => {
    const over = { to: 'production' };
    expect(codeOf(await previewAndCopy('copier', over))).toBe('FORBIDDEN');
    expect(codeOf(await previewAndCopy('promoter', over))).toBe('OK');
    expect(await textsIn('production')).toEqual({ ...(await textsIn('dev')) });
    expect(codeOf(await previewAndCopy('copier', { from: 'production', to: 'dev' }))).toBe('OK');
  });

  it.each([
    ['a value in the source', () => set('added', 'dev', 'changed since')],
    ['an equal value in the source', () => set('added', 'dev', 'added')],
    ['a value in the target', () => set('changed', 'staging', 'changed since')],
    ['one that is set now', () => set('neither', 'dev', 'set since')],
    ['one that is unset now', () => unset('added', 'dev')],
    ['one that is unset in the target', () => unset('equal', 'staging')],
    ['a secret that is gone', () => done(app, secretOp('deleteAppSecret', 'id'), { id: secretIdOf('added', slug) })],
    ['another environment of the same slug', () => renew()],
  ] as const)('is refused once the base has moved: %s', async (_what, move) => {
    const { planHash } = await previewFor('owner');
    await move();
    const before = await rendered(app, { app: slug, environment: 'staging' });
    expect(codeOf(await copyAs('owner', planHash))).toBe('CONFLICT');
    expect(await rendered(app, { app: slug, environment: 'staging' })).toEqual(before);
  });

  it.each([
    ['a value elsewhere', () => set('added', 'production', 'x')],
    ['a value that is not copied', () => set('removed', 'staging', 'x')],
    [
      'the name of a secret`s provider',
      () => done(app, secretOp('updateAppSecret', 'id'), { id: secretIdOf('added', slug), providerId: 'x' }),
    ],
    ['another app', () => aSecret(app, { app: slug, name: `more ${apps}` })],
  ] as const)('is not refused for %s', async (_what, move) => {
    const { planHash } = await previewFor('owner');
    await move();
    expect(codeOf(await copyAs('owner', planHash))).toBe('OK');
  });

  it('is refused to the same environment, and finds none that is not there', async () => {
    expect(await copyAs('owner', HASH, { to: 'dev' })).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ path: ['to'] }],
    });
    expect(codeOf(await copyAs('owner', HASH, { to: 'nowhere' }))).toBe('NOT_FOUND');
    const { data } = await app.gql(PREVIEW, { app: 'nowhere', from: 'dev', to: 'staging' });
    expect(data.previewAppSecretCopy).toBeNull();
  });
});

const set = (name: string, environment: string, text: string) =>
  done(app, valueOp('setAppSecretValue'), {
    id: secretIdOf(name, slug),
    environment,
    hidden: false,
    valueTypeUrn: 'urn:app-secret:app-secret-type:keyValueAppSecret',
    kvAppSecretValue: { typeHint: 'urn:app-secret:kv-secret-value:textType', text },
  });
const unset = (name: string, environment: string) =>
  done(app, valueOp('unsetAppSecretValue'), { id: secretIdOf(name, slug), environment });
async function renew(): Promise<void> {
  await done(app, environmentOp('deleteEnvironment', 'id'), { id: environmentIdOf('staging', slug), force: true });
  await done(app, environmentOp('createEnvironment', 'id'), { app: slug, discardValues: true, name: 'staging' });
}
