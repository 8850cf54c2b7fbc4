import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { openEmbeddedStore, openMemoryStore } from '../../src/store/embedded/open.ts';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import { anApp, appOp, aSecret, aValue, environmentOp, secretIdOf, secretOp } from '../support/apps.ts';
import { dropDatabase } from '../support/canaries.ts';
import { aGlobal } from '../support/globals.ts';
import { aGroup, aProject, aServiceInput, done, groupOp, operation, PUT_JOB, PUT_SERVICE } from '../support/makers.ts';
import { aDatabase } from '../support/mongodb.ts';
import { schema } from '../support/schema.ts';
import { type AppOptions, startApp, type TestApp } from '../support/start-app.ts';

const CANARY = 'hunter2deleted';
const PROJECT = 'default-project';
const mongodbUrl = inject('mongodbUrl');
const database = aDatabase();
const dir = mkdtempSync(join(tmpdir(), 'keyloom-deleted-'));
afterAll(async () => {
  rmSync(dir, { recursive: true, force: true });
  if (mongodbUrl) await dropDatabase(mongodbUrl, database);
});

type Open = NonNullable<AppOptions['open']>;
const inMemory: Open = ({ mac }) => openMemoryStore({ mac });
const onDisk: Open = ({ mac }) => openEmbeddedStore({ dir, mac, log: silentLog });
const onMongo: Open = ({ mac }) => openMongoStore({ url: mongodbUrl ?? '', database, mac, log: silentLog });
const STORES: readonly (readonly [string, Open])[] = [
  ['memory', inMemory],
  ['embedded', onDisk],
  ...(mongodbUrl ? [['MongoDB', onMongo] as const] : []),
];

const REDIS = { provider: 'redis', params: { host: 'cache.internal', password: CANARY } };
const RDS = {
  provider: 'aws-rds',
  params: { engine: 'mysql', endpoint: 'db.example.com', database: 'd', username: 'u', password: CANARY },
};
const VALUE = [{ name: 'A', value: CANARY }];

interface Noun {
  readonly kind: string;
  readonly mutation: string;
  readonly place: object;
  readonly slug: string;
  readonly make: (app: TestApp) => Promise<object>;
  readonly remove: string;
  readonly restore: string;
}
const ofProject = { project: PROJECT };
const ofApp = { app: 'example-app' };
const byId = async (made: Promise<{ readonly id: string }>) => ({ id: (await made).id });
const anAddon = (app: TestApp, type: string, field: string, over: object) =>
  done(app, operation(`create${type}`, `${field} { id }`), { project: PROJECT, name: `My ${type}`, ...over }).then(
    (result) => result[field],
  );
const workload = (put: string, id: string) => async (app: TestApp) => {
  await done(app, put, aServiceInput({ id, name: 'A Workload', variables: VALUE }));
  return { project: PROJECT, id };
};

/** Every noun that can be restored. */
const NOUNS: readonly Noun[] = [
  {
    kind: 'SECRET_GROUP',
    mutation: 'restoreSecretGroup',
    place: ofProject,
    slug: 'gone',
    make: (app) => byId(aGroup(app, { name: 'gone', variables: VALUE })),
    remove: groupOp('deleteSecretGroup', 'slug'),
    restore: groupOp('restoreSecretGroup', 'slug'),
  },
  {
    kind: 'SERVICE',
    mutation: 'restoreService',
    place: ofProject,
    slug: 'svc',
    make: workload(PUT_SERVICE, 'svc'),
    remove: operation('deleteService', 'service { id }'),
    restore: operation('restoreService', 'service { id }'),
  },
  {
    kind: 'JOB',
    mutation: 'restoreJob',
    place: ofProject,
    slug: 'job',
    make: workload(PUT_JOB, 'job'),
    remove: operation('deleteJob', 'job { id }'),
    restore: operation('restoreJob', 'job { id }'),
  },
  {
    kind: 'ADDON',
    mutation: 'restoreAddon',
    place: ofProject,
    slug: 'my-addon',
    make: (app) => byId(anAddon(app, 'Addon', 'addon', REDIS)),
    remove: operation('deleteAddon', 'addon { id }'),
    restore: operation('restoreAddon', 'addon { id }'),
  },
  {
    kind: 'EXTERNAL_ADDON',
    mutation: 'restoreExternalAddon',
    place: ofProject,
    slug: 'my-externaladdon',
    make: (app) => byId(anAddon(app, 'ExternalAddon', 'externalAddon', RDS)),
    remove: operation('deleteExternalAddon', 'externalAddon { id }'),
    restore: operation('restoreExternalAddon', 'externalAddon { id }'),
  },
  {
    kind: 'GLOBAL_SECRET',
    mutation: 'restoreGlobalSecret',
    place: {},
    slug: 'shared',
    make: (app) => byId(aGlobal(app, { name: 'Shared', values: { a: CANARY } })),
    remove: operation('deleteGlobalSecret', 'globalSecret { slug }'),
    restore: operation('restoreGlobalSecret', 'globalSecret { slug }'),
  },
  {
    kind: 'APP_SECRET',
    mutation: 'restoreAppSecret',
    place: ofApp,
    slug: 'api-key',
    make: async (app) => {
      await aSecret(app);
      await aValue(app, 'api-key', 'dev', CANARY);
      return { id: secretIdOf('api-key') };
    },
    remove: secretOp('deleteAppSecret', 'slug'),
    restore: secretOp('restoreAppSecret', 'slug'),
  },
  {
    kind: 'ENVIRONMENT',
    mutation: 'restoreEnvironment',
    place: ofApp,
    slug: 'preview',
    make: (app) =>
      byId(
        done(app, environmentOp('createEnvironment'), { ...ofApp, name: 'preview' }).then((made) => made.environment),
      ),
    remove: environmentOp('deleteEnvironment', 'slug'),
    restore: environmentOp('restoreEnvironment', 'slug'),
  },
  {
    kind: 'APP',
    mutation: 'restoreApp',
    place: {},
    slug: 'second-app',
    make: (app) => byId(anApp(app, { name: 'Second App' })),
    remove: appOp('deleteApp', 'slug'),
    restore: appOp('restoreApp', 'slug'),
  },
  {
    kind: 'PROJECT',
    mutation: 'restoreProject',
    place: {},
    slug: 'leaving',
    make: async (app) => ({ id: await aProject(app, 'Leaving') }),
    remove: operation('deleteProject', 'project { slug }'),
    restore: operation('restoreProject', 'project { slug }'),
  },
];

const LIST = `query ($kind: RestorableKind!, $project: Slug, $app: Slug) { deleted(kind: $kind, project: $project, app: $app) {
  nodes { kind id slug name project app deletedAt deletedBy restorableUntil } } }`;

it('covers every mutation that restores', () => {
  const all = Object.keys(schema.getMutationType()?.getFields() ?? {}).filter((name) => name.startsWith('restore'));
  // This one restores nothing.
  const restoring = all.filter((name) => name !== 'restartDependents').sort();
  expect(NOUNS.map(({ mutation }) => mutation).sort()).toEqual(restoring);
});

describe.each(STORES)('what was deleted, %s store', (_store, open) => {
  let app: TestApp;
  const tokens: Record<string, string> = {};
  beforeAll(async () => {
    app = await startApp({ open });
    await aProject(app);
    await anApp(app);
    for (const role of ['auditor', 'reader', 'operator']) tokens[role] = await app.token(role);
  }, 60_000);
  afterAll(() => app.close());

  const listed = async ({ kind, place }: Noun, token = app.owner) => {
    const answer = await app.gql(LIST, { kind, ...place }, token);
    expect(JSON.stringify(answer)).not.toContain(CANARY);
    return answer;
  };
  const slugs = async (noun: Noun, token?: string): Promise<readonly string[]> =>
    (await listed(noun, token)).data?.deleted.nodes.map(({ slug }: { slug: string }) => slug) ?? [];

  it.each(NOUNS.map((noun) => [noun.kind, noun] as const))('%s is listed until it is restored', async (kind, noun) => {
    const ref = await noun.make(app);
    expect(await slugs(noun)).not.toContain(noun.slug);
    const { data } = await app.gql('{ viewer { id } }');
    await done(app, noun.remove, ref);
    const found = (await listed(noun)).data.deleted.nodes.find(({ slug }: { slug: string }) => slug === noun.slug);
    expect(found).toMatchObject({ kind, deletedBy: data.viewer.id, ...noun.place });
    expect(Date.now() - Date.parse(found.deletedAt)).toBeLessThan(600_000);
    expect(found.restorableUntil === null).toBe(kind !== 'PROJECT');
    // Whoever may list and not restore, and whoever may not list, sees nothing of it.
    for (const role of ['auditor', 'reader']) expect(await slugs(noun, tokens[role])).toEqual([]);
    expect(await slugs(noun, tokens.operator)).toEqual([noun.slug]);
    await done(app, noun.restore, found.id === null ? ref : { id: found.id });
    expect(await slugs(noun)).not.toContain(noun.slug);
  });

  it.each([
    ['a project that is missing', { kind: 'SECRET_GROUP' }, 'project'],
    ['a project too many', { kind: 'APP', project: PROJECT }, 'project'],
    ['an app that is missing', { kind: 'ENVIRONMENT' }, 'app'],
    ['an app too many', { kind: 'SERVICE', project: PROJECT, app: 'example-app' }, 'app'],
  ])('refuses %s', async (_what, variables, path) => {
    const { errors } = await app.gql(LIST, variables);
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'INVALID_INPUT', fields: [{ path: [path] }] } });
  });

  it('says of a project or an app that is hidden what it says of one that is not there', async () => {
    const stranger = await app.token('dependent', {
      kind: 'DEPENDENT',
      workload: { project: PROJECT, kind: 'SERVICE', id: 'svc' },
    });
    for (const variables of [
      { kind: 'SECRET_GROUP', project: 'nowhere' },
      { kind: 'ENVIRONMENT', app: 'example-app' },
      { kind: 'ENVIRONMENT', app: 'nowhere' },
    ]) {
      const { errors } = await app.gql(LIST, variables, stranger);
      expect(errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    }
  });
});
