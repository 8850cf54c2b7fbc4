import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { silentLog } from '../../src/kernel/log.ts';
import { createReach } from '../../src/net/reach.ts';
import { type LoadRequest, loadPlugins } from '../../src/plugin/load.ts';
import type { LoadedPlugin, Plugins } from '../../src/plugin/plugin.ts';

/** A folder of an operator's own plugins, written by a test. */
export interface PluginFolder {
  readonly root: string;
  readonly directory: URL;
  write(path: string, text: string): void;
  load(over?: Partial<LoadRequest>): Promise<Plugins>;
  /** The only plugin that is loaded so. */
  one(name: string, text: string, over?: Partial<LoadRequest>): Promise<LoadedPlugin>;
  /** Closes all that was loaded, and removes the folder. */
  close(): Promise<void>;
}

/** Inside the project, so that zod is found as a plugin of an installation finds its own. */
export function pluginFolder(): PluginFolder {
  mkdirSync('.cache', { recursive: true });
  const root = mkdtempSync(resolve('.cache/plugins-'));
  const directory = pathToFileURL(`${root}/`);
  const loaded: Plugins[] = [];
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const load = async (over: Partial<LoadRequest> = {}): Promise<Plugins> => {
    const plugins = await loadPlugins({
      names: null,
      options: new Map(),
      directory,
      log: silentLog,
      clock: () => new Date(),
      reach: createReach([]),
      deadlineMs: 10_000,
      ...over,
    });
    loaded.push(plugins);
    return plugins;
  };
  return {
    root,
    directory,
    write,
    load,
    async one(name, text, over = {}) {
      write(`${name}/index.js`, text);
      const plugin = (await load({ names: [name], ...over })).byId.get(name);
      if (!plugin) throw new Error('it was not loaded');
      return plugin;
    },
    async close() {
      for (const plugins of loaded.splice(0)) await plugins.close();
      rmSync(root, { recursive: true });
    },
  };
}

/** A plugin of one key, with parts of it as the test says. `values`: the body of an async function of `params`. */
export const aPlugin = (id: string, over = '', start = "({ values: async () => new Map([['A', 'a']]) })"): string => `
import { z } from 'zod';
export default { api: 1, id: '${id}', kind: 'addon', title: 'X', options: z.strictObject({ a: z.int().optional() }),
  params: z.looseObject({}), keys: [{ name: 'A', title: 'A', description: 'A.', sensitive: true }],
  start: (options, host) => ${start}, ${over} };`;

/** One whose `values` have this body. */
export const answering = (id: string, body: string, before = ''): string =>
  `${before}\n${aPlugin(id, '', `({ async values({ params }) { ${body} } })`)}`;
