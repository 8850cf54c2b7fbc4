import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { silentLog } from '../../src/kernel/log.ts';
import { createReach } from '../../src/net/reach.ts';
import { type LoadedPlugin, loadPlugins, type Plugins } from '../../src/plugin/load.ts';
import { SAMPLES } from '../plugins/samples.ts';

/** The promises of src/plugin/contract.ts, for the plugin of one folder. */
export function pluginContract(id: string): void {
  describe(`the plugin ${id}`, () => {
    let plugins: Plugins;
    let plugin: LoadedPlugin;
    const sample = SAMPLES.get(id);
    const params = () => plugin.provider.params.parse(sample?.params);

    beforeAll(async () => {
      const host = { log: silentLog, clock: () => new Date(), reach: createReach([]), deadlineMs: 1_000 };
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
      const { keys, title } = plugin.provider;
      expect(title).not.toBe('');
      expect(new Set(keys.map(({ name }) => name)).size).toBe(keys.length);
      for (const key of keys) expect([key.title, key.description].every((text) => text.length > 0)).toBe(true);
    });

    it('says of its parameters what a form needs, and which are secrets', () => {
      const schema = z.toJSONSchema(plugin.provider.params, { io: 'input' });
      expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(JSON.stringify(schema)).toContain('"sensitive":true');
    });

    it('refuses bad parameters without asking anyone, and without repeating them', () => {
      const result = plugin.provider.params.safeParse(sample?.bad);
      expect(result.success).toBe(false);
      expect(JSON.stringify(result.error?.issues.map(({ message }) => message))).not.toMatch(/hunter2canary/i);
      expect(plugin.provider.params.safeParse({ ...sample?.params, unheard: 1 }).success).toBe(false);
    });

    it('gives values for declared keys alone: an addon, without I/O, for all of them', async () => {
      if (plugin.provider.kind === 'external-addon' && id !== 'aws-rds') {
        await expect(plugin.running.values({ id: 'it', params: params() })).rejects.toThrow();
        return;
      }
      const values = await plugin.running.values({ id: 'it', params: params() });
      expect([...values.keys()].sort()).toEqual([...plugin.keys.keys()].sort());
      for (const value of values.values()) expect(typeof value).toBe('string');
    });
  });
}
