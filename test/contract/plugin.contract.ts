import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { createReach } from '../../src/net/reach.ts';
import { loadPlugins } from '../../src/plugin/load.ts';
import type { LoadedPlugin, Plugins } from '../../src/plugin/plugin.ts';
import { SAMPLES } from '../plugins/samples.ts';
import { LONG_MS } from '../support/patient.ts';

/** The promises of src/plugin/contract.ts, for the plugin of one folder. */
export function pluginContract(id: string): void {
  describe(`the plugin ${id}`, () => {
    let plugins: Plugins;
    let plugin: LoadedPlugin;
    const sample = SAMPLES.get(id);

    beforeAll(async () => {
      const host = { log: silentLog, clock: () => new Date(), reach: createReach([]), deadlineMs: LONG_MS };
      plugins = await loadPlugins({ names: [id], options: new Map(), ...host });
      const loaded = plugins.byId.get(id);
      if (!loaded) throw new Error('it was not loaded');
      plugin = loaded;
    });
    afterAll(() => plugins.close());

    it('has a README and a sample for tests', () => {
      expect(existsSync(`plugins/${id}/README.md`)).toBe(true);
      expect(sample).toBeDefined();
    });

    it('describes its keys, each once', () => {
      const { keys, title } = plugin.facts;
      expect(title).not.toBe('');
      expect(new Set(keys.map(({ name }) => name)).size).toBe(keys.length);
      for (const key of keys) expect([key.title, key.description].every((text) => text.length > 0)).toBe(true);
    });

    it('says of its parameters what a form needs, and which are secrets', () => {
      const schema = plugin.facts.params;
      expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(JSON.stringify(schema)).toContain('"sensitive":true');
    });

    it('refuses bad parameters without asking anyone, and without repeating them', async () => {
      const problems = await plugin.problemsWith(sample?.bad);
      expect(problems).not.toEqual([]);
      expect(JSON.stringify(problems)).not.toMatch(/hunter2canary/i);
      expect(await plugin.problemsWith({ ...sample?.params, unheard: 1 })).not.toEqual([]);
      expect(await plugin.problemsWith(sample?.params)).toEqual([]);
    });

    it('gives values for declared keys alone: an addon, without I/O, for all of them', async () => {
      const values = plugin.values({ id: 'it', params: sample?.params });
      if (plugin.facts.kind === 'external-addon' && id !== 'aws-rds') {
        await expect(values).rejects.toThrow('The plugin failed: ');
        return;
      }
      const found = await values;
      if (!(found instanceof Map)) throw new Error('it gave no map');
      expect([...found.keys()].sort()).toEqual([...plugin.keys.keys()].sort());
      for (const value of found.values()) expect(typeof value).toBe('string');
    });
  });
}
