import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  anApp,
  appIdOf,
  appOp,
  aSecret,
  aValue,
  aValueInput,
  environmentIdOf,
  environmentOp,
  RENDERED,
  rendered,
  SECRET_FIELDS,
  secretIdOf,
  secretOp,
  VALUE_FIELDS,
  valueOp,
} from '../support/apps.ts';
import { codeOf, done, operation, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const CANARY = 'hunter2canary';
let app: TestApp;
let stranger: string;
const tokens = new Map<string, string>();
const as = (role: string): string => tokens.get(role) ?? '';

async function aRole(name: string, grants: readonly object[]): Promise<void> {
  await done(app, operation('createRole', ''), { name, grants });
  tokens.set(name, await app.token(name.replaceAll(' ', '-')));
}

const LIST_APPS = { resources: ['APP'], verbs: ['LIST'] };
const onSecrets = (...verbs: string[]) => ({ resources: ['APP_SECRET'], verbs });

beforeAll(async () => {
  app = await startApp();
  await anApp(app);
  await aSecret(app);
  await aValue(app, 'api-key', 'dev', CANARY);
  await aSecret(app, { name: 'hidden' });
  await aValue(app, 'hidden', 'dev', CANARY, { hidden: true });
  await aSecret(app, { name: 'gone' });
  await done(app, secretOp('deleteAppSecret', 'slug'), { id: secretIdOf('gone') });
  for (const role of ['owner', 'operator', 'developer', 'reader', 'auditor', 'gateway']) {
    tokens.set(role, await app.token(role));
  }
  await aRole('app lister', [LIST_APPS]);
  await aRole('secret lister', [LIST_APPS, onSecrets('LIST')]);
  await aRole('secret reader', [LIST_APPS, onSecrets('LIST', 'LIST_KEYS', 'READ')]);
  await aRole('renderer', [LIST_APPS, onSecrets('LIST', 'RESOLVE')]);
  await aRole('unlisted renderer', [LIST_APPS, onSecrets('LIST_KEYS', 'RESOLVE', 'READ', 'WRITE', 'DELETE')]);
  await aRole('config only', [LIST_APPS, { ...onSecrets('LIST', 'LIST_KEYS', 'READ', 'RESOLVE'), types: ['CONFIG'] }]);
  await aRole('one project', [
    { resources: ['APP', 'APP_SECRET'], verbs: ['LIST', 'LIST_KEYS', 'READ', 'RESOLVE'], projects: ['example-app'] },
  ]);
  await aRole('writer', [LIST_APPS, onSecrets('LIST', 'LIST_KEYS', 'WRITE', 'DELETE')]);
  await aRole('app worker', [{ resources: ['APP'], verbs: ['LIST', 'WRITE', 'DELETE'] }]);
  stranger = (await app.gateway.services.access.bootstrap('other-team')) ?? '';
});
afterAll(() => app.close());

const VALUES = `query ($slug: Slug!) { app(slug: "example-app") { secret(slug: $slug) {
  name value(environment: "dev") { ${VALUE_FIELDS} revisions { nodes { text masked } } } } } }`;

/** What a role sees of a value: `nothing`, `name`, `mask` or `value`. */
async function sightOf(role: string, slug: string): Promise<string> {
  const { data, errors } = await app.gql(VALUES, { slug }, as(role));
  const canary = JSON.stringify({ data, errors }).includes(CANARY);
  const found = data?.app?.secret;
  if (!found) return canary ? 'leak' : 'nothing';
  if (!found.value) return !canary && errors?.[0]?.extensions.code === 'FORBIDDEN' ? 'name' : 'leak';
  if (!found.value.masked) return canary && found.value.text === CANARY ? 'value' : 'a mask without a reason';
  return canary || found.value.text !== null ? 'leak' : 'mask';
}

/** What a role gets rendered in full, of both: `refused`, `absent`, `mask` or `value`. */
async function renderingOf(role: string): Promise<string> {
  const variables = { app: 'example-app', environment: 'dev', mode: 'FULL' };
  const { data, errors } = await app.gql(RENDERED, variables, as(role));
  if (errors) return errors[0]?.extensions.code === 'FORBIDDEN' ? 'refused' : 'error';
  if (!data.app) return 'no app';
  const { secrets } = data.app.rendered;
  if (secrets.length === 0) return 'absent';
  const texts: readonly (string | null)[] = secrets.map(
    ({ serializedValue }: { serializedValue: string | null }) => serializedValue,
  );
  return texts.every((text) => text === CANARY) ? 'value' : texts.every((text) => text === null) ? 'mask' : 'mixed';
}

describe('who sees what', () => {
  it.each([
    ['owner', 'value', 'mask', 'value'],
    ['operator', 'mask', 'mask', 'mask'],
    ['developer', 'mask', 'mask', 'mask'],
    ['reader', 'value', 'mask', 'value'],
    ['auditor', 'mask', 'mask', 'mask'],
    ['gateway', 'nothing', 'nothing', 'no app'],
    ['app lister', 'nothing', 'nothing', 'refused'],
    ['secret lister', 'name', 'name', 'refused'],
    ['secret reader', 'value', 'mask', 'mask'],
    ['renderer', 'name', 'name', 'value'],
    ['unlisted renderer', 'nothing', 'nothing', 'absent'],
    ['config only', 'nothing', 'nothing', 'refused'],
    ['one project', 'nothing', 'nothing', 'no app'],
  ])('case 22: %s: of a value %s, of a hidden one %s, rendered %s', async (role, plain, hidden, full) => {
    expect([await sightOf(role, 'api-key'), await sightOf(role, 'hidden')]).toEqual([plain, hidden]);
    expect(await renderingOf(role)).toBe(full);
    expect(await sightOf(role, 'gone')).toBe('nothing');
  });

  it.each([
    ['1 byte', 'x'],
    ['1 MB', 'x'.repeat(1_000_000)],
  ])('case 23: a preview of %s is the same mask', async (_size, text) => {
    const large = await startApp({ limits: { appSecretValueBytes: 1_000_000, bodyBytes: 2_000_000 } });
    await anApp(large);
    await aSecret(large);
    await aValue(large, 'api-key', 'dev', text);
    for (const token of [large.owner, await large.token('developer')]) {
      const { secrets } = await rendered(large, { mode: 'PREVIEW_ONLY' }, token);
      expect(secrets).toEqual([
        {
          key: 'API_KEY',
          valueTypeUrn: 'urn:rendered-app-secret:value-type:String',
          secretId: secretIdOf('api-key'),
          secret: { slug: 'api-key' },
          serializedValue: null,
          masked: true,
        },
      ]);
    }
    await large.close();
  });

  it('case 36: names that the caller may not list are absent, without a count', async () => {
    for (const names of [['API_KEY'], ['nothing'], null]) {
      const answer = await rendered(app, { names }, as('unlisted renderer'));
      expect([answer.secrets, answer.unset]).toEqual([[], []]);
    }
    const digests = new Set<string>();
    for (const names of [['API_KEY'], ['API_KEY', 'hidden'], ['x']]) {
      digests.add((await rendered(app, { names }, as('unlisted renderer'))).secretDigest);
    }
    expect(digests.size).toBe(1);
    const QUERY = `{ app(slug: "example-app") { secrets { nodes { slug } pageInfo { hasNextPage endCursor } }
      unsetSecrets { secret { slug } } difference(from: "dev", to: "staging") { status } } }`;
    const { data } = await app.gql(QUERY, {}, as('unlisted renderer'));
    expect(data.app).toEqual({
      secrets: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } },
      unsetSecrets: [],
      difference: [],
    });
  });

  it('case 1: a stranger is refused', async () => {
    const { errors } = await app.gql('{ apps { nodes { slug } } }', {}, null);
    expect(errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });
});

const ON_SECRET: readonly (readonly [string, object])[] = [
  ['updateAppSecret', { providerId: 'x' }],
  ['updateAppSecret', { expectedRevision: 99 }],
  ['deleteAppSecret', {}],
  ['restoreAppSecret', {}],
  ['setAppSecretValue', aValueInput('x')],
  ['setAppSecretValue', aValueInput('x', { environment: 'nowhere' })],
  ['unsetAppSecretValue', { environment: 'dev' }],
  ['generateAppSecretValue', { environment: 'dev', hidden: true, apiKey: { bytes: 32 } }],
];
const MADE_BY = new Map([
  ['setAppSecretValue', 'appSecretValue { isSet }'],
  ['unsetAppSecretValue', 'appSecretValue { isSet }'],
  ['generateAppSecretValue', 'entropyBits'],
]);
const opFor = (name: string): string => operation(name, MADE_BY.get(name) ?? 'appSecret { id }');

describe('what one may not see', () => {
  it.each(ON_SECRET)('case 19: %s %j answers as if it were not there', async (name, over) => {
    const ask = (token: string, slug: string, of = 'example-app') =>
      run(app, opFor(name), { id: secretIdOf(slug, of), ...over }, token);
    const missing = await ask(as('unlisted renderer'), 'missing');
    expect(codeOf(missing)).toBe('NOT_FOUND');
    for (const slug of ['api-key', 'gone']) {
      const hidden = await ask(as('unlisted renderer'), slug);
      expect(hidden).toEqual({ ...missing, message: missing.message.replace('missing', slug) });
    }
    // An app that one may not see, one of another team, and none.
    const nowhere = await ask(as('gateway'), 'api-key', 'nowhere');
    const unseen = { ...nowhere, message: nowhere.message.replace('nowhere', 'example-app') };
    expect(codeOf(nowhere)).toBe('NOT_FOUND');
    expect(await ask(as('gateway'), 'api-key')).toEqual(unseen);
    expect(await ask(as('one project'), 'api-key')).toEqual(unseen);
    expect(await ask(stranger, 'api-key')).toEqual(unseen);
  });

  it.each([
    ['updateEnvironment', { name: 'x' }],
    ['deleteEnvironment', {}],
    ['restoreEnvironment', {}],
  ])('case 20: %s in an app that one may not see', async (name, over) => {
    const ask = (token: string, of = 'example-app') =>
      run(app, environmentOp(name, 'id'), { id: environmentIdOf('dev', of), ...over }, token);
    const nowhere = await ask(as('gateway'), 'nowhere');
    expect(codeOf(nowhere)).toBe('NOT_FOUND');
    for (const token of [as('gateway'), stranger]) {
      expect(await ask(token)).toEqual({ ...nowhere, message: nowhere.message.replace('nowhere', 'example-app') });
    }
  });

  it.each(['updateApp', 'deleteApp', 'restoreApp'])('case 20: %s', async (name) => {
    for (const token of [as('gateway'), stranger]) {
      expect(codeOf(await run(app, appOp(name, 'id'), { id: appIdOf() }, token))).toBe('NOT_FOUND');
    }
  });

  it('case 21: is no node', async () => {
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }';
    const ids = [appIdOf(), environmentIdOf('dev'), secretIdOf('api-key')];
    for (const token of [as('gateway'), as('one project'), stranger]) {
      expect((await app.gql(query, { ids }, token)).data.nodes).toEqual([null, null, null]);
    }
    const seen = (await app.gql(query, { ids }, as('app lister'))).data.nodes;
    expect(seen).toEqual([{ __typename: 'App' }, { __typename: 'Environment' }, null]);
  });

  it('case 30: creating on it neither overwrites nor tells', async () => {
    const input = { app: 'example-app', name: 'api key', purposeType: 'OTHER' };
    const result = await run(app, secretOp('createAppSecret'), input, as('unlisted renderer'));
    expect([result.code, result.existing]).toEqual(['CONFLICT', null]);
    expect(codeOf(await run(app, secretOp('createAppSecret'), input, as('secret lister')))).toBe('FORBIDDEN');
    const { data } = await app.gql(`{ app(slug: "example-app") { secret(slug: "api-key") { ${SECRET_FIELDS} } } }`);
    expect(data.app.secret).toMatchObject({ name: 'API_KEY', revision: 1 });
  });
});

describe('who may change what', () => {
  it.each([
    ['operator', 'OK', 'OK'],
    ['developer', 'FORBIDDEN', 'FORBIDDEN'],
    ['reader', 'FORBIDDEN', 'FORBIDDEN'],
    ['auditor', 'FORBIDDEN', 'FORBIDDEN'],
    ['writer', 'FORBIDDEN', 'OK'],
    ['app worker', 'OK', 'NOT_FOUND'],
  ])('%s: apps and environments %s, secrets and values %s', async (role, onApps, onSecret) => {
    const name = `made by ${role}`;
    expect(codeOf(await run(app, appOp('createApp', 'id'), { name }, as(role)))).toBe(onApps);
    const environment = { app: 'example-app', name: `of ${role}` };
    expect(codeOf(await run(app, environmentOp('createEnvironment', 'id'), environment, as(role)))).toBe(onApps);
    const id = secretIdOf('api-key');
    const set = await run(
      app,
      opFor('setAppSecretValue'),
      { id, ...aValueInput('x', { environment: 'staging' }) },
      as(role),
    );
    expect(codeOf(set)).toBe(onSecret);
    const update = { id, providerId: role, expectedRevision: null };
    expect(codeOf(await run(app, secretOp('updateAppSecret', 'id'), update, as(role)))).toBe(onSecret);
    // Refused before the revision is told.
    const stale = await run(app, secretOp('updateAppSecret', 'id'), { ...update, expectedRevision: 99 }, as(role));
    expect(codeOf(stale)).toBe(onSecret === 'OK' ? 'CONFLICT' : onSecret);
  });

  it('whoever writes without reading gets a mask', async () => {
    const made = await run(
      app,
      valueOp('setAppSecretValue'),
      { id: secretIdOf('api-key'), ...aValueInput(CANARY, { environment: 'staging' }) },
      as('operator'),
    );
    expect(made.appSecretValue).toMatchObject({ text: null, masked: true, isSet: true });
  });
});

describe('a protected environment', () => {
  const id = secretIdOf('api-key');
  const set = (role: string, environment: string) =>
    run(app, opFor('setAppSecretValue'), { id, ...aValueInput('x', { environment }) }, as(role)).then(codeOf);

  it('takes values of the owner alone', async () => {
    expect(await set('operator', 'staging')).toBe('OK');
    expect(await set('operator', 'production')).toBe('FORBIDDEN');
    expect(await set('owner', 'production')).toBe('OK');
    const asked: readonly (readonly [string, object])[] = [
      ['unsetAppSecretValue', { environment: 'production' }],
      ['generateAppSecretValue', { environment: 'production', hidden: true, apiKey: { bytes: 32 } }],
      // They would be lost there.
      ['deleteAppSecret', {}],
    ];
    for (const [name, over] of asked) {
      expect(codeOf(await run(app, opFor(name), { id, ...over }, as('operator')))).toBe('FORBIDDEN');
    }
    await done(app, secretOp('deleteAppSecret', 'id'), { id });
    expect(codeOf(await run(app, secretOp('restoreAppSecret', 'id'), { id }, as('operator')))).toBe('FORBIDDEN');
    await done(app, secretOp('restoreAppSecret', 'id'), { id });
    const other = await aSecret(app, { name: 'unprotected' });
    await aValue(app, 'unprotected', 'dev', 'x');
    expect(codeOf(await run(app, secretOp('deleteAppSecret', 'id'), { id: other.id }, as('operator')))).toBe('OK');
  });

  it('is changed, unprotected, deleted and brought back by the owner alone; protecting is for all who write', async () => {
    const production = environmentIdOf('production');
    const ask = (name: string, over: object, role: string, of = production) =>
      run(app, environmentOp(name, 'id'), { id: of, ...over }, as(role)).then(codeOf);
    expect(await ask('updateEnvironment', { protected: false }, 'operator')).toBe('FORBIDDEN');
    expect(await ask('updateEnvironment', { name: 'x' }, 'operator')).toBe('FORBIDDEN');
    expect(await ask('deleteEnvironment', { force: true }, 'operator')).toBe('FORBIDDEN');
    expect(codeOf(await run(app, appOp('deleteApp', 'id'), { id: appIdOf() }, as('operator')))).toBe('FORBIDDEN');
    expect(await ask('deleteEnvironment', { force: true }, 'owner')).toBe('OK');
    expect(await ask('restoreEnvironment', {}, 'operator')).toBe('FORBIDDEN');
    expect(await ask('restoreEnvironment', {}, 'owner')).toBe('OK');
    expect(await ask('updateEnvironment', { protected: true }, 'operator', environmentIdOf('staging'))).toBe('OK');
    expect(await set('operator', 'staging')).toBe('FORBIDDEN');
    expect(await ask('updateEnvironment', { protected: false }, 'owner', environmentIdOf('staging'))).toBe('OK');
    expect(await set('operator', 'staging')).toBe('OK');
  });

  it('with values is not deleted, nor is an app with secrets, by those who may not delete secrets', async () => {
    const environment = { id: environmentIdOf('dev'), force: true };
    expect(codeOf(await run(app, environmentOp('deleteEnvironment', 'id'), environment, as('app worker')))).toBe(
      'FORBIDDEN',
    );
    await anApp(app, { name: 'small app', environments: [] });
    await aSecret(app, { app: 'small-app' });
    const small = { id: appIdOf('small-app') };
    expect(codeOf(await run(app, appOp('deleteApp', 'id'), small, as('app worker')))).toBe('FORBIDDEN');
    expect(codeOf(await run(app, appOp('deleteApp', 'id'), small, as('operator')))).toBe('OK');
  });
});
