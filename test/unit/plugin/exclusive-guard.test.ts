import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createReach } from '../../../src/net/reach.ts';
import type { ChildLink } from '../../../src/plugin/child-link.ts';
import { loadedChild, startedChild } from '../../../src/plugin/open-child.ts';
import { aPlugin, type PluginFolder, pluginFolder } from '../../support/plugin-folder.ts';
import { aBlackHole, type BlackHole } from '../../support/plugin-host.ts';

/** Connects to where it is told, after it asked for the way to where it is told. */
const DRIVER = `({
  values: async () => new Map(),
  async check({ params }) {
    const steps = { lend: (name, port) => host.addressOf(name, port) };
    for (const [step, ...given] of params.steps) {
      if (steps[step]) { await steps[step](...given); continue; }
      await new Promise((done, fail) => {
        const socket = net.connect({ host: given[0], port: given[1] });
        socket.on('error', fail).on('connect', done);
        globalThis.held = socket;
      });
    }
  } })`;

describe('a process that holds one call at a time', () => {
  let folder: PluginFolder;
  let link: ChildLink;
  let holes: readonly BlackHole[];
  beforeAll(async () => {
    folder = pluginFolder();
    holes = [await aBlackHole(), await aBlackHole()];
    folder.write('driver/index.js', `import net from 'node:net';\n${aPlugin('driver', '', DRIVER)}`);
    const path = new URL('driver/', folder.directory);
    const source = {
      isolatedEntry: new URL('index.js', path).href,
      folder: dirname(fileURLToPath(new URL('index.js', path))),
      folderName: 'driver',
    };
    const mebibyte = 1_048_576;
    const bounds = {
      deadlineMs: 60_000,
      maxBytes: mebibyte,
      maxValueBytes: mebibyte,
      maxMemoryBytes: 512 * mebibyte,
    };
    const reach = createReach(['127.0.0.0/8']);
    const lines = { add: () => {}, begin: () => {}, end: () => {} };
    ({ link } = await loadedChild({ source, reach, bounds, lines }, null));
    await startedChild(link, { reach, bounds, options: {}, isExclusive: true });
  });
  afterAll(async () => {
    link?.kill();
    for (const hole of holes ?? []) await hole.close();
    await folder?.close();
  });

  const outcome = (...steps: readonly (readonly unknown[])[]) =>
    link.call('check', { id: 'x', params: { steps } }, 60_000).then(
      () => 'connected',
      (error: { readonly reason: string }) => error.reason,
    );
  const port = (i: number): number => holes[i]?.port ?? 0;

  it('connects to the one address that it was lent, and to no other, allowed or not', async () => {
    expect(await outcome(['connect', '127.0.0.1', port(0)])).toBe('REFUSED');
    expect(await outcome(['lend', '127.0.0.1', port(0)], ['connect', '127.0.0.1', port(0)])).toBe('connected');
    // As a server would send a driver to another member of its set.
    expect(await outcome(['lend', '127.0.0.1', port(0)], ['connect', '127.0.0.1', port(1)])).toBe('REFUSED');
    expect(await outcome(['lend', '127.0.0.1', port(0)], ['connect', '127.0.0.2', port(0)])).toBe('REFUSED');
    expect(await outcome(['lend', '127.0.0.1', port(0)], ['connect', 'localhost', port(0)])).toBe('REFUSED');
    expect(await outcome(['lend', '127.0.0.1', port(0)], ['connect', '8.8.8.8', 53])).toBe('REFUSED');
    expect(holes[1]?.met()).toBe(0);
  });

  it('what one call was lent, or left open, is not there in the next', async () => {
    expect(await outcome(['lend', '127.0.0.1', port(0)], ['connect', '127.0.0.1', port(0)])).toBe('connected');
    expect(await outcome(['connect', '127.0.0.1', port(0)])).toBe('REFUSED');
    await expect.poll(() => holes[0]?.open()).toBe(0);
  });
});
