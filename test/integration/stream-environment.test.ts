import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { anApp, aSecret, aValue } from '../support/apps.ts';
import { aFollower, type GitApp, gitApp, gitOp, gitopsInput, MINUTE } from '../support/git-app.ts';
import type { Repository } from '../support/git-host.ts';
import { type Listener, listen } from '../support/listening.ts';
import { aGroup, aProject, base64, done, environmentOf, operation, PUT_SERVICE } from '../support/makers.ts';
import { ENVIRONMENT_CHANGED } from '../support/stream-queries.ts';

/** A project in which a service draws on everything that a service can draw on. */

const PROJECT = 'default-project';
let app: GitApp;
let repository: Repository;
let count = 0;
/** Each test has a service of its own. */
let id = '';
const listeners: Listener[] = [];
const ids = new Map<string, string>();
const idOf = (name: string): string => ids.get(name) ?? '';

const NOBODY = { restricted: true, workloads: [], tags: [], tagMatchCondition: 'OR' };
const FOR_GOLD = { ...NOBODY, tags: ['gold'] };
const REDIS = { host: 'cache.internal', password: 'hunter2' };
const RDS = { engine: 'mysql', endpoint: 'db.example.com', database: 'd', username: 'u', password: 'hunter2' };

beforeAll(async () => {
  app = await gitApp();
  await aProject(app);
  await aProject(app, 'Other Project');
  const keep = (name: string, made: { readonly id: string }) => ids.set(name, made.id);
  const create = (name: string, what: string, input: { readonly name: string; readonly [field: string]: unknown }) =>
    done(app, operation(`create${name}`, `${what} { id }`), input).then((result) => keep(input.name, result[what]));
  const global = (name: string, values: object) =>
    create('GlobalSecret', 'globalSecret', { name, type: 'CONFIG', values });
  await global('shared', { host: 'a', unused: 'a' });
  repository = app.host.repository('followed');
  repository.push({ 'config/app.json': JSON.stringify({ db: 'one', unused: 'one' }) });
  keep('followed', await aFollower(app, 'followed', gitopsInput(repository.url), { type: 'CONFIG' }));
  await create('Addon', 'addon', { project: PROJECT, name: 'cache', provider: 'redis', params: REDIS });
  await create('ExternalAddon', 'externalAddon', { project: PROJECT, name: 'rds', provider: 'aws-rds', params: RDS });
  const group = async (name: string, over: object) => keep(name, await aGroup(app, { name, ...over }));
  await group('Base', {
    priority: 5,
    variables: [
      { name: 'HOST', value: 'http://${secrets.shared.values.host}/' },
      { name: 'DB', value: '${secrets.followed.values.db}' },
      { name: 'COMMON', value: 'base' },
      { name: 'PLAIN', value: '1' },
    ],
    files: [{ path: '/etc/app.conf', data: base64('db = ${DB}'), encoding: 'UTF_8' }],
    addonLinks: [
      { addon: 'cache', keys: [{ keyName: 'HOST', aliases: ['CACHE_HOST'] }] },
      { kind: 'EXTERNAL_ADDON', addon: 'rds', keys: [{ keyName: 'HOST', aliases: ['RDS_HOST'] }] },
    ],
  });
  await group('Gold', { priority: 1, restrictions: FOR_GOLD, variables: [{ name: 'GOLD', value: '1' }] });
  await group('Rival', { priority: 1, variables: [{ name: 'COMMON', value: 'rival' }] });
  await group('Elsewhere', { project: 'other-project', variables: [{ name: 'PLAIN', value: 'x' }] });
  await group('Going', { priority: 1, variables: [{ name: 'GOING', value: '1' }] });
  await create('Tag', 'tag', { name: 'gold' });
  await anApp(app);
  await aSecret(app);
});
afterEach(() => Promise.all(listeners.splice(0).map((listener) => listener.stop())));
afterAll(() => app.close());

const put = (over: object = {}, service = id) =>
  done(app, PUT_SERVICE, { project: PROJECT, id: service, name: 'Some Service', ...over });
const onGroup = (name: string, group: string, over: object = {}) =>
  done(app, operation(name, 'secretGroup { id }'), { id: idOf(group), ...over });
const onGlobal = (values: object) =>
  done(app, operation('updateGlobalSecret', 'globalSecret { id }'), { id: idOf('shared'), values });
const onAddon = (over: object) => done(app, operation('updateAddon', 'addon { id }'), { id: idOf('cache'), ...over });
const variable = (name: string, value: string) => ({ name, value });
const push = (values: object) => repository.push({ 'config/app.json': JSON.stringify(values) });

interface Diff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}
const diff = (over: Partial<Diff> = {}): Diff => ({ added: [], removed: [], changed: [], ...over });
const MARKER = diff({ added: ['MARKER'] });

/** Events of the service while this is done, and after it one that is known to come: what is there was all. */
async function eventsOf(act: () => Promise<unknown>, before: object, scope = 'RUNTIME', last = MARKER) {
  count += 1;
  id = `service-${count}`;
  await put(before);
  const listener = await listen(app.url, app.owner, ENVIRONMENT_CHANGED, { variables: { service: id, scope } });
  listeners.push(listener);
  await act();
  const now = await environmentOf(app, id, { scope });
  const { tags } = (await app.gql(TAGS, { id })).data.project.service;
  const marker = [variable('MARKER', '1')];
  const result = await done(app, PUT_SERVICE, {
    project: PROJECT,
    id,
    name: 'Some Service',
    tags,
    ...(scope === 'BUILD' ? { buildArguments: marker } : { variables: marker }),
  });
  for (let max = 1; listener.events.at(-1)?.seq !== result.commit.seq; max += 1) await listener.count(max);
  const events = [...listener.events];
  // What the service had of its own goes with the marker.
  expect(events.pop().variables).toMatchObject({ added: last.added });
  return { events, now };
}
const TAGS = `query ($id: ID!) { project(slug: "${PROJECT}") { service(id: $id) { tags } } }`;

interface Way {
  readonly act: () => Promise<unknown>;
  readonly variables?: Partial<Diff>;
  readonly files?: Partial<Diff>;
  /** What the service is before. */
  readonly before?: object;
  readonly scope?: string;
}

const WAYS: Readonly<Record<string, Way>> = {
  'a global secret': { act: () => onGlobal({ host: 'b' }), variables: { changed: ['HOST'] } },
  'a global secret that the sync of its git file wrote': {
    act: async () => {
      push({ db: 'two' });
      await app.later(6 * MINUTE);
    },
    variables: { changed: ['DB'] },
    files: { changed: ['/etc/app.conf'] },
  },
  'a global secret that a person had synced': {
    act: () => {
      push({ db: 'three' });
      return done(app, gitOp('syncGlobalSecret'), { id: idOf('followed') });
    },
    variables: { changed: ['DB'] },
    files: { changed: ['/etc/app.conf'] },
  },
  'a global secret that is gone': {
    act: () => done(app, operation('deleteGlobalSecret', ''), { id: idOf('shared'), force: true }),
    variables: { changed: ['HOST'] },
  },
  'a global secret that is back': {
    act: () => done(app, operation('restoreGlobalSecret', 'globalSecret { id }'), { id: idOf('shared') }),
    variables: { changed: ['HOST'] },
  },
  'an addon': {
    act: () => onAddon({ params: { ...REDIS, host: 'other.internal' } }),
    variables: { changed: ['CACHE_HOST'] },
  },
  'an external addon': {
    act: () =>
      done(app, operation('updateExternalAddon', 'externalAddon { id }'), {
        id: idOf('rds'),
        params: { ...RDS, endpoint: 'other.example.com' },
      }),
    variables: { changed: ['RDS_HOST'] },
  },
  'a link that is taken away': {
    act: () => onGroup('unlinkAddon', 'Base', { addon: 'cache' }),
    variables: { removed: ['CACHE_HOST'] },
  },
  'a link that is made': {
    act: () =>
      onGroup('linkAddon', 'Base', { link: { addon: 'cache', keys: [{ keyName: 'HOST', aliases: ['CACHE_HOST'] }] } }),
    variables: { added: ['CACHE_HOST'] },
  },
  'an addon that is gone': {
    act: () => done(app, operation('deleteAddon', ''), { id: idOf('cache'), force: true }),
    variables: { removed: ['CACHE_HOST'] },
  },
  'a tag that the service gets': { act: () => put({ tags: ['gold'] }), variables: { added: ['GOLD'] } },
  'a tag that the service loses': {
    before: { tags: ['gold'] },
    act: () => put(),
    variables: { removed: ['GOLD'] },
  },
  'a restriction that is set': {
    act: () => onGroup('updateSecretGroup', 'Going', { restrictions: NOBODY }),
    variables: { removed: ['GOING'] },
  },
  'a restriction that names it': {
    act: () =>
      onGroup('updateSecretGroup', 'Going', { restrictions: { ...NOBODY, workloads: [{ id, kind: 'SERVICE' }] } }),
    variables: { added: ['GOING'] },
  },
  'a restriction that is lifted': {
    act: () => onGroup('updateSecretGroup', 'Going', { restrictions: { ...NOBODY, restricted: false } }),
    variables: { added: ['GOING'] },
  },
  'a value of its own': {
    before: { variables: [variable('OWN', '1')] },
    act: () => put({ variables: [variable('OWN', '2'), variable('PLAIN', 'own')] }),
    variables: { changed: ['OWN', 'PLAIN'] },
  },
  'a priority': {
    act: () => onGroup('updateSecretGroup', 'Rival', { priority: 50 }),
    variables: { changed: ['COMMON'] },
  },
  'a variable of a group': {
    act: () => onGroup('setSecretGroupVariable', 'Base', variable('PLAIN', '2')),
    variables: { changed: ['PLAIN'] },
  },
  'a group that is gone': { act: () => onGroup('deleteSecretGroup', 'Going'), variables: { removed: ['GOING'] } },
  'a group that is back': { act: () => onGroup('restoreSecretGroup', 'Going'), variables: { added: ['GOING'] } },
  'a group that is as it was': {
    act: () => onGroup('rollbackSecretGroup', 'Base', { revision: 1 }),
    variables: { changed: ['PLAIN'] },
  },
  'a group that is of another scope': {
    act: () => onGroup('updateSecretGroup', 'Going', { secretType: 'ARGUMENTS' }),
    variables: { removed: ['GOING'] },
  },
  'a build argument of its own': {
    scope: 'BUILD',
    act: () => put({ buildArguments: [variable('ARGUMENT', '1')] }),
    variables: { added: ['ARGUMENT'] },
  },
};

describe('environmentChanged is told once, with the names, through', () => {
  it.each(Object.keys(WAYS))('%s', async (what) => {
    const { act, variables = {}, files = {}, before = {}, scope } = WAYS[what] as Way;
    const { events, now } = await eventsOf(act, before, scope);
    expect(events.map((event) => ({ variables: event.variables, files: event.files }))).toEqual([
      { variables: diff(variables), files: diff(files) },
    ]);
    expect(events[0].digest).toBe(now.digest);
    expect(events[0].environment.digest).toBe(now.digest);
  });
});

const SILENT: Readonly<Record<string, Way>> = {
  'the type of a group, which is not delivered (case 268)': {
    act: () => onGroup('updateSecretGroup', 'Going', { type: 'CONFIG' }),
  },
  'the same value again': { act: () => onGroup('setSecretGroupVariable', 'Base', variable('COMMON', 'base')) },
  'words about a group': { act: () => onGroup('updateSecretGroup', 'Base', { description: 'other', tags: ['x'] }) },
  'a priority that decides nothing': { act: () => onGroup('updateSecretGroup', 'Base', { priority: 6 }) },
  'a value that another stands before': {
    act: () => onGroup('setSecretGroupVariable', 'Base', variable('COMMON', 'hidden')),
  },
  'a group that is not for it': { act: () => onGroup('setSecretGroupVariable', 'Gold', variable('GOLD', '2')) },
  'a group of another project': { act: () => onGroup('setSecretGroupVariable', 'Elsewhere', variable('PLAIN', 'y')) },
  'a part of a global secret that it does not draw in': { act: () => onGlobal({ host: 'b', unused: 'b' }) },
  'a part of a git file that it does not draw in': {
    act: async () => {
      push({ db: 'three', unused: 'two' });
      await app.later(6 * MINUTE);
    },
  },
  'a sync that found nothing new': { act: () => app.later(6 * MINUTE) },
  'words about an external addon': {
    act: () =>
      done(app, operation('updateExternalAddon', 'externalAddon { id }'), { id: idOf('rds'), description: 'other' }),
  },
  'a parameter whose key it does not link': {
    act: () =>
      done(app, operation('updateExternalAddon', 'externalAddon { id }'), {
        id: idOf('rds'),
        params: { ...RDS, endpoint: 'other.example.com', password: 'other' },
      }),
  },
  'a tag that decides nothing': { act: () => put({ tags: ['copper'] }) },
  'words about a tag': {
    act: () => done(app, operation('updateTag', 'tag { id }'), { id: idOf('gold'), description: 'other' }),
  },
  'its name': { act: () => put({ name: 'Another Name' }) },
  'a value of another service': { act: () => put({ variables: [variable('OWN', '1')] }, 'another') },
  'its own value for a build': { act: () => put({ buildArguments: [variable('ARGUMENT', '1')] }) },
  'a secret of an app, from which no workload draws': { act: () => aValue(app, 'api-key', 'dev', 'x') },
  'a token and a role': {
    act: async () => {
      await app.token('reader');
      await done(app, operation('createRole', 'role { slug }'), { name: 'Some Role', grants: [] });
    },
  },
};

describe('environmentChanged is silent about', () => {
  it.each(Object.keys(SILENT))('%s', async (what) => {
    const { act, before = {} } = SILENT[what] as Way;
    expect((await eventsOf(act, before)).events).toEqual([]);
  });
});
