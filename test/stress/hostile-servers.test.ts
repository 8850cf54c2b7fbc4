import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { createReach } from '../../src/net/reach.ts';
import { loadPlugins } from '../../src/plugin/load.ts';
import type { Plugins } from '../../src/plugin/plugin.ts';
import { type HostileServer, hostileServer, IMPATIENT_MS, spoilt } from '../support/hostile-server.ts';
import { aProject } from '../support/makers.ts';
import { SCRIPTED, type Scripted } from '../support/server-scripts.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { randomOf } from '../support/stream-random.ts';

/** Spoilt answers of each server. `KEYLOOM_TEST_SEED` is the first of their seeds. */
const MUTATIONS = Number(process.env.KEYLOOM_TEST_MUTATIONS ?? 200);
const SEED = Number(process.env.KEYLOOM_TEST_SEED ?? 1);
const DEADLINE_MS = 1_500;
const KNOWN = [null, 'FAILED', 'TIMEOUT', 'UNREACHABLE', 'CREDENTIALS', 'TLS'];
const TEST = `mutation ($input: TestAddonInput!) { result: testAddon(input: $input) { __typename
  ... on TestAddonPayload { reachable problem } ... on Error { code message } } }`;

describe('backing services that answer anything', () => {
  let servers: readonly HostileServer[];
  let plugins: Plugins;
  let app: TestApp;
  beforeAll(async () => {
    servers = await Promise.all(SCRIPTED.map(() => hostileServer()));
    const reach = createReach(servers.map(({ port }) => `127.0.0.1:${port}`));
    const host = { log: silentLog, clock: () => new Date(), deadlineMs: DEADLINE_MS };
    plugins = await loadPlugins({ names: null, options: new Map(), reach, ...host });
    app = await startApp({ plugins, limits: { addonDeadlineMs: DEADLINE_MS, deadlineMs: 60_000 } });
    await aProject(app);
  });
  afterAll(async () => {
    await app?.close();
    await plugins?.close();
    await Promise.all(servers?.map((server) => server.close()) ?? []);
  });

  /** How often which problem was found. */
  async function sweep(scripted: Scripted, server: HostileServer): Promise<ReadonlyMap<string, number>> {
    const { provider, script, turns } = scripted;
    const input = { project: 'default-project', provider, params: scripted.params(server.port) };
    const found = new Map<string, number>();
    let spoiled = 0;
    const note = (): void => {
      spoiled += 1;
    };
    for (let seed = SEED; seed < SEED + MUTATIONS; seed += 1) {
      const random = randomOf(seed);
      server.play(() => spoilt(script, turns, random, note), IMPATIENT_MS);
      const { status, data, errors } = await app.gql(TEST, { input });
      expect({ provider, seed, status, errors }).toEqual({ provider, seed, status: 200, errors: undefined });
      const { problem } = data.result;
      expect(KNOWN).toContain(problem);
      found.set(String(problem), (found.get(String(problem)) ?? 0) + 1);
    }
    server.play(() => script);
    // The deadline is short, so that an honest server may miss it, but not again and again.
    const honest = async () => (await app.gql(TEST, { input })).data.result.problem;
    await expect.poll(honest).toBe(scripted.problem);
    expect(spoiled).toBeGreaterThan(MUTATIONS / 4);
    return found;
  }

  it(`case 237: ${MUTATIONS} spoilt answers of each protocol`, async () => {
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    const found = await Promise.all(
      SCRIPTED.map(async (scripted, i) => {
        const server = servers[i];
        if (!server) throw new Error('no server');
        return [scripted.provider, Object.fromEntries(await sweep(scripted, server))] as const;
      }),
    );
    delay.disable();
    // biome-ignore lint/suspicious/noConsole: it reports what it found
    console.log('what checks said of spoilt answers', {
      ...Object.fromEntries(found),
      longestLoopDelayMs: Math.round(delay.max / 1e6),
    });
  });
});
