import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAppError } from '../../../src/kernel/errors.ts';
import { collectingLog } from '../../support/http-app.ts';
import { answering, aPlugin, type PluginFolder, pluginFolder } from '../../support/plugin-folder.ts';

let folder: PluginFolder;
beforeAll(() => {
  folder = pluginFolder();
});
afterAll(() => folder.close());

async function messageOf(loading: Promise<unknown>): Promise<string> {
  const error: unknown = await loading.catch((reason: unknown) => reason);
  if (!isAppError(error)) throw new Error('it did not fail as it should');
  return `${error.code} ${error.message}`;
}

describe('loading plugins', () => {
  it('the smallest one of the README works as it stands there', async () => {
    const readme = readFileSync('plugins/README.md', 'utf8');
    const text = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const hello = await folder.one('hello', text, { options: new Map([['hello', { greeting: 'Welcome' }]]) });
    const values = await hello.values({ id: 'it', params: { name: 'Ada' } });
    expect(values).toEqual(new Map([['GREETING', 'Welcome, Ada']]));
    expect(hello.facts).toMatchObject({ id: 'hello', params: { properties: { password: { sensitive: true } } } });
    expect(await hello.problemsWith({ password: 7, other: 1 })).toEqual([
      { path: ['name'], code: 'invalid_type' },
      { path: ['password'], code: 'invalid_type' },
      { path: ['other'], code: 'unrecognized_keys' },
    ]);
    expect(hello.abilities).toEqual({ check: false, rotate: false });
    await expect(hello.values({ id: 'it', params: {} })).rejects.toMatchObject({ reason: 'PARAMS_INVALID' });
  });

  it.each([
    ['api-two', aPlugin('api-two', 'api: 2'), 'was made for another version of the plugin contract'],
    ['other-id', aPlugin('x'), 'has another id than its folder'],
    ['bad-id', aPlugin('../x'), 'has no slug for an id'],
    ['bad-kind', aPlugin('bad-kind', "kind: 'thing'"), 'is of an unknown kind'],
    ['no-keys', aPlugin('no-keys', 'keys: []'), 'has no keys, or misnamed ones'],
    ['twice', aPlugin('twice', "keys: [{ name: 'A' }, { name: 'A' }]"), 'has a key twice'],
    ['misnamed', aPlugin('misnamed', "keys: [{ name: '__proto__' }]"), 'has no keys, or misnamed ones'],
    ['no-values', aPlugin('no-values', '', '({})'), 'has no values()'],
    ['no-retire', aPlugin('no-retire', '', '({ values() {}, rotate() {} })'), 'has rotate(), but no retire()'],
    ['throws', aPlugin('throws', '', "{ throw new Error('hunter2'); }"), 'does not start'],
    ['broken', 'export default {', 'cannot be imported'],
    ['nothing', 'export const a = 1;', 'has no default export'],
    ['exits', 'process.exit(0);', 'died, or said nothing, before it was ready'],
    [
      'deep',
      aPlugin('deep', 'get params() { let s = z.string(); for (let i = 0; i < 60; i++) s = z.array(s); return s; }'),
      'died, or said nothing, before it was ready',
    ],
  ])('refuses %s', async (name, text, why) => {
    folder.write(`${name}/index.js`, text);
    expect(await messageOf(folder.load({ names: [name] }))).toBe(`UNAVAILABLE The plugin ${name} ${why}`);
  });

  it('refuses one that is not there, one that is named twice, and one that goes by the name of a shipped one', async () => {
    folder.write('again/index.js', aPlugin('again'));
    folder.write('redis/index.js', aPlugin('redis'));
    expect(await messageOf(folder.load({ names: ['not-there'] }))).toBe(
      'UNAVAILABLE The plugin not-there cannot be imported',
    );
    expect(await messageOf(folder.load({ names: ['again', 'again'] }))).toBe(
      'UNAVAILABLE The plugin again is there twice',
    );
    expect(await messageOf(folder.load({ names: ['redis'] }))).toBe('UNAVAILABLE The plugin redis is there twice');
  });

  it('case 216: names bad options and not what was given', async () => {
    folder.write('picky/index.js', aPlugin('picky'));
    const options = new Map([['picky', { a: 'hunter2canary' }]]);
    expect(await messageOf(folder.load({ names: ['picky'], options }))).toBe(
      'INVALID_INPUT KEYLOOM_PLUGIN_OPTIONS.picky.a: is not what the plugin takes',
    );
    expect(
      await messageOf(folder.load({ names: ['redis'], directory: null, options: new Map([['redis', { a: 1 }]]) })),
    ).toMatch(/^INVALID_INPUT KEYLOOM_PLUGIN_OPTIONS.redis.a: is not what/);
    const other = folder.load({ names: ['picky'], options: new Map([['other', {}]]) });
    expect(await messageOf(other)).toBe('UNAVAILABLE The plugin other has options, but is not loaded');
  });

  it('starts in order and closes in reverse; one that fails closes those before it', async () => {
    const { log, lines } = collectingLog();
    const told = (id: string, more = '') =>
      aPlugin(
        id,
        '',
        `{ host.log.info('start'); ${more}
        return { values: async () => new Map(), close: async () => host.log.info('close ' + host.signal.aborted) }; }`,
      );
    folder.write('first/index.js', told('first'));
    folder.write('second/index.js', told('second'));
    folder.write('failing/index.js', told('failing', "throw new Error('no');"));
    const { close } = await folder.load({ names: ['second', 'first'], log });
    await close();
    await expect(folder.load({ names: ['first', 'failing'], log })).rejects.toThrow();
    expect(lines.map(({ message }) => message)).toEqual([
      'plugin second: start',
      'plugin first: start',
      'plugin first: close true',
      'plugin second: close true',
      'plugin first: start',
      'plugin failing: start',
      'plugin first: close true',
    ]);
  });

  it('a package of npm is found in node_modules, by its exports, and may have dependencies', async () => {
    const base = 'somewhere/node_modules';
    const exports = { '.': { require: './wrong.cjs', import: { default: './lib/plugin.js' } } };
    folder.write(`${base}/@acme/keyloom-thing/package.json`, JSON.stringify({ type: 'module', exports }));
    folder.write(
      `${base}/@acme/keyloom-thing/lib/plugin.js`,
      answering('thing', "return new Map([['A', word + params.x]]);", "import { word } from 'a-word';"),
    );
    folder.write(`${base}/a-word/package.json`, JSON.stringify({ type: 'module', main: 'main.js' }));
    folder.write(`${base}/a-word/main.js`, "export const word = 'dependency ';");
    const packagesFrom = [join(folder.root, 'somewhere/inside/deeper')];
    const plugins = await folder.load({ names: ['@acme/keyloom-thing'], packagesFrom });
    expect(await plugins.byId.get('thing')?.values({ id: 'it', params: { x: 'y' } })).toEqual(
      new Map([['A', 'dependency y']]),
    );
  });

  it('case 192: a package that calls itself as another plugin does is not loaded beside it', async () => {
    const base = 'elsewhere/node_modules/keyloom-mysql';
    folder.write(`${base}/package.json`, JSON.stringify({ type: 'module', main: 'index.js' }));
    folder.write(`${base}/index.js`, aPlugin('mysql'));
    const packagesFrom = [join(folder.root, 'elsewhere')];
    const loading = folder.load({ names: ['mysql', 'keyloom-mysql'], directory: null, packagesFrom });
    expect(await messageOf(loading)).toBe('UNAVAILABLE The plugin mysql is there twice');
  });

  it('case 193: what is not the plugin that the operator pinned is not loaded', async () => {
    folder.write('pinned/index.js', aPlugin('pinned'));
    folder.write('pinned/lib/other.js', 'export {};');
    const shell = "find . -type f | sed 's|^\\./||' | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum";
    const [hash = ''] = execFileSync('sh', ['-c', shell], { cwd: join(folder.root, 'pinned') })
      .toString()
      .split(' ');
    const load = (hashes: ReadonlyMap<string, string>, name = 'pinned') => folder.load({ names: [name], hashes });
    expect([...(await load(new Map([['pinned', hash]]))).byId.keys()]).toEqual(['pinned']);
    expect(await messageOf(load(new Map([['other', hash]])))).toBe(
      'UNAVAILABLE The plugin pinned is not listed in KEYLOOM_PLUGIN_HASHES',
    );
    folder.write('pinned/lib/other.js', 'export { };');
    expect(await messageOf(load(new Map([['pinned', hash]])))).toMatch(
      /^UNAVAILABLE The plugin pinned is not the one in KEYLOOM_PLUGIN_HASHES: its hash is [0-9a-f]{64}$/,
    );
    mkdirSync(join(folder.root, 'linked'));
    folder.write('linked/index.js', "process.stdout.write('ran');");
    symlinkSync('/etc/passwd', join(folder.root, 'linked/link'));
    expect(await messageOf(load(new Map([['linked', hash]]), 'linked'))).toBe(
      'UNAVAILABLE The plugin linked cannot be verified: its folder holds a link, or too much',
    );
    const shipped = await folder.load({ names: ['mysql'], directory: null, hashes: new Map([['other', hash]]) });
    expect([...shipped.byId.keys()]).toEqual(['mysql']);
  });
});
