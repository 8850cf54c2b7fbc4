import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  APP_FIELDS,
  anApp,
  appIdOf,
  appOp,
  aSecret,
  aValue,
  aValueInput,
  environmentIdOf,
  environmentOp,
  renderedTexts,
  secretIdOf,
  secretOp,
  valueOp,
} from '../support/apps.ts';
import { codeOf, done, operation, refusals, run } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const READ = `query ($slug: Slug!) { app(slug: $slug) { ${APP_FIELDS} } }`;
const ENVIRONMENTS = `query ($slug: Slug!) { app(slug: $slug) {
  environments { slug name order protected revision app { slug } } } }`;
const environmentsOf = async (slug: string) => (await app.gql(ENVIRONMENTS, { slug })).data.app.environments;

describe('an app', () => {
  it('is created with its environments, read by slug and as a node, and listed', async () => {
    const made = await anApp(app, { name: 'First App' });
    expect(made).toMatchObject({ slug: 'first-app', name: 'First App', revision: 1 });
    expect(made.environments.map(({ slug }: { slug: string }) => slug)).toEqual(['dev', 'staging', 'production']);
    expect((await app.gql(READ, { slug: 'first-app' })).data.app).toEqual(made);
    const { data } = await app.gql(
      `query ($id: ID!) { node(id: $id) { ... on App { slug } } apps(filter: { nameContains: "FIRST" }) { nodes { slug } } }`,
      { id: made.id },
    );
    expect(data).toEqual({ node: { slug: 'first-app' }, apps: { nodes: [{ slug: 'first-app' }] } });
  });

  it('is renamed without another slug, deleted, and restored with all that is in it', async () => {
    const { id } = await anApp(app, { name: 'second app' });
    await aSecret(app, { app: 'second-app' });
    const renamed = await done(app, appOp('updateApp'), { id, name: 'Other Name', expectedRevision: 1 });
    expect(renamed.app).toMatchObject({ slug: 'second-app', name: 'Other Name', revision: 2 });
    expect(await run(app, appOp('updateApp'), { id, name: 'Again', expectedRevision: 1 })).toMatchObject({
      code: 'CONFLICT',
      currentRevision: 2,
    });
    await done(app, appOp('deleteApp', 'slug'), { id });
    expect((await app.gql(READ, { slug: 'second-app' })).data.app).toBeNull();
    const node = 'query ($id: ID!) { node(id: $id) { id } }';
    expect((await app.gql(node, { id: environmentIdOf('dev', 'second-app') })).data.node).toBeNull();
    expect((await app.gql(node, { id: secretIdOf('api-key', 'second-app') })).data.node).toBeNull();
    const taken = await run(app, appOp('createApp'), { name: 'Second App' });
    expect(taken).toMatchObject({ code: 'CONFLICT', existing: id });
    const back = await done(app, appOp('restoreApp', `${APP_FIELDS} secrets { nodes { slug } }`), { id });
    expect(back.app).toMatchObject({ name: 'Other Name', secrets: { nodes: [{ slug: 'api-key' }] } });
    expect(back.app.environments).toHaveLength(3);
    expect(codeOf(await run(app, appOp('restoreApp'), { id }))).toBe('CONFLICT');
  });

  it('case 50: has one slug for six spellings', async () => {
    const { id } = await anApp(app, { name: 'Six Ways' });
    for (const name of ['six ways', 'SIX WAYS', 'six-ways', 'Six-Ways', 'sIX wAYS']) {
      expect(await run(app, appOp('createApp'), { name })).toMatchObject({ code: 'CONFLICT', existing: id });
    }
  });

  it.each([
    [{ name: 'ab' }, ['name min']],
    [{ name: 'a\u00a0b c' }, ['name pattern']],
    [{ name: 'Каталог' }, ['name pattern']],
    [
      { name: 'x'.repeat(101), environments: [{ name: 'dev' }, { name: 'DEV' }, { name: '', order: -1 }] },
      [
        'environments.1 unique',
        'environments.2.name min',
        'environments.2.name pattern',
        'environments.2.order min',
        'name max',
      ],
    ],
  ])('refuses %j, naming all that is wrong', async (input, expected) => {
    expect(await refusals(app, appOp('createApp'), input)).toEqual(expected);
  });

  it('is created once for an idempotency key', async () => {
    const input = { name: 'Keyed App', environments: [{ name: 'dev' }], idempotencyKey: 'one' };
    const first = await done(app, appOp('createApp'), input);
    expect(await done(app, appOp('createApp'), input)).toEqual(first);
    expect(codeOf(await run(app, appOp('createApp'), { ...input, name: 'Another App' }))).toBe('CONFLICT');
  });

  it('may be called constructor', async () => {
    const made = await anApp(app, { name: 'constructor', environments: [{ name: 'constructor' }] });
    expect(made).toMatchObject({ slug: 'constructor', environments: [{ slug: 'constructor' }] });
    expect((await app.gql(READ, { slug: 'hasOwnProperty' })).data.app).toBeNull();
  });

  it('shares nothing with a project of the same slug', async () => {
    await anApp(app, { name: 'Twin' });
    const project = `mutation { createProject(input: { name: "Twin" }) { __typename } }`;
    expect((await app.gql(project)).data.createProject.__typename).toBe('CreateProjectPayload');
    expect(await environmentsOf('twin')).toHaveLength(3);
    expect((await app.gql('{ project(slug: "app/twin") { id } }')).errors).toBeDefined();
  });
});

describe('environments', () => {
  beforeAll(() => anApp(app, { name: 'example app' }));

  it('stand by their order, then by slug, and new ones behind those that are there', async () => {
    await anApp(app, { name: 'ordered', environments: [{ name: 'b' }, { name: 'a' }, { name: 'z', order: 0 }] });
    const create = (name: string, over: object = {}) =>
      done(app, environmentOp('createEnvironment'), { app: 'ordered', name, ...over });
    expect((await create('Quality Check')).environment).toMatchObject({
      slug: 'quality-check',
      order: 2,
      protected: false,
    });
    await create('c', { order: 1, protected: true });
    const slugs = async () => (await environmentsOf('ordered')).map(({ slug }: { slug: string }) => slug);
    expect(await slugs()).toEqual(['b', 'z', 'a', 'c', 'quality-check']);
    const moved = { id: environmentIdOf('b', 'ordered'), order: 9, name: 'B2', expectedRevision: 1 };
    const { environment } = await done(app, environmentOp('updateEnvironment'), moved);
    expect(environment).toMatchObject({ slug: 'b', name: 'B2', order: 9, revision: 2 });
    expect(await slugs()).toEqual(['z', 'a', 'c', 'quality-check', 'b']);
    expect(await run(app, environmentOp('updateEnvironment'), moved)).toMatchObject({ currentRevision: 2 });
  });

  it('conflict by slug, name the app that is not there, and are limited', async () => {
    const taken = await run(app, environmentOp('createEnvironment'), { app: 'example-app', name: 'DEV' });
    expect(taken).toMatchObject({ code: 'CONFLICT', existing: environmentIdOf('dev') });
    const nowhere = await run(app, environmentOp('createEnvironment'), { app: 'nowhere', name: 'dev' });
    expect(codeOf(nowhere)).toBe('NOT_FOUND');
    const small = await startApp({ limits: { environmentsPerApp: 3, appsPerTeam: 1, appSecretsPerApp: 1 } });
    const four = [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }];
    const created = await run(small, appOp('createApp'), { name: 'example app', environments: four });
    expect(created).toMatchObject({ limit: 'environments of the app', maximum: 3, actual: 4 });
    await anApp(small);
    const fourth = await run(small, environmentOp('createEnvironment'), { app: 'example-app', name: 'fourth' });
    expect(fourth).toMatchObject({ code: 'LIMIT_EXCEEDED', maximum: 3, actual: 4 });
    const second = await run(small, appOp('createApp'), { name: 'second app' });
    expect(second).toMatchObject({ limit: 'apps in the team', maximum: 1, actual: 2 });
    await small.close();
  });

  it('with values are deleted by force only, and come back with them; made anew they are empty', async () => {
    await aSecret(app);
    await aValue(app, 'api-key', 'dev', 'the value');
    const id = environmentIdOf('dev');
    expect(await run(app, environmentOp('deleteEnvironment'), { id })).toMatchObject({
      code: 'CONFLICT',
      message: 'Values are set in the environment',
    });
    await done(app, environmentOp('deleteEnvironment', 'slug'), { id, force: true });
    expect((await app.gql(READ, { slug: 'example-app' })).data.app.environments).toHaveLength(2);
    await done(app, environmentOp('restoreEnvironment', 'slug'), { id });
    expect(await renderedTexts(app)).toEqual({ API_KEY: 'the value' });
    await done(app, environmentOp('deleteEnvironment', 'slug'), { id, force: true });
    const anew = { app: 'example-app', name: 'dev', discardValues: true };
    await done(app, environmentOp('createEnvironment', 'slug'), anew);
    expect(await renderedTexts(app)).toEqual({ API_KEY: null });
    // Nothing is set in it now, so nothing needs force; nor does its past come back.
    await done(app, environmentOp('deleteEnvironment', 'slug'), { id });
    await done(app, environmentOp('restoreEnvironment', 'slug'), { id });
    expect(await renderedTexts(app)).toEqual({ API_KEY: null });
    expect(codeOf(await run(app, environmentOp('restoreEnvironment'), { id }))).toBe('CONFLICT');
  });

  it('case 274: made again over a deleted one with values, they are offered for restoration and stay as they were', async () => {
    await anApp(app, { name: 'again', environments: [{ name: 'dev' }, { name: 'live', protected: true }] });
    await aSecret(app, { app: 'again' });
    await aSecret(app, { app: 'again', name: 'HIDDEN' });
    const ids = { dev: environmentIdOf('dev', 'again'), live: environmentIdOf('live', 'again') };
    const set = (slug: string, environment: string, text: string, hidden = false) =>
      done(app, valueOp('setAppSecretValue'), {
        id: secretIdOf(slug, 'again'),
        ...aValueInput(text, { environment, hidden }),
      });
    await set('api-key', 'dev', 'dev value');
    await set('hidden', 'dev', 'hidden value', true);
    await set('api-key', 'live', 'live value');
    const create = environmentOp('createEnvironment', 'id slug revision protected');
    for (const [name, id] of Object.entries(ids)) {
      await done(app, environmentOp('deleteEnvironment', 'slug'), { id, force: true });
      const refused = await run(app, create, { app: 'again', name });
      expect(refused).toMatchObject({ code: 'CONFLICT', existing: id });
      expect(refused.message).toContain('restore it, or give discardValues');
    }
    await done(app, environmentOp('restoreEnvironment', 'slug'), { id: ids.dev });
    const values = `values { environment { slug } isSet hidden masked text }`;
    const { data } = await app.gql(`{ app(slug: "again") { key: secret(slug: "api-key") { ${values} }
      hidden: secret(slug: "hidden") { ${values} } } }`);
    const dev = { environment: { slug: 'dev' }, isSet: true };
    expect(data.app.key.values).toEqual([{ ...dev, hidden: false, masked: false, text: 'dev value' }]);
    expect(data.app.hidden.values).toEqual([{ ...dev, hidden: true, masked: true, text: null }]);
    // To lose them takes what deleting them takes; a deleted secret's count too.
    const on = (verbs: readonly string[]) => [
      { resources: ['APP'], verbs: ['LIST', 'WRITE'] },
      { resources: ['APP', 'APP_SECRET'], verbs },
    ];
    const roles = {
      writer: on(['LIST', 'WRITE']),
      deleter: on(['LIST', 'DELETE']),
      all: on(['LIST', 'DELETE', 'WRITE_PROTECTED']),
    };
    const role = operation('createRole', 'role { slug }');
    for (const [name, grants] of Object.entries(roles)) await done(app, role, { name: `again ${name}`, grants });
    await done(app, secretOp('deleteAppSecret', 'slug'), { id: secretIdOf('api-key', 'again') });
    const outcomes: Record<string, string> = {};
    for (const name of Object.keys(roles)) {
      const input = { app: 'again', name: 'live', discardValues: true };
      outcomes[name] = codeOf(await run(app, create, input, await app.token(`again-${name}`)));
    }
    expect(outcomes).toEqual({ writer: 'FORBIDDEN', deleter: 'FORBIDDEN', all: 'OK' });
  });

  it('case 21: no id of another type or app reaches one', async () => {
    const node = 'query ($id: ID!) { node(id: $id) { __typename } }';
    const id = (text: string) => Buffer.from(text).toString('base64');
    expect((await app.gql(node, { id: environmentIdOf('production') })).data.node.__typename).toBe('Environment');
    for (const text of [
      'AppSecret:app/example-app/production',
      'Environment:example-app/production',
      'Environment:app/nowhere/production',
      'Environment:app/example-app/production/x',
      'SecretGroup:app/example-app/production',
      'Environment:',
    ]) {
      expect([text, (await app.gql(node, { id: id(text) })).data.node]).toEqual([text, null]);
      const update = await run(app, environmentOp('updateEnvironment'), { id: id(text), name: 'x' });
      expect(codeOf(update)).toBe('NOT_FOUND');
    }
    expect(codeOf(await run(app, appOp('updateApp'), { id: appIdOf('app/example-app'), name: 'abc' }))).toBe(
      'NOT_FOUND',
    );
  });
});
