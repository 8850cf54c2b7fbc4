import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { createLog } from '../../src/http/log.ts';
import { openStore } from '../../src/store/open.ts';
import { appIdOf, aValueInput, environmentIdOf, RENDERED, secretIdOf } from '../support/apps.ts';
import { documentsIn, dropDatabase, filesUnder, formsOf, sightings } from '../support/canaries.ts';
import { aCertificate, named } from '../support/certificates.ts';
import { ENVIRONMENT, GROUP_FIELDS } from '../support/makers.ts';
import { aDatabase } from '../support/mongodb.ts';
import { operationOf } from '../support/mutations.ts';
import { ROOT_KEY, startApp, type TestApp } from '../support/start-app.ts';

const PROJECT = 'default-project';
/** Kept in plain text by design: the store orders by it. */
const SLUG = 'control-slug-51b7';

/** A text for each place, that is nowhere else. */
function aFlock() {
  const values: string[] = [];
  const names: string[] = [];
  const make = (list: string[]) => (what: string) => {
    const canary = `Canary${what}${String(list.length).padStart(3, '0')}Xq7Zp2Wk`;
    list.push(canary);
    return canary;
  };
  /** What a variable, path or alias is called may stand in an answer; a value must not stand anywhere. */
  return { value: make(values), name: make(names), values, names };
}
type Flock = ReturnType<typeof aFlock>;

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const variable = ({ name, value }: Flock) => ({ name: name('Variable'), value: value('Value') });
const file = ({ name, value }: Flock) => ({
  path: `/etc/${name('Path')}`,
  data: base64(value('Content')),
  encoding: 'UTF_8',
});
/** Its facts are read at writing, and kept: sealed, too. */
const certificateFile = ({ name }: Flock) => {
  const wanted = { subject: named(name('Subject')), issuer: named(name('Issuer')), notAfter: new Date('2031-01-01') };
  return { path: '/etc/certificate', data: base64(aCertificate(wanted)) };
};
const mount = ({ name, value }: Flock) => ({ name: name('Mount'), data: base64(value('Bytes')), encoding: 'BINARY' });
const link = ({ name }: Flock) => ({ addon: 'database', keys: [{ keyName: name('Key'), aliases: [name('Alias')] }] });
const whole = (flock: Flock) => ({
  description: flock.value('Description'),
  variables: [variable(flock)],
  files: [file(flock)],
  dockerSecretMounts: [mount(flock)],
  addonLinks: [link(flock)],
});

async function mutate(app: TestApp, name: string, input: object, fields = '') {
  const { data, errors } = await app.gql(operationOf(name, fields), { input }, app.owner);
  const type = data?.result?.__typename;
  if (!type?.endsWith('Payload')) throw new Error(JSON.stringify({ name, data, errors }));
  return data.result;
}

async function fillRestarts(app: TestApp, { value, values }: Flock, source: string): Promise<void> {
  const hook = { project: PROJECT, url: `https://deploy.example.com/${value('Url')}`, secret: value('OwnSecret') };
  const { deployWebhook } = await mutate(app, 'putDeployWebhook', hook, 'deployWebhook { id }');
  const rotated = await mutate(app, 'rotateDeployWebhookSecret', { id: deployWebhook.id }, 'secret');
  values.push(rotated.secret);
  await mutate(app, 'restartDependents', { source, reason: value('Reason'), idempotencyKey: value('Idempotency') });
}

/** Every mutation that takes a text, with a canary in each place that is sealed. */
async function fill(app: TestApp, flock: Flock): Promise<void> {
  const { value } = flock;
  const project = await mutate(
    app,
    'createProject',
    { name: 'Default Project', description: value('D') },
    'project { id }',
  );
  await mutate(app, 'updateProject', { id: project.project.id, description: value('D') });
  const plain = { project: PROJECT, secretType: 'ENVIRONMENT_ARGUMENTS', priority: 1 };
  const name = SLUG.replaceAll('-', ' ');
  const idempotencyKey = value('Idempotency');
  const made = await mutate(
    app,
    'createSecretGroup',
    { ...plain, name, ...whole(flock), idempotencyKey },
    'secretGroup { id }',
  );
  const { id } = made.secretGroup;
  await mutate(app, 'putSecretGroup', { ...plain, name, ...whole(flock) });
  await mutate(app, 'updateSecretGroup', { id, ...whole(flock) });
  const one = variable(flock);
  await mutate(app, 'setSecretGroupVariable', { id, ...one });
  await mutate(app, 'unsetSecretGroupVariable', { id, name: one.name });
  await mutate(app, 'setSecretGroupFile', { id, file: file(flock) });
  await mutate(app, 'setSecretGroupFile', { id, file: certificateFile(flock) });
  await mutate(app, 'setSecretGroupDockerSecretMount', { id, mount: mount(flock) });
  await mutate(app, 'linkAddon', { id, link: { ...link(flock), addon: 'queue' } });
  await mutate(app, 'rollbackSecretGroup', { id, revision: 1 });
  await mutate(app, 'deleteSecretGroup', { id });
  await mutate(app, 'restoreSecretGroup', { id });
  const global = () => ({
    description: value('Description'),
    values: { [flock.name('Name')]: { list: [value('Nested'), 7] } },
    files: [{ id: flock.name('Id'), ...file(flock) }],
  });
  const shared = { name: 'Shared', type: 'SECRET' };
  const { globalSecret } = await mutate(
    app,
    'createGlobalSecret',
    { ...shared, ...global(), idempotencyKey: value('Idempotency') },
    'globalSecret { id }',
  );
  await mutate(app, 'putGlobalSecret', { ...shared, ...global() });
  await mutate(app, 'updateGlobalSecret', { id: globalSecret.id, ...global() });
  await mutate(app, 'deleteGlobalSecret', { id: globalSecret.id });
  await mutate(app, 'restoreGlobalSecret', { id: globalSecret.id });
  const of = { project: PROJECT, name: 'Cache', description: value('D') };
  const params = () => ({ host: 'cache.example.com', password: value('Password') });
  const addon = await mutate(app, 'createAddon', { ...of, provider: 'redis', params: params() }, 'addon { id }');
  await mutate(app, 'updateAddon', { id: addon.addon.id, params: params() });
  const workload = () => ({
    project: PROJECT,
    id: 'example-service',
    name: 'Example',
    variables: [variable(flock)],
    buildArguments: [variable(flock)],
    files: [file(flock)],
    buildFiles: [file(flock)],
    idempotencyKey: value('Idempotency'),
  });
  for (const kind of ['putService', 'putJob', 'putService']) await mutate(app, kind, workload());
  await fillRestarts(app, flock, id);
  await fillGit(app, flock);
  await fillApp(app, flock);
  const token = { name: 'token', kind: 'MACHINE', role: 'reader' };
  for (const key of [null, value('Idempotency')]) {
    const { text } = await mutate(app, 'createToken', { ...token, idempotencyKey: key }, 'text');
    flock.values.push(text);
  }
  flock.values.push(app.owner, ROOT_KEY.toString('latin1'));
}

async function fillGit(app: TestApp, { value, values }: Flock): Promise<void> {
  const account = { service: 'SELF_HOSTED', selfHostedVcsId: 'our-git', baseUrl: 'https://git.example.com' };
  for (let i = 0; i < 2; i += 1) {
    await mutate(app, 'putVcsAccount', { ...account, accountLogin: 'login', token: value('Token') });
  }
  const gitops = () => ({
    vcsService: 'SELF_HOSTED',
    vcsLinkId: value('Link'),
    repoUrl: `https://git.invalid/${value('Repository')}`,
    branch: value('Branch'),
    filePath: `/${value('File')}`,
  });
  const input = { name: 'Followed', type: 'SECRET', gitops: gitops(), idempotencyKey: value('Idempotency') };
  const { globalSecret } = await mutate(app, 'createGlobalSecret', input, 'globalSecret { id }');
  const { id } = globalSecret;
  await mutate(app, 'updateGlobalSecret', { id, gitops: gitops() });
  values.push((await mutate(app, 'rotateGitHookSecret', { id }, 'hookSecret')).hookSecret);
  await mutate(app, 'syncGlobalSecret', { id });
}

async function fillApp(app: TestApp, { value }: Flock): Promise<void> {
  const environments = [{ name: 'dev' }, { name: 'production', protected: true }];
  await mutate(app, 'createApp', { name: 'Example App', environments, idempotencyKey: value('Idempotency') });
  const input = { app: 'example-app', name: 'API_KEY', purposeType: 'API_KEY', providerId: value('Provider') };
  const { appSecret } = await mutate(app, 'createAppSecret', input, 'appSecret { id }');
  const { id } = appSecret;
  await mutate(app, 'updateAppSecret', { id, providerId: value('Provider') });
  const set = async (environment: string, hidden: boolean) =>
    mutate(app, 'setAppSecretValue', { id, ...aValueInput(value('AppValue'), { environment, hidden }) });
  await set('dev', false);
  await set('dev', true);
  await set('production', true);
  await mutate(app, 'unsetAppSecretValue', { id, environment: 'production' });
  const plan = '{ previewAppSecretCopy(app: "example-app", from: "dev", to: "production") { planHash } }';
  const { planHash } = (await app.gql(plan)).data.previewAppSecretCopy;
  await mutate(app, 'copyAppSecretValues', { app: appIdOf(), from: 'dev', to: 'production', planHash });
  await mutate(app, 'deleteEnvironment', { id: environmentIdOf('production'), force: true });
  await mutate(app, 'deleteAppSecret', { id });
  await mutate(app, 'restoreAppSecret', { id });
  const { data } = await app.gql(RENDERED, { app: 'example-app', environment: 'dev', mode: 'FULL' });
  expect(JSON.stringify(data)).toContain('CanaryAppValue');
}

const READ = `query ($project: Slug!, $slug: Slug!) { project(slug: $project) { secretGroup(slug: $slug) { ${GROUP_FIELDS} } } }`;

/** Requests that go wrong, each with a canary where it hurts. Answers what clients were told. */
async function stumble(app: TestApp, flock: Flock): Promise<string> {
  const { value } = flock;
  const told: unknown[] = [];
  const tell = async (query: string, variables: object = {}, token: string | null = app.owner) => {
    told.push((await app.gql(query, variables, token)).errors ?? 'a typed error');
  };
  const create = operationOf('createSecretGroup');
  const input = { project: PROJECT, name: 'Another', secretType: 'ENVIRONMENT', priority: 1 };
  const withValue = (text: unknown) => ({ input: { ...input, variables: [{ name: 'A', value: text }] } });
  await tell(create, { input: { ...input, variables: [{ name: '9 bad', value: value('Bad') }] } });
  await tell(create, withValue([value('List')]));
  await tell(create, withValue({ $ne: value('Operator') }));
  await tell(create, withValue(value('Long').repeat(4000)));
  await tell(create, {
    input: {
      ...input,
      variables: [
        { name: 'A', value: value('Twice') },
        { name: 'A', value: 'b' },
      ],
    },
  });
  await tell(create, { input: { ...input, files: [{ path: '/a', data: `!!${value('Base')}` }] } });
  await tell(create, { input: { ...input, [flock.name('Field')]: 1, priority: value('Number') } });
  await tell(create, { input: { ...input, secretType: value('Enum') } });
  await tell(create, { input: { ...input, name: SLUG.replaceAll('-', ' '), ...whole(flock) } });
  const globally = operationOf('createGlobalSecret');
  const shared = { name: 'Shared', type: 'SECRET' };
  await tell(globally, { input: { ...shared, values: { a: `${value('Null')}\u0000` } } });
  await tell(globally, { input: { ...shared, values: [value('Item')] } });
  await tell(globally, { input: { ...shared, values: { a: value('Shared') } } });
  await tell(globally, { input: { ...shared, files: [{ id: 'a b', path: '/a', data: base64(value('Id')) }] } });
  await tell(operationOf('putDeployWebhook'), {
    input: { project: PROJECT, url: `https://a:${value('Password')}@example.com/`, secret: value('S') },
  });
  await tell(operationOf('restartDependents'), { input: { source: 'x', reason: value('Long').repeat(20) } });
  const setting = operationOf('setAppSecretValue');
  const secret = { id: secretIdOf('api-key') };
  await tell(setting, { input: { ...secret, ...aValueInput(value('Type'), { valueTypeUrn: value('Urn') }) } });
  await tell(setting, { input: { ...secret, ...aValueInput(`${value('AppNull')}\u0000`) } });
  await tell(setting, { input: { ...secret, ...aValueInput(value('AppLong').repeat(4000)) } });
  await tell(setting, { input: { ...secret, ...aValueInput(value('Elsewhere'), { environment: 'nowhere' }) } });
  await tell(`mutation { createTag(input: { name: "${value('Inline')}", nonsense: 1 }) { __typename } }`);
  await tell(`{ project(slug: "${value('Literal')}") { id `);
  await tell(`query ${value('Operation')} { nothing }`);
  await tell('{ viewer { name } }', {}, value('Token'));
  await tell('{ viewer { name } }', {}, `klm_u_${value('Token')}`);
  const send = (path: string, init: RequestInit) => fetch(`${app.url}${path}`, init).then((answer) => answer.text());
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${app.owner}` };
  told.push(await send('/graphql', { method: 'POST', headers, body: `{"query": "${value('Json')}", }` }));
  told.push(
    await send('/graphql', { method: 'POST', headers: { ...headers, 'content-type': value('Type') }, body: '{}' }),
  );
  told.push(await send(`/nowhere?token=${value('Query')}`, {}));
  told.push(await send(`/graphql?query={viewer{name}}&token=${value('Query')}`, { headers }));
  return JSON.stringify(told);
}

interface Place {
  readonly open: Parameters<typeof startApp>[0];
  readonly texts: () => Promise<ReadonlyMap<string, string>>;
  readonly dispose: () => Promise<void>;
}

function embedded(): Place {
  const dir = mkdtempSync(join(tmpdir(), 'keyloom-plain-'));
  return {
    open: { open: ({ mac }) => openStore({ dir, mac, log: createLog('silent') }) },
    texts: async () => filesUnder(dir),
    dispose: async () => rmSync(dir, { recursive: true, force: true }),
  };
}

function mongodb(): Place {
  const mongodbUrl = inject('mongodbUrl') ?? '';
  const database = aDatabase();
  return {
    open: { open: ({ mac }) => openStore({ mongodbUrl, database, dir: '', mac, log: createLog('silent') }) },
    texts: () => documentsIn(mongodbUrl, database),
    dispose: () => dropDatabase(mongodbUrl, database),
  };
}

const PLACES = [['embedded', embedded] as const, ...(inject('mongodbUrl') ? [['MongoDB', mongodb] as const] : [])];

describe.each(PLACES)('case 201: the %s store', (_name, place) => {
  it('holds no sealed text, and neither does the log', async () => {
    const { open, texts, dispose } = place();
    const flock = aFlock();
    const lines: string[] = [];
    const log = createLog('debug', { write: (line) => void lines.push(line) });
    const app = await startApp({ ...open, log });
    await fill(app, flock);
    const { data } = await app.gql(READ, { project: PROJECT, slug: SLUG }, app.owner);
    expect(JSON.stringify(data)).toContain('Canary');
    const environment = await app.gql(ENVIRONMENT, { project: PROJECT, service: 'example-service' }, app.owner);
    expect(JSON.stringify(environment.data)).toContain('Canary');
    const told = await stumble(app, flock);
    await app.close();

    const kept = await texts();
    expect(sightings([SLUG], kept).length).toBeGreaterThan(0);
    expect(lines.length).toBeGreaterThan(30);
    const all = [...flock.values, ...flock.names];
    expect(all.length).toBeGreaterThan(80);
    expect(sightings(all, new Map([...kept, ['the log', lines.join('')]]))).toEqual([]);
    expect(sightings(flock.values, new Map([['an error', told]]))).toEqual([]);
    await dispose();
  });
});

describe('the search', () => {
  it.each([0, 1, 2, 3, 4])('finds what was encoded %i bytes into something', (before) => {
    const text = Buffer.from(`${'x'.repeat(before)}CanaryXq7Zp2Wk?>~ and more`);
    for (const encoding of ['utf8', 'base64', 'base64url', 'hex'] as const) {
      expect(sightings(['CanaryXq7Zp2Wk?>~'], new Map([['here', text.toString(encoding)]]))).toHaveLength(1);
    }
    expect(formsOf('Canary')).toContain('Canary');
    expect(sightings(['CanaryXq7Zp2Wk'], new Map([['here', 'CanaryXq7Zp2W']]))).toEqual([]);
  });
});
