import { afterEach, describe, expect, it } from 'vitest';
import type { Limits } from '../../src/kernel/limits.ts';
import { checkFailed } from '../../src/plugin/contract.ts';
import { noPlugins } from '../../src/plugin/plugin.ts';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import { type Counting, counting } from '../support/counting.ts';
import {
  aGroup,
  aProject,
  aServiceInput,
  CANARY,
  done,
  environmentOf,
  operation,
  PUT_SERVICE,
  run,
} from '../support/makers.ts';
import { type Behaviour, scripted, shippedPlugins, together } from '../support/plugins.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const GOOD: readonly [string, string][] = [
  ['PASSWORD', 'good password'],
  ['HOST', 'good.example.com'],
];

interface World {
  readonly app: TestApp;
  readonly calls: Counting;
  /** How often the scripted plugin was asked. */
  readonly asked: () => number;
  readonly behave: (next: Behaviour) => void;
  readonly later: (ms: number) => void;
  readonly logged: () => string;
}

let apps: TestApp[] = [];
afterEach(async () => {
  for (const app of apps) await app.close();
  apps = [];
});

interface Options {
  readonly kind?: 'addon' | 'external-addon';
  readonly required?: boolean;
  readonly limits?: Partial<Limits>;
}

/** A service that inherits the keys of a scripted addon, of a Redis, and a variable of its group. */
async function world({ kind = 'external-addon', required = false, limits = {} }: Options = {}): Promise<World> {
  let behaviour: Behaviour = async () => new Map(GOOD);
  let asked = 0;
  let now = Date.parse('2026-01-02T03:04:05Z');
  const lines: string[] = [];
  let calls: Counting | undefined;
  const note = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const plugin = scripted('scripted', kind, (params) => {
    asked += 1;
    return behaviour(params);
  });
  const app = await startApp({
    plugins: together(await shippedPlugins(), plugin),
    clock: () => new Date(now),
    log: { debug: note, info: note, warn: note, error: note },
    limits: { addonDeadlineMs: 50, addonPatienceMs: 0, ...limits },
    open: ({ mac }) => {
      calls = counting(openMemoryStore({ mac }));
      return calls.port;
    },
  });
  apps.push(app);
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput());
  const type = kind === 'addon' ? 'Addon' : 'ExternalAddon';
  const of = { project: 'default-project' };
  const params = { secret: CANARY };
  await done(app, operation(`create${type}`, 'commit { seq }'), {
    ...of,
    name: 'scripted',
    provider: 'scripted',
    params,
  });
  const redis = { host: 'cache.example.com', password: 'redis password' };
  await done(app, operation('createAddon', 'addon { id }'), { ...of, name: 'redis', provider: 'redis', params: redis });
  await aGroup(app, {
    type: 'CONFIG',
    variables: [{ name: 'PLAIN', value: 'plain' }],
    addonLinks: [
      {
        kind: kind === 'addon' ? 'ADDON' : 'EXTERNAL_ADDON',
        addon: 'scripted',
        required,
        keys: [{ keyName: 'PASSWORD' }, { keyName: 'HOST' }],
      },
      { addon: 'redis', keys: [{ keyName: 'PASSWORD', aliases: ['CACHE_PASSWORD'] }] },
    ],
  });
  if (!calls) throw new Error('no store');
  return {
    app,
    calls,
    asked: () => asked,
    behave: (next) => {
      behaviour = next;
    },
    later: (ms) => {
      now += ms;
    },
    logged: () => lines.join('\n'),
  };
}

const valuesIn = (environment: { variables: readonly { name: string; value: string | null }[] }) =>
  Object.fromEntries(environment.variables.map(({ name, value }) => [name, value]));
const OTHERS = { CACHE_PASSWORD: 'redis password', PLAIN: 'plain' };
const ALL = { ...OTHERS, SCRIPTED_HOST: 'good.example.com', SCRIPTED_PASSWORD: 'good password' };

/** The reasons of the scripted addon's keys by their names. */
const reasonsIn = (environment: { unresolved: readonly { name: string; reason: string }[] }) =>
  Object.fromEntries(environment.unresolved.map(({ name, reason }) => [name, reason]));

const hostile = (): Map<string, string> =>
  new Proxy(new Map(GOOD), {
    get() {
      throw new Error(CANARY);
    },
  });

const MISBEHAVIOURS: readonly (readonly [string, Behaviour, string])[] = [
  [
    'throws at once',
    () => {
      throw new Error(CANARY);
    },
    'PROVIDER_FAILED',
  ],
  [
    'rejects',
    async () => {
      throw new Error(CANARY);
    },
    'PROVIDER_FAILED',
  ],
  ['gives nothing', async () => undefined, 'PROVIDER_INVALID'],
  ['gives NaN', () => Number.NaN, 'PROVIDER_INVALID'],
  ['gives a function', async () => () => CANARY, 'PROVIDER_INVALID'],
  ['gives an object', async () => ({ PASSWORD: CANARY }), 'PROVIDER_INVALID'],
  ['gives a Proxy that throws', async () => hostile(), 'PROVIDER_FAILED'],
  [
    'gives numbers',
    async () =>
      new Map<string, unknown>([
        ['PASSWORD', 7],
        ['HOST', {}],
      ]),
    'VALUE_INVALID',
  ],
  [
    'gives lone surrogates',
    async () =>
      new Map([
        ['PASSWORD', '\ud800'],
        ['HOST', '\0'],
      ]),
    'VALUE_INVALID',
  ],
  ['gives nothing for its keys', async () => new Map([['OTHER', CANARY]]), 'VALUE_MISSING'],
];

describe('values of linked addons', () => {
  it('are inherited under their names, sensitive or not as the provider says', async () => {
    const { app } = await world();
    const environment = await environmentOf(app);
    expect(valuesIn(environment)).toEqual(ALL);
    const types = Object.fromEntries(
      environment.variables.map(({ name, type }: { name: string; type: string }) => [name, type]),
    );
    expect(types).toEqual({
      CACHE_PASSWORD: 'SECRET',
      PLAIN: 'CONFIG',
      SCRIPTED_HOST: 'CONFIG',
      SCRIPTED_PASSWORD: 'SECRET',
    });
    const developer = await environmentOf(app, undefined, {}, await app.token('developer'));
    expect(valuesIn(developer)).toEqual({
      CACHE_PASSWORD: null,
      PLAIN: 'plain',
      SCRIPTED_HOST: 'good.example.com',
      SCRIPTED_PASSWORD: null,
    });
  });

  it('case 97: make a configuration secret that draws them in by a template, and are no templates themselves', async () => {
    const { app, behave } = await world();
    behave(
      async () =>
        new Map([
          ['PASSWORD', '${PLAIN} $${x'],
          ['HOST', 'h'],
        ]),
    );
    const variables = [{ name: 'URL', value: 'http://u:${SCRIPTED_PASSWORD}@h' }];
    await aGroup(app, { name: 'templates', type: 'CONFIG', variables });
    const urlFor = async (token?: string) =>
      (await environmentOf(app, undefined, {}, token)).variables.find(({ name }: { name: string }) => name === 'URL');
    expect(await urlFor()).toMatchObject({ value: 'http://u:${PLAIN} $${x@h', type: 'SECRET' });
    expect(await urlFor(await app.token('developer'))).toMatchObject({ value: null, masked: true, type: 'SECRET' });
  });

  it.each(MISBEHAVIOURS)('case 183: a plugin that %s harms only its own keys', async (_what, behaviour, reason) => {
    const { app, behave, logged } = await world();
    behave(behaviour);
    const environment = await environmentOf(app);
    expect(valuesIn(environment)).toEqual(OTHERS);
    expect(reasonsIn(environment)).toEqual({ SCRIPTED_HOST: reason, SCRIPTED_PASSWORD: reason });
    expect(logged() + JSON.stringify(environment)).not.toContain(CANARY);
  });

  it('case 184: one that never answers is given up after its deadline', async () => {
    const { app, behave } = await world();
    behave(() => new Promise(() => {}));
    const environment = await environmentOf(app);
    expect(valuesIn(environment)).toEqual(OTHERS);
    expect(reasonsIn(environment).SCRIPTED_HOST).toBe('PROVIDER_TIMEOUT');
  });

  it('case 186: one that gives too much, or names that are special, is capped', async () => {
    const { app, behave, later } = await world();
    const many = Array.from({ length: 100_000 }, (_, i) => [`KEY_${i}`, 'x'] as const);
    behave(async () => new Map([...many, ...GOOD, ['__proto__', 'x'], ['constructor', 'x']]));
    expect(valuesIn(await environmentOf(app))).toEqual(ALL);
    later(100_000);
    behave(
      async () =>
        new Map([
          ['PASSWORD', 'x'.repeat(100 * 1_024 * 1_024)],
          ['HOST', 'h'],
        ]),
    );
    const environment = await environmentOf(app);
    expect(valuesIn(environment)).toEqual({ ...OTHERS, SCRIPTED_HOST: 'h' });
    expect(reasonsIn(environment)).toEqual({ SCRIPTED_PASSWORD: 'VALUE_TOO_LARGE' });
    const bound = await world({ limits: { addonBytes: 10 } });
    expect(reasonsIn(await environmentOf(bound.app)).SCRIPTED_HOST).toBe('VALUE_TOO_LARGE');
  });

  it('case 183: a required link fails the whole', async () => {
    const { app, behave } = await world({ required: true });
    behave(async () => Promise.reject(new Error(CANARY)));
    await expect(environmentOf(app)).rejects.toThrow(
      'UNRESOLVED SCRIPTED_HOST comes from a required addon link: PROVIDER_FAILED',
    );
  });
});

describe('asking a provider', () => {
  it('an addon is asked once a revision, and its answers are kept', async () => {
    const { app, asked, later } = await world({ kind: 'addon' });
    await environmentOf(app);
    later(10_000_000);
    await environmentOf(app);
    expect(asked()).toBe(1);
    const { data } = await app.gql('{ project(slug: "default-project") { addon(slug: "scripted") { id } } }');
    const input = { id: data.project.addon.id, params: { secret: 'other' } };
    expect((await run(app, operation('updateAddon', 'addon { revision }'), input)).addon.revision).toBe(2);
    await environmentOf(app);
    expect(asked()).toBe(2);
  });

  it('an external addon is asked again after its time to live: no kept answer outlives it', async () => {
    const { app, asked, behave, later } = await world();
    const first = await environmentOf(app);
    behave(async () => new Map([...GOOD, ['HOST', 'moved.example.com']]));
    later(59_999);
    expect(await environmentOf(app)).toEqual(first);
    expect(asked()).toBe(1);
    later(1);
    const second = await environmentOf(app, undefined, {});
    expect([second.seq, asked()]).toEqual([first.seq, 2]);
    // The first answer after the time to live may be the last good one while the provider is asked.
    expect(valuesIn(await environmentOf(app)).SCRIPTED_HOST).toBe('moved.example.com');
    expect((await environmentOf(app)).digest).not.toBe(first.digest);
  });

  it('a warm resolution asks the store for one head, linked addons or not', async () => {
    const { app, calls } = await world();
    await environmentOf(app);
    calls.reset();
    await environmentOf(app);
    expect(calls.calls).toEqual({ lineage: 1 });
  });

  it('many at a time ask once', async () => {
    const { app, asked } = await world();
    await Promise.all(Array.from({ length: 10 }, () => environmentOf(app)));
    expect(asked()).toBe(1);
  });

  it('case 190: last good values stand in for ten minutes, marked stale, and then are gone', async () => {
    const { app, behave, later } = await world({ limits: { addonPatienceMs: 5_000 } });
    const good = await environmentOf(app);
    expect(good.warnings).toEqual([]);
    behave(async () => Promise.reject(new Error('down')));
    later(60_000);
    const stale = await environmentOf(app);
    expect(valuesIn(stale)).toEqual(ALL);
    expect(stale.warnings).toEqual([
      {
        code: 'STALE',
        names: ['SCRIPTED_HOST', 'SCRIPTED_PASSWORD'],
        message: 'These are the last good values of external-addon/scripted, which does not answer',
      },
    ]);
    expect(stale.digest).toBe(good.digest);
    later(540_000);
    const gone = await environmentOf(app);
    expect(valuesIn(gone)).toEqual(OTHERS);
    expect(reasonsIn(gone)).toEqual({ SCRIPTED_HOST: 'PROVIDER_FAILED', SCRIPTED_PASSWORD: 'PROVIDER_FAILED' });
  });

  it('case 190: a provider that fails is asked after 1 s, 2 s, 4 s, and as usual once it works', async () => {
    const { app, asked, behave, later } = await world();
    behave(async () => Promise.reject(new Error('down')));
    for (const wait of [1_000, 2_000, 4_000]) {
      await environmentOf(app);
      const before = asked();
      later(wait - 1);
      await environmentOf(app);
      expect(asked()).toBe(before);
      later(1);
    }
    behave(async () => new Map(GOOD));
    expect(valuesIn(await environmentOf(app))).toEqual(ALL);
    expect(asked()).toBe(4);
  });

  it('one that is slow with good values from before does not hold up the rest', async () => {
    const { app, behave, later } = await world({ limits: { addonDeadlineMs: 60_000 } });
    await environmentOf(app);
    later(60_000);
    behave(() => new Promise(() => {}));
    const environment = await environmentOf(app);
    expect(valuesIn(environment)).toEqual(ALL);
    expect(environment.warnings.map(({ code }: { code: string }) => code)).toEqual(['STALE']);
  });
});

describe('what is gone', () => {
  it('case 192: a provider that is not loaded leaves its keys unresolved, and the rest starts', async () => {
    const { app } = await world();
    const { store } = app;
    const without = await startApp({ open: () => store, plugins: noPlugins });
    const environment = await environmentOf(without, undefined, {}, app.owner);
    expect(valuesIn(environment)).toEqual({ PLAIN: 'plain' });
    const reason = 'PROVIDER_MISSING';
    expect(reasonsIn(environment)).toEqual({
      CACHE_PASSWORD: reason,
      SCRIPTED_HOST: reason,
      SCRIPTED_PASSWORD: reason,
    });
    const query = '{ project(slug: "default-project") { addon(slug: "redis") { providerId provider { id } params } } }';
    const { data } = await without.gql(query, {}, app.owner);
    expect(data.project.addon).toEqual({ providerId: 'redis', provider: null, params: null });
    // Nothing was dropped: with its provider back it is as before.
    expect(valuesIn(await environmentOf(app))).toEqual(ALL);
    await without.close();
    apps = [];
  });

  it('case 194: a deleted addon, and a key that the provider has no more, are told', async () => {
    const { app } = await world({ kind: 'addon' });
    await environmentOf(app);
    // Linked before it was there, as a key that its provider had then.
    await aGroup(app, { name: 'old key', addonLinks: [{ addon: 'old', keys: [{ keyName: 'RETIRED' }] }] });
    const old = { name: 'old', provider: 'redis', params: { host: 'cache.example.com', password: 'p' } };
    await done(app, operation('createAddon', 'addon { id }'), { project: 'default-project', ...old });
    await aGroup(app, { name: 'nothing', addonLinks: [{ addon: 'never', keys: [{ keyName: 'KEY' }] }] });
    expect(reasonsIn(await environmentOf(app))).toEqual({
      NEVER_KEY: 'ADDON_NOT_FOUND',
      OLD_RETIRED: 'KEY_NOT_FOUND',
    });
    const { data } = await app.gql('{ project(slug: "default-project") { addon(slug: "scripted") { id } } }');
    await done(app, operation('deleteAddon', 'addon { id }'), { id: data.project.addon.id, force: true });
    expect(valuesIn(await environmentOf(app))).toEqual(OTHERS);
  });

  it('case 194: an earlier commit is resolved by the parameters of then', async () => {
    const { app } = await world();
    const { seq } = await environmentOf(app);
    const { data } = await app.gql('{ project(slug: "default-project") { addon(slug: "redis") { id } } }');
    const { id } = data.project.addon;
    const params = { host: 'cache.example.com', password: 'new password' };
    await done(app, operation('updateAddon', 'addon { id }'), { id, params });
    expect(valuesIn(await environmentOf(app)).CACHE_PASSWORD).toBe('new password');
    expect(valuesIn(await environmentOf(app, undefined, { at: seq })).CACHE_PASSWORD).toBe('redis password');
  });
});

describe('why a provider failed', () => {
  const DETAILS = [
    ['NOT_FOUND', 'PROVIDER_NOT_FOUND'],
    ['SEALED', 'PROVIDER_SEALED'],
    ['CREDENTIALS', 'PROVIDER_DENIED'],
    ['UNREACHABLE', 'PROVIDER_UNREACHABLE'],
    ['TLS', 'PROVIDER_UNREACHABLE'],
    ['REFUSED', 'PROVIDER_REFUSED'],
    ['BROKEN', 'PROVIDER_BROKEN'],
    ['FAILED', 'PROVIDER_FAILED'],
  ] as const;

  it('is told to those who may list the addon; others get one constant, and so does the digest', async () => {
    const { app, behave, later } = await world();
    const verbs = ['LIST', 'LIST_KEYS', 'READ'];
    const grants = [
      { resources: ['PROJECT'], verbs: ['LIST'] },
      { resources: ['SECRET_GROUP', 'WORKLOAD'], verbs: [...verbs, 'RESOLVE'], types: ['SECRET', 'CONFIG'] },
    ];
    await done(app, operation('createRole', 'role { id }'), { name: 'No addons', grants });
    const other = await app.token('no-addons');
    const workload = { project: 'default-project', kind: 'SERVICE', id: 'example-service' };
    const dependent = await app.token('dependent', { kind: 'DEPENDENT', workload });
    const digests = new Set<string>();
    for (const [code, reason] of DETAILS) {
      behave(() => {
        throw checkFailed(code);
      });
      later(120_000);
      const owned = await environmentOf(app);
      digests.add(owned.digest);
      expect([code, reasonsIn(owned).SCRIPTED_HOST]).toEqual([code, reason]);
      for (const token of [other, dependent]) {
        expect(reasonsIn(await environmentOf(app, undefined, {}, token)).SCRIPTED_HOST).toBe('PROVIDER_FAILED');
      }
    }
    expect(digests.size).toBe(1);
  });
});
