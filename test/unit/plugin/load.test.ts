import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAppError } from '../../../src/kernel/errors.ts';
import { silentLog } from '../../../src/kernel/log.ts';
import { createReach } from '../../../src/net/reach.ts';
import { type LoadRequest, loadPlugins } from '../../../src/plugin/load.ts';

// Inside the project, so that `#plugin` and zod are found as a plugin of an installation finds them.
let root = '';
beforeAll(() => {
  mkdirSync('.cache', { recursive: true });
  root = mkdtempSync(resolve('.cache/plugins-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function write(id: string, text: string): void {
  mkdirSync(join(root, id), { recursive: true });
  writeFileSync(join(root, id, 'index.ts'), text);
}

const load = (over: Partial<LoadRequest> = {}) =>
  loadPlugins({
    names: null,
    options: new Map(),
    directory: pathToFileURL(`${root}/`),
    log: silentLog,
    clock: () => new Date(),
    reach: createReach([]),
    deadlineMs: 1_000,
    ...over,
  });

async function messageOf(loading: Promise<unknown>): Promise<string> {
  const error: unknown = await loading.catch((reason: unknown) => reason);
  if (!isAppError(error)) throw new Error('it did not fail as it should');
  return `${error.code} ${error.message}`;
}

const aPlugin = (over: string): string => `import { z } from 'zod';
const events = (globalThis.keyloomPluginEvents ??= []);
export default { api: 1, id: 'x', kind: 'addon', title: 'X', options: z.strictObject({ a: z.int().optional() }),
  params: z.strictObject({}), keys: [{ name: 'A', title: 'A', description: 'A.', sensitive: true }],
  start: () => ({ values: async () => new Map() }), ${over} };`;

describe('loading plugins', () => {
  it('the smallest one of the README works as it stands there', async () => {
    const readme = readFileSync('plugins/README.md', 'utf8');
    write('hello', /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '');
    const plugins = await load({ names: ['hello'], options: new Map([['hello', { greeting: 'Welcome' }]]) });
    const hello = plugins.byId.get('hello');
    const values = await hello?.running.values({ id: 'it', params: hello.provider.params.parse({ name: 'Ada' }) });
    expect([...(values ?? [])]).toEqual([['GREETING', 'Welcome, Ada']]);
    await plugins.close();
  });

  it.each([
    ['api-two', 'api: 2', 'UNAVAILABLE The plugin api-two was made for another version of the plugin contract'],
    ['other-id', '', 'UNAVAILABLE The plugin other-id has another id than its folder'],
    ['bad-id', "id: '../x'", 'UNAVAILABLE The plugin bad-id has no slug for an id'],
    ['bad-kind', "id: 'bad-kind', kind: 'thing'", 'UNAVAILABLE The plugin bad-kind is of an unknown kind'],
    ['no-keys', "id: 'no-keys', keys: []", 'UNAVAILABLE The plugin no-keys has no keys, or misnamed ones'],
    ['twice', "id: 'twice', keys: [{ name: 'A' }, { name: 'A' }]", 'UNAVAILABLE The plugin twice has a key twice'],
    [
      'misnamed',
      "id: 'misnamed', keys: [{ name: '__proto__' }]",
      'UNAVAILABLE The plugin misnamed has no keys, or misnamed ones',
    ],
    ['no-values', "id: 'no-values', start: () => ({})", 'UNAVAILABLE The plugin no-values has no values()'],
  ])('refuses %s', async (name, over, message) => {
    write(name, aPlugin(over));
    expect(await messageOf(load({ names: [name] }))).toBe(message);
  });

  it('refuses one that is not there, that cannot be parsed, and that is named twice', async () => {
    write('broken', 'export default {');
    write('again', aPlugin("id: 'again'"));
    expect(await messageOf(load({ names: ['not-there'] }))).toBe('UNAVAILABLE The plugin not-there cannot be imported');
    expect(await messageOf(load({ names: ['broken'] }))).toBe('UNAVAILABLE The plugin broken cannot be imported');
    expect(await messageOf(load({ names: ['again', 'again'] }))).toBe('UNAVAILABLE The plugin again is there twice');
  });

  it('case 216: names bad options and not what was given', async () => {
    write('picky', aPlugin("id: 'picky'"));
    const message = await messageOf(load({ names: ['picky'], options: new Map([['picky', { a: 'hunter2canary' }]]) }));
    expect(message).toBe('INVALID_INPUT KEYLOOM_PLUGIN_OPTIONS.picky.a: is not what the plugin takes');
    const other = load({ names: ['picky'], options: new Map([['other', {}]]) });
    expect(await messageOf(other)).toBe('UNAVAILABLE The plugin other has options, but is not loaded');
  });

  it('starts in order and closes in reverse; one that fails closes those before it', async () => {
    const told = (id: string, more = '') =>
      aPlugin(`id: '${id}', start: (_options, host) => { events.push('start ${id}'); ${more}
        return { values: async () => new Map(), close: async () => { events.push('close ${id} ' + host.signal.aborted); } }; }`);
    write('first', told('first'));
    write('second', told('second'));
    write('failing', told('failing', "throw new Error('no');"));
    const { close } = await load({ names: ['second', 'first'] });
    await close();
    await expect(load({ names: ['first', 'failing'] })).rejects.toThrow();
    const events = (globalThis as { keyloomPluginEvents?: readonly string[] }).keyloomPluginEvents;
    expect(events).toEqual([
      'start second',
      'start first',
      'close first true',
      'close second true',
      'start first',
      'start failing',
      'close first true',
    ]);
  });
});
