import { afterEach, expect, it } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { createReach } from '../../src/net/reach.ts';
import { loadPlugins } from '../../src/plugin/load.ts';
import type { Plugins } from '../../src/plugin/plugin.ts';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import { type Counting, counting } from '../support/counting.ts';
import { httpStub } from '../support/http-stub.ts';
import { aGroup, aProject, aServiceInput, done, environmentOf, operation, PUT_SERVICE } from '../support/makers.ts';
import { scripted } from '../support/plugins.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const NAMES = ['one', 'two', 'three', 'four', 'five', 'slow'] as const;
const FRESH_MS = 60_000;

let app: TestApp;
afterEach(() => app.close());

interface Provider {
  readonly plugins: Plugins;
  readonly id: string;
  /** The key that is linked. */
  readonly key: string;
  readonly paramsOf: (name: string) => object;
  readonly patienceMs: number;
}

interface Linked {
  readonly calls: Counting;
  readonly later: (ms: number) => void;
}

/** A service that inherits a key of external addons with these names. */
async function linkedTo(
  { plugins, id, key, paramsOf, patienceMs }: Provider,
  names: readonly string[],
): Promise<Linked> {
  let now = Date.parse('2026-01-02T03:04:05Z');
  let calls: Counting | undefined;
  app = await startApp({
    plugins,
    clock: () => new Date(now),
    limits: { addonDeadlineMs: 60_000, addonTtlMs: FRESH_MS, addonPatienceMs: patienceMs },
    answerCacheBytes: 0,
    open: ({ mac }) => {
      calls = counting(openMemoryStore({ mac }));
      return calls.port;
    },
  });
  if (!calls) throw new Error('no store');
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput());
  for (const name of names) {
    const input = { project: 'default-project', name: `Addon ${name}`, provider: id, params: paramsOf(name) };
    await done(app, operation('createExternalAddon', 'externalAddon { id }'), input);
  }
  const link = (name: string) => ({
    kind: 'EXTERNAL_ADDON',
    addon: `addon-${name}`,
    keys: [{ keyName: key, aliases: [name.toUpperCase()] }],
  });
  await aGroup(app, { variables: [{ name: 'PLAIN', value: 'plain' }], addonLinks: names.map(link) });
  const later = (ms: number) => {
    now += ms;
  };
  return { calls, later };
}

/** A door that is open until it is shut. */
function aDoor() {
  let shut: Promise<void> | null = null;
  let release: () => void = () => {};
  const hang = () => {
    shut = new Promise((resolve) => {
      release = resolve;
    });
  };
  return { hang, release: () => release(), passed: async () => shut };
}

interface World extends Linked {
  readonly asked: ReadonlyMap<string, number>;
  /** Of the slow addon, from now on: its answers come when the test lets them. */
  readonly hang: () => void;
  readonly release: () => void;
}

/** Addons with values that count their answers. */
async function world(linked: readonly string[]): Promise<World> {
  const asked = new Map<string, number>();
  const { hang, release, passed } = aDoor();
  const plugins = scripted('scripted', 'external-addon', async ({ secret: name }) => {
    const count = (asked.get(name) ?? 0) + 1;
    asked.set(name, count);
    if (name === 'slow') await passed();
    return new Map([
      ['PASSWORD', `${name} ${count}`],
      ['HOST', `${name}.example.com`],
    ]);
  });
  const paramsOf = (secret: string) => ({ secret });
  const provider = { plugins, id: 'scripted', key: 'PASSWORD', paramsOf, patienceMs: 0 };
  return { ...(await linkedTo(provider, linked)), asked, hang, release };
}

const valuesIn = (environment: { variables: readonly { name: string; value: string | null }[] }) =>
  Object.fromEntries(environment.variables.map(({ name, value }) => [name, value]));
const expected = (count: number, slow: number) => ({
  PLAIN: 'plain',
  ONE: `one ${count}`,
  TWO: `two ${count}`,
  THREE: `three ${count}`,
  FOUR: `four ${count}`,
  FIVE: `five ${count}`,
  SLOW: `slow ${slow}`,
});

it('six addons of which one is slow are answered at once, that one from its last good values, marked stale', async () => {
  const { asked, hang, release, later } = await world(NAMES);
  expect(valuesIn(await environmentOf(app))).toEqual(expected(1, 1));
  later(FRESH_MS);
  hang();
  // The slow one does not answer before this does: it is let go only afterwards.
  const stale = await environmentOf(app);
  expect(valuesIn(stale)).toEqual(expected(2, 1));
  expect(stale.unresolved).toEqual([]);
  expect(stale.warnings).toEqual([
    {
      code: 'STALE',
      names: ['SLOW'],
      message: 'These are the last good values of external-addon/addon-slow, which does not answer',
    },
  ]);
  expect(Object.fromEntries(asked)).toEqual({ one: 2, two: 2, three: 2, four: 2, five: 2, slow: 2 });
  release();
  await expect.poll(async () => valuesIn(await environmentOf(app))).toEqual(expected(2, 2));
  expect((await environmentOf(app)).warnings).toEqual([]);
});

it('asks the store no more for six addons than for one, nor for a slow one', async () => {
  const seen: object[] = [];
  for (const linked of [['slow'], NAMES]) {
    const { calls, hang, release, later } = await world(linked);
    await environmentOf(app);
    for (const isSlow of [false, true]) {
      later(FRESH_MS);
      if (isSlow) hang();
      calls.reset();
      await environmentOf(app);
      seen.push({ ...calls.calls });
    }
    release();
    if (linked !== NAMES) await app.close();
  }
  expect(seen).toEqual(Array(4).fill({ lineage: 1 }));
});

it('six addons of a plugin in a process of its own, that asks a real server, are answered so too', async () => {
  const asked = new Map<string, number>();
  const { hang, release, passed } = aDoor();
  const answer: Parameters<typeof httpStub>[0] = ({ url = '' }, response) => {
    const name = url.slice(1);
    const count = (asked.get(name) ?? 0) + 1;
    asked.set(name, count);
    const value = JSON.stringify({ value: `${name} ${count}` });
    if (name === 'slow') void passed().then(() => response.end(value));
    else response.end(value);
  };
  const stub = await httpStub(answer);
  const host = { log: silentLog, clock: () => new Date(), reach: createReach([stub.host]), deadlineMs: 60_000 };
  const plugins = await loadPlugins({ names: ['http-json'], options: new Map(), ...host });
  const paramsOf = (name: string) => ({ url: `${stub.url}/${name}`, pointers: ['/value'] });
  try {
    const provider = { plugins, id: 'http-json', key: 'VALUE_1', paramsOf, patienceMs: 300 };
    const { calls, later } = await linkedTo(provider, NAMES);
    expect(valuesIn(await environmentOf(app))).toEqual(expected(1, 1));
    later(FRESH_MS);
    hang();
    // On a busy machine others may be later than the patience, too; but none waits for the slow one, which is not let go.
    await expect.poll(async () => valuesIn(await environmentOf(app))).toEqual(expected(2, 1));
    calls.reset();
    expect((await environmentOf(app)).warnings).toMatchObject([{ code: 'STALE', names: ['SLOW'] }]);
    expect(calls.calls).toEqual({ lineage: 1 });
    expect(Object.fromEntries(asked)).toMatchObject({ one: 2, two: 2, three: 2, four: 2, five: 2 });
    release();
    // What the plugin gave up waiting for is asked again.
    const next = async () => {
      later(1_000);
      return (await environmentOf(app)).warnings;
    };
    await expect.poll(next).toEqual([]);
    expect(valuesIn(await environmentOf(app)).SLOW).toMatch(/^slow [2-9]$/);
  } finally {
    release();
    await plugins.close();
    await stub.close();
  }
});
