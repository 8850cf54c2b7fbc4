import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ask, type Built, build, type Environment, ownerToken, serving, spawned, stopped } from '../support/built.ts';
import { until } from '../support/listening.ts';
import { aGroupInput, aServiceInput, CREATE_PROJECT, ENVIRONMENT, operation, PUT_SERVICE } from '../support/makers.ts';
import { aPlugin, type PluginFolder, pluginFolder } from '../support/plugin-folder.ts';

let entry: string;
let folder: PluginFolder;
let dir: string;
const running: Built[] = [];

beforeAll(() => {
  entry = build();
}, 120_000);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keyloom-e2e-'));
  folder = pluginFolder();
  const readme = readFileSync('plugins/README.md', 'utf8');
  folder.write('hello/index.js', /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '');
});
afterEach(async () => {
  for (const each of running.splice(0)) if (each.process.exitCode === null) await stopped(each, 'SIGKILL');
  await folder.close();
  rmSync(dir, { recursive: true, force: true });
});

const environment = (over: Environment = {}): Environment => ({
  KEYLOOM_DEVELOPMENT: 'true',
  KEYLOOM_PORT: '0',
  KEYLOOM_DATA: dir,
  KEYLOOM_PLUGIN_DIRECTORY: fileURLToPath(folder.directory),
  ...over,
});
const isAlive = (pid: string): boolean =>
  existsSync(`/proc/${pid}/stat`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
const childrenOf = (pid: number | undefined): readonly string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);

const PROVIDERS = '{ addonProviders { id kind title keys { name sensitive } params canCheck canRotate } }';
const CREATE_ADDON = operation('createAddon', 'addon { id }');
const CREATE_GROUP = operation('createSecretGroup', 'secretGroup { id }');

it('a plugin in a folder of the operator is described, set up, linked and asked, in a process that ends with the gateway', async () => {
  const env = environment({ KEYLOOM_PLUGIN_OPTIONS: '{"hello":{"greeting":"Welcome"}}' });
  const server = await serving(entry, env);
  running.push(server);
  const owner = ownerToken(server) ?? '';
  const gql = async (query: string, input?: object) => (await ask(server.url, owner, query, { input })).data;

  const { addonProviders } = await gql(PROVIDERS);
  expect(addonProviders.map(({ id }: { readonly id: string }) => id)).toContain('postgresql');
  expect(addonProviders.find(({ id }: { readonly id: string }) => id === 'hello')).toMatchObject({
    kind: 'ADDON',
    title: 'Hello',
    keys: [{ name: 'GREETING', sensitive: false }],
    params: { type: 'object', required: ['name'], properties: { password: { type: 'string', sensitive: true } } },
    canCheck: false,
    canRotate: false,
  });
  await gql(CREATE_PROJECT, { name: 'Default Project' });
  const addon = { project: 'default-project', name: 'Hello', provider: 'hello' };
  const bad = await gql(CREATE_ADDON, { ...addon, params: { name: 7, password: 'hunter2canary' } });
  expect(bad.result).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: ['params', 'name'] }] });
  const good = await gql(CREATE_ADDON, { ...addon, params: { name: 'Ada', password: 'hunter2canary' } });
  expect(good.result.__typename).toBe('CreateAddonPayload');
  await gql(CREATE_GROUP, aGroupInput({ addonLinks: [{ addon: 'hello', keys: [{ keyName: 'GREETING' }] }] }));
  await gql(PUT_SERVICE, aServiceInput());
  const variables = { project: 'default-project', service: 'example-service' };
  const answer = await ask(server.url, owner, ENVIRONMENT, variables);
  expect(answer.data.project.service.environment.variables).toMatchObject([
    { name: 'HELLO_GREETING', value: 'Welcome, Ada', type: 'CONFIG' },
  ]);

  const children = childrenOf(server.process.pid);
  expect(children).toHaveLength(1);
  expect(await stopped(server, 'SIGTERM')).toBe(0);
  await until(() => children.every((pid) => !isAlive(pid)));
  expect(server.output()).not.toContain('hunter2canary');
});

it.each([
  ['of another version', () => folder.write('future/index.js', aPlugin('future', 'api: 2')), {}],
  ['that is not pinned', () => {}, { KEYLOOM_PLUGIN_HASHES: `other=${'0'.repeat(64)}` }],
  ['that is not what is pinned', () => {}, { KEYLOOM_PLUGIN_HASHES: `hello=${'0'.repeat(64)}` }],
  ['that is nowhere', () => {}, { KEYLOOM_PLUGINS: 'hello,@acme/not-there' }],
])('does not start with a plugin %s, and says why', async (_what, prepare, over) => {
  prepare();
  const built = spawned(entry, environment(over));
  running.push(built);
  expect(await built.ended).toBe(1);
  expect(built.output()).toMatch(/The plugin (future|hello|@acme\/not-there) (was made|is not|cannot be imported)/);
  expect(built.output()).not.toMatch(/^ {4}at /m);
});
