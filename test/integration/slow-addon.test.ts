import { afterEach, expect, it } from 'vitest';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import { type Counting, counting } from '../support/counting.ts';
import { aGroup, aProject, aServiceInput, done, environmentOf, operation, PUT_SERVICE } from '../support/makers.ts';
import { scripted } from '../support/plugins.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const NAMES = ['one', 'two', 'three', 'four', 'five', 'slow'] as const;
const FRESH_MS = 60_000;

let app: TestApp;
afterEach(() => app.close());

interface World {
  readonly calls: Counting;
  readonly asked: ReadonlyMap<string, number>;
  /** Of the slow addon, from now on: its answers come when the test lets them. */
  readonly hang: () => void;
  readonly release: () => void;
  readonly later: (ms: number) => void;
}

/** A service that inherits the keys of six external addons, each with values that count its answers. */
async function world(linked: readonly string[]): Promise<World> {
  const asked = new Map<string, number>();
  let now = Date.parse('2026-01-02T03:04:05Z');
  let gate: Promise<void> | null = null;
  let release: () => void = () => {};
  const plugins = scripted('scripted', 'external-addon', async ({ secret: name }) => {
    const count = (asked.get(name) ?? 0) + 1;
    asked.set(name, count);
    if (name === 'slow') await gate;
    return new Map([
      ['PASSWORD', `${name} ${count}`],
      ['HOST', `${name}.example.com`],
    ]);
  });
  let calls: Counting | undefined;
  app = await startApp({
    plugins,
    clock: () => new Date(now),
    limits: { addonDeadlineMs: 60_000, addonTtlMs: FRESH_MS, addonPatienceMs: 0 },
    answerCacheBytes: 0,
    open: ({ mac }) => {
      calls = counting(openMemoryStore({ mac }));
      return calls.port;
    },
  });
  if (!calls) throw new Error('no store');
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput());
  for (const name of linked) {
    const input = { project: 'default-project', name: `Addon ${name}`, provider: 'scripted', params: { secret: name } };
    await done(app, operation('createExternalAddon', 'externalAddon { id }'), input);
  }
  const link = (name: string) => ({
    kind: 'EXTERNAL_ADDON',
    addon: `addon-${name}`,
    keys: [{ keyName: 'PASSWORD', aliases: [name.toUpperCase()] }],
  });
  await aGroup(app, { variables: [{ name: 'PLAIN', value: 'plain' }], addonLinks: linked.map(link) });
  const hang = () => {
    gate = new Promise((resolve) => {
      release = resolve;
    });
  };
  const later = (ms: number) => {
    now += ms;
  };
  return { calls, asked, hang, release: () => release(), later };
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
  expect(seen).toEqual(Array(4).fill({ head: 1 }));
});
