import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  anApp,
  appIdOf,
  appOp,
  aSecret,
  aValue,
  environmentIdOf,
  environmentOp,
  secretIdOf,
  secretOp,
  valueOp,
} from '../support/apps.ts';
import { type Listener, listen, until } from '../support/listening.ts';
import { aProject, done, operation, PUT_SERVICE } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { APP_SECRETS_CHANGED, CHANGES } from '../support/stream-queries.ts';

let app: TestApp;
let count = 0;
/** Each test has an app of its own. */
let slug = '';
const listeners: Listener[] = [];

beforeEach(async () => {
  if (!app) {
    app = await startApp({ limits: { socketsPerPrincipal: 100 } });
    await aProject(app);
  }
  count += 1;
  slug = `app-${count}`;
  await anApp(app, { name: slug });
  await aSecret(app, { app: slug });
  await aSecret(app, { app: slug, name: 'OTHER' });
});
afterAll(async () => {
  await Promise.all(listeners.map((listener) => listener.stop()));
  await app.close();
});

async function follow(environment: string, over: Record<string, unknown> = {}, token = app.owner): Promise<Listener> {
  const listener = await listen(app.url, token, APP_SECRETS_CHANGED, {
    variables: { app: slug, environment, ...over },
  });
  listeners.push(listener);
  return listener;
}
const set = (name: string, environment: string, text = 'hunter2') =>
  done(app, valueOp('setAppSecretValue'), {
    id: secretIdOf(name, slug),
    environment,
    valueTypeUrn: 'urn:app-secret:app-secret-type:keyValueAppSecret',
    hidden: false,
    kvAppSecretValue: { typeHint: 'urn:app-secret:kv-secret-value:textType', text },
  });
const unset = (name: string, environment: string) =>
  done(app, valueOp('unsetAppSecretValue'), { id: secretIdOf(name, slug), environment });
const generate = (name: string, environment: string) =>
  done(app, valueOp('generateAppSecretValue'), {
    id: secretIdOf(name, slug),
    environment,
    hidden: true,
    password: { length: 24 },
  });
async function copy(from: string, to: string): Promise<void> {
  const query = `{ previewAppSecretCopy(app: "${slug}", from: "${from}", to: "${to}") { planHash } }`;
  const { planHash } = (await app.gql(query)).data.previewAppSecretCopy;
  await done(app, operation('copyAppSecretValues', ''), { app: appIdOf(slug), from, to, planHash });
}
const idOf = (of: (slug: string, app?: string) => string, name: string) => of(name, slug);
const toldBy = ({ events }: Listener) => events.map(({ secrets, all }) => (all ? [...secrets, '*'] : secrets));

describe('appSecretsChanged', () => {
  it('tells which values were set, unset, generated and copied; other environments stay silent', async () => {
    const [dev, staging] = [await follow('dev'), await follow('staging')];
    await set('api-key', 'dev');
    await unset('api-key', 'dev');
    await generate('other', 'dev');
    await set('api-key', 'dev');
    await copy('dev', 'staging');
    await dev.count(4);
    await staging.count(1);
    expect(toldBy(dev)).toEqual([['api-key'], ['api-key'], ['other'], ['api-key']]);
    expect(toldBy(staging)).toEqual([['api-key', 'other']]);
    expect(JSON.stringify([dev.events, staging.events])).not.toMatch(/hunter2/);
    const seqs = dev.events.map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(staging.events[0].seq).toBeGreaterThan(seqs[3]);
  });

  it('tells of secrets that come, change and go, in every environment', async () => {
    const [dev, staging] = [await follow('dev'), await follow('staging')];
    await aSecret(app, { app: slug, name: 'THIRD' });
    await done(app, secretOp('updateAppSecret'), { id: idOf(secretIdOf, 'third'), providerId: 'github' });
    await done(app, secretOp('deleteAppSecret', 'slug'), { id: idOf(secretIdOf, 'third') });
    await Promise.all([dev.count(3), staging.count(3)]);
    expect(toldBy(dev)).toEqual([['third'], ['third'], ['third']]);
    expect(toldBy(staging)).toEqual(toldBy(dev));
  });

  it('tells that the environment was changed and that it is gone, and then nothing until it is there again', async () => {
    const [dev, staging] = [await follow('dev'), await follow('staging')];
    await done(app, environmentOp('updateEnvironment'), { id: idOf(environmentIdOf, 'dev'), protected: true });
    await done(app, environmentOp('deleteEnvironment', 'slug'), { id: idOf(environmentIdOf, 'dev') });
    await done(app, secretOp('updateAppSecret'), { id: idOf(secretIdOf, 'other'), providerId: 'github' });
    await done(app, environmentOp('createEnvironment'), { app: slug, name: 'dev' });
    await set('api-key', 'dev');
    await dev.count(4);
    expect(toldBy(dev)).toEqual([['*'], ['*'], ['*'], ['api-key']]);
    expect(toldBy(staging)).toEqual([['other']]);
  });

  it('tells that the app is gone, and then nothing', async () => {
    const dev = await follow('dev');
    await set('api-key', 'dev');
    await done(app, appOp('deleteApp', 'slug'), { id: appIdOf(slug) });
    await dev.count(2);
    expect(dev.events.map(({ all }) => all)).toEqual([false, true]);
    const late = await follow('dev', { after: dev.events[0].cursor });
    await until(() => late.ended.by !== null);
    expect(late.ended.by).toEqual(['NOT_FOUND']);
  });

  it('says nothing of other apps and of other things', async () => {
    await anApp(app, { name: `${slug} b` });
    await aSecret(app, { app: `${slug}-b` });
    const dev = await follow('dev');
    await aValue(app, 'api-key', 'dev', 'x', { id: secretIdOf('api-key', `${slug}-b`) });
    await done(app, PUT_SERVICE, { project: 'default-project', id: slug, name: 'Some Service' });
    await set('other', 'dev');
    await dev.count(1);
    expect(toldBy(dev)).toEqual([['other']]);
  });

  it('case 152: resumes after a cursor, which is good for this environment only', async () => {
    const first = await follow('dev');
    for (const name of ['api-key', 'other', 'api-key']) await set(name, 'dev', `${Math.random()}`);
    await first.count(3);
    const after = first.events[0].cursor;
    const late = await follow('dev', { after });
    await late.count(2);
    expect(late.events).toEqual(first.events.slice(1));
    const elsewhere = await follow('staging', { after });
    await until(() => elsewhere.ended.by !== null);
    expect(elsewhere.ended.by).toEqual(['INVALID_CURSOR']);
  });
});

describe('rights', () => {
  const LIST_APPS = { resources: ['APP'], verbs: ['LIST'] };
  const onSecrets = (...verbs: string[]) => ({ resources: ['APP_SECRET'], verbs });
  let roles = 0;
  async function aRole(...grants: readonly object[]) {
    roles += 1;
    const role = `watcher-${roles}`;
    await done(app, operation('createRole', 'role { slug }'), { name: role, grants });
    const grant = (...next: readonly object[]) =>
      done(app, operation('updateRole', 'role { slug }'), {
        id: Buffer.from(`Role:${role}`).toString('base64'),
        grants: next,
      });
    return { token: await app.token(role), grant };
  }

  it.each([
    ['no app', [onSecrets('LIST', 'LIST_KEYS')], 'NOT_FOUND'],
    ['no secret', [LIST_APPS], 'FORBIDDEN'],
    ['no keys', [LIST_APPS, onSecrets('LIST')], 'FORBIDDEN'],
    ['only configs', [LIST_APPS, { ...onSecrets('LIST', 'LIST_KEYS'), types: ['CONFIG'] }], 'FORBIDDEN'],
  ])('whoever may see %s is refused', async (_what, grants, code) => {
    const { token } = await aRole(...grants);
    const listener = await follow('dev', {}, token);
    await until(() => listener.ended.by !== null);
    expect(listener.ended.by).toEqual([code]);
  });

  it('an environment that is not there is NOT_FOUND', async () => {
    const listener = await follow('nowhere');
    await until(() => listener.ended.by !== null);
    expect(listener.ended.by).toEqual(['NOT_FOUND']);
  });

  it('case 146: are looked at for every delivery', async () => {
    const { token, grant } = await aRole(LIST_APPS, onSecrets('LIST', 'LIST_KEYS'));
    const [listener, witness] = [await follow('dev', {}, token), await follow('dev')];
    const steps = [[onSecrets('LIST')], [LIST_APPS, onSecrets('LIST', 'LIST_KEYS')], [onSecrets('LIST', 'LIST_KEYS')]];
    await set('api-key', 'dev');
    for (const step of steps) {
      await grant(...step);
      await set('api-key', 'dev', `${Math.random()}`);
    }
    await grant(LIST_APPS, onSecrets('LIST', 'LIST_KEYS'));
    await set('other', 'dev');
    await Promise.all([listener.count(3), witness.count(5)]);
    const seqs = witness.events.map(({ seq }) => seq);
    expect(listener.events.map(({ seq }) => seq)).toEqual([seqs[0], seqs[2], seqs[4]]);
  });

  it('case 149: `changes` tells of apps and what is in them to those who may list it, of values to those with keys', async () => {
    const lister = await aRole(LIST_APPS, onSecrets('LIST'));
    const holder = await aRole(LIST_APPS, onSecrets('LIST', 'LIST_KEYS'));
    const apps = await aRole(LIST_APPS);
    const kinds = ['APP', 'ENVIRONMENT', 'APP_SECRET', 'APP_SECRET_VALUE'];
    const CHANGES_OF_APPS = CHANGES.replace('project name', 'project app name');
    const all: Listener[] = [];
    for (const { token } of [lister, holder, apps]) {
      const listener = await listen(app.url, token, CHANGES_OF_APPS, { variables: { kinds } });
      listeners.push(listener);
      all.push(listener);
    }
    await set('api-key', 'dev');
    await done(app, secretOp('updateAppSecret'), { id: idOf(secretIdOf, 'other'), providerId: 'github' });
    await done(app, environmentOp('updateEnvironment'), { id: idOf(environmentIdOf, 'dev'), order: 7 });
    await done(app, appOp('updateApp'), { id: appIdOf(slug), name: 'Renamed App' });
    const told = (listener: Listener | undefined) =>
      listener?.events.flatMap(({ changes }) =>
        changes.map((each: Record<string, unknown>) => [each.kind, each.app, each.name, each.project, each.keys]),
      );
    await Promise.all(all.map((listener) => until(() => told(listener)?.at(-1)?.[0] === 'APP')));
    const value = ['APP_SECRET_VALUE', slug, 'dev/api-key', null, null];
    const secret = ['APP_SECRET', slug, 'other', null, null];
    const rest = [
      ['ENVIRONMENT', slug, 'dev', null, null],
      ['APP', slug, slug, null, null],
    ];
    expect(told(all[0])).toEqual([secret, ...rest]);
    expect(told(all[1])).toEqual([value, secret, ...rest]);
    expect(told(all[2])).toEqual(rest);
    expect(JSON.stringify(all.map(({ events }) => events))).not.toMatch(/hunter2|github/);
  });
});
