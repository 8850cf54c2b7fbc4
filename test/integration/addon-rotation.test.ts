import { afterEach, describe, expect, it } from 'vitest';
import type { Limits } from '../../src/kernel/limits.ts';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import type { Store } from '../../src/store/port.ts';
import { collectingLog } from '../support/http-app.ts';
import {
  aGroup,
  aProject,
  aServiceInput,
  codeOf,
  done,
  environmentOf,
  operation,
  PUT_SERVICE,
  refusals,
  run,
} from '../support/makers.ts';
import { aServiceWithPasswords, type Credentials, shippedPlugins, together } from '../support/plugins.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

const FIELDS = 'id revision rotatedAt retiringUntil params';
const ROTATE = operation('rotateAddon', `addon { ${FIELDS} }`);
const UPDATE = operation('updateAddon', `addon { ${FIELDS} }`);
const DELETE = operation('deleteAddon', 'addon { id }');
const RESTORE = operation('restoreAddon', `addon { ${FIELDS} }`);
const CREATE = operation('createAddon', `addon { ${FIELDS} }`);
const TEST = `mutation ($input: TestAddonInput!) { result: testAddon(input: $input) { __typename
  ... on TestAddonPayload { reachable problem } ... on Error { code message } ... on InvalidInputError { fields { path rule } } } }`;
const START = Date.parse('2026-01-02T03:04:05Z');
const HOUR = 3_600_000;

interface World extends Credentials {
  readonly app: TestApp;
  readonly id: string;
  readonly input: object;
  readonly later: (ms: number) => void;
  /** The job that removes old credentials, once. */
  readonly retire: () => Promise<void>;
  readonly operations: (after?: number) => Promise<readonly string[]>;
  readonly password: (at?: number) => Promise<string | undefined>;
  readonly logged: () => string;
}

let apps: TestApp[] = [];
afterEach(async () => {
  for (const app of apps) await app.close();
  apps = [];
});

/** Long enough for what answers at once; only a provider that never does comes to it. */
const HASTY = { addonDeadlineMs: 200 };

async function world(open: (store: Store) => Store = (store) => store, limits: Partial<Limits> = {}): Promise<World> {
  const service = aServiceWithPasswords();
  const { log, lines } = collectingLog();
  let now = START;
  const app = await startApp({
    plugins: together(await shippedPlugins(), service.plugins),
    clock: () => new Date(now),
    log,
    limits,
    open: ({ mac }) => open(openMemoryStore({ mac })),
  });
  apps.push(app);
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput());
  const input = { project: 'default-project', name: 'Base', provider: 'rotating', params: { secret: 'first' } };
  const { addon } = await done(app, CREATE, input);
  await aGroup(app, { addonLinks: [{ addon: 'base', keys: [{ keyName: 'PASSWORD', aliases: ['DB'] }] }] });
  const job = app.gateway.jobs.find(({ name }) => name === 'retire old credentials');
  return {
    ...service,
    app,
    id: addon.id,
    input,
    later: (ms) => {
      now += ms;
    },
    retire: async () => job?.run(new AbortController().signal),
    async operations(after = 0) {
      const { data } = await app.gql(`{ commits(after: ${after}) { nodes { operation actor } } }`);
      return data.commits.nodes.map((each: { operation: string; actor: string }) =>
        each.actor.startsWith('system:') ? `${each.operation} by ${each.actor}` : each.operation,
      );
    },
    async password(at) {
      const { variables } = await environmentOf(app, undefined, at === undefined ? {} : { at });
      return variables.find(({ name }: { name: string }) => name === 'DB')?.value;
    },
    logged: () => JSON.stringify(lines),
  };
}

describe('rotateAddon', () => {
  it('is one commit that dependents see; the old credentials go when their time is over', async () => {
    const { app, id, accepted, later, retire, operations, password, logged } = await world();
    const before = await environmentOf(app);
    const { addon, commit } = await done(app, ROTATE, { id, overlapSeconds: 600, expectedRevision: 1 });
    expect(addon).toMatchObject({ revision: 2, rotatedAt: '2026-01-02T03:04:05.000Z', params: { secret: null } });
    expect(addon.retiringUntil).toEqual(['2026-01-02T03:14:05.000Z']);
    expect(await operations(commit.seq - 1)).toEqual(['addon.rotate']);
    expect(await password()).toBe('made 1');
    expect((await environmentOf(app)).digest).not.toBe(before.digest);
    expect(await password(commit.seq - 1)).toBe('first');
    later(599_999);
    await retire();
    expect([...accepted]).toEqual(['first', 'made 1']);
    later(1);
    await retire();
    expect([...accepted]).toEqual(['made 1']);
    expect(await operations(commit.seq)).toEqual(['addon.retire by system:rotation']);
    const { data } = await app.gql(`{ node(id: "${id}") { ... on Addon { ${FIELDS} } } }`);
    expect(data.node).toMatchObject({ revision: 3, retiringUntil: [], rotatedAt: addon.rotatedAt });
    // Nothing is left to be done.
    await retire();
    expect(await operations(commit.seq + 1)).toEqual([]);
    expect(logged()).not.toContain('made 1');
  });

  it('may come again before the old ones are gone: each goes at its own time', async () => {
    const { app, id, accepted, later, retire, password } = await world();
    await done(app, ROTATE, { id, overlapSeconds: 7_200 });
    const { addon } = await done(app, ROTATE, { id });
    expect(addon.retiringUntil).toEqual(['2026-01-02T04:04:05.000Z', '2026-01-02T05:04:05.000Z']);
    later(HOUR);
    await retire();
    expect([...accepted]).toEqual(['first', 'made 2']);
    later(HOUR);
    await retire();
    expect([...accepted]).toEqual(['made 2']);
    expect(await password()).toBe('made 2');
  });

  it.each([
    [{ overlapSeconds: -1 }, ['overlapSeconds min']],
    [{ overlapSeconds: 2_592_001 }, ['overlapSeconds max']],
  ])('refuses %j', async (over, expected) => {
    const { app, id, asked } = await world();
    expect(await refusals(app, ROTATE, { id, ...over })).toEqual(expected);
    expect(asked).toEqual([]);
  });

  it('refuses a moved revision, and a provider that makes none, before anything is asked', async () => {
    const { app, id, asked } = await world();
    expect(await run(app, ROTATE, { id, expectedRevision: 2 })).toMatchObject({ code: 'CONFLICT', currentRevision: 1 });
    const params = { alias: 'a', host: 'h.example.com', port: 1 };
    const other = await run(app, CREATE, { project: 'default-project', name: 'Rabbit', provider: 'rabbitmq', params });
    expect(codeOf(other)).toBe('INVALID_INPUT');
    expect(asked).toEqual([]);
  });

  it('needs `write` on addons', async () => {
    const { app, id, asked } = await world();
    for (const role of ['developer', 'reader', 'auditor']) {
      const token = await app.token(role);
      expect(await run(app, ROTATE, { id }, token)).toMatchObject({ code: 'FORBIDDEN' });
      expect(await run(app, TEST, { id }, token)).toMatchObject({ code: 'FORBIDDEN' });
    }
    expect(asked).toEqual([]);
    expect(codeOf(await run(app, ROTATE, { id }, await app.token('operator')))).toBe('OK');
  });

  it.each([
    [
      'rejects',
      () => Promise.reject(Object.assign(new Error('hunter2canary'), { code: 'CREDENTIALS' })),
      'CREDENTIALS',
    ],
    ['never answers', () => new Promise(() => {}), 'TIMEOUT'],
    ['answers no object', () => 'hunter2canary', 'INVALID'],
    ['answers parameters that it would not take', () => ({ secret: 7 }), 'INVALID'],
    ['answers what was there', () => ({ secret: 'first' }), 'INVALID'],
  ])('changes nothing when the provider %s', async (_what, answer, reason) => {
    const { app, id, instead, operations, password, logged } = await world(undefined, HASTY);
    const before = await operations();
    instead.set('rotate', answer);
    const result = await run(app, ROTATE, { id });
    expect(result).toMatchObject({ code: 'UNAVAILABLE', message: `The provider made no new credentials: ${reason}` });
    expect(await operations()).toEqual(before);
    expect(await password()).toBe('first');
    expect(logged()).not.toContain('hunter2canary');
    instead.delete('rotate');
    expect(codeOf(await run(app, ROTATE, { id }))).toBe('OK');
  });

  it('withdraws the new credentials when the parameters changed meanwhile', async () => {
    const { app, id, instead, accepted, asked, password } = await world();
    instead.set('rotate', async () => {
      await done(app, UPDATE, { id, params: { secret: 'by hand' } });
      accepted.add('made');
      return { secret: 'made' };
    });
    expect(await run(app, ROTATE, { id })).toMatchObject({ code: 'CONFLICT', currentRevision: 2 });
    expect(asked).toEqual(['rotate', 'retire']);
    expect([...accepted]).toEqual(['first']);
    expect(await password()).toBe('by hand');
  });

  it('goes on when only the name changed meanwhile, and asks once', async () => {
    const { app, id, instead, asked, password } = await world();
    instead.set('rotate', async () => {
      await done(app, UPDATE, { id, name: 'Renamed' });
      return { secret: 'made' };
    });
    expect((await done(app, ROTATE, { id })).addon.revision).toBe(3);
    expect(asked).toEqual(['rotate']);
    expect(await password()).toBe('made');
  });

  it('one at a time: of many at once each has its own turn', async () => {
    const { app, id, accepted, password } = await world();
    const all = await Promise.all([1, 2, 3].map(() => run(app, ROTATE, { id })));
    expect(all.map(codeOf)).toEqual(['OK', 'OK', 'OK']);
    expect([...accepted]).toEqual(['first', 'made 1', 'made 2', 'made 3']);
    expect(await password()).toBe('made 3');
  });

  it('keeps the new credentials when nobody knows whether they were committed', async () => {
    let lose = false;
    const { app, id, accepted, password, retire, later } = await world((store) => ({
      ...store,
      async commit(commit) {
        const done = await store.commit(commit);
        if (lose) throw new Error('the answer was lost');
        return done;
      },
    }));
    lose = true;
    expect(await run(app, ROTATE, { id })).toMatchObject({ __typename: 'errors' });
    lose = false;
    expect([...accepted]).toEqual(['first', 'made 1']);
    expect(await password()).toBe('made 1');
    later(HOUR);
    await retire();
    expect([...accepted]).toEqual(['made 1']);
  });

  it('keeps at most so many old credentials', async () => {
    const { app, id } = await world();
    for (let i = 0; i < 20; i += 1) await done(app, ROTATE, { id });
    expect(await run(app, ROTATE, { id })).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});

describe('removing old credentials', () => {
  it('is tried again, later and later, until the provider has done it', async () => {
    const { app, id, instead, asked, accepted, later, retire } = await world();
    await done(app, ROTATE, { id, overlapSeconds: 0 });
    instead.set('retire', () => Promise.reject(new Error('down')));
    for (let i = 0; i < 3; i += 1) await retire();
    expect(asked).toEqual(['rotate', 'retire']);
    later(60_000);
    await retire();
    expect(asked).toEqual(['rotate', 'retire', 'retire']);
    instead.delete('retire');
    later(HOUR);
    await retire();
    expect([...accepted]).toEqual(['made 1']);
  });

  it('goes on after a death between the provider and the store', async () => {
    let dies = false;
    const { app, id, accepted, operations, later, retire } = await world((store) => ({
      ...store,
      commit: (commit) => (dies ? Promise.reject(new Error('dead')) : store.commit(commit)),
    }));
    const { commit } = await done(app, ROTATE, { id, overlapSeconds: 0 });
    dies = true;
    await retire();
    expect([...accepted]).toEqual(['made 1']);
    dies = false;
    later(HOUR);
    await retire();
    expect(await operations(commit.seq)).toEqual(['addon.retire by system:rotation']);
  });

  it('comes to deleted addons too, whose name is taken until then; a restored one has its old ones', async () => {
    const { app, id, input, accepted, later, retire } = await world();
    await done(app, ROTATE, { id });
    await done(app, DELETE, { id, force: true });
    expect(await run(app, CREATE, input)).toMatchObject({
      code: 'CONFLICT',
      message: 'The deleted addon of this name has old credentials that are not removed yet',
    });
    const { addon } = await done(app, RESTORE, { id });
    expect(addon.retiringUntil).toEqual(['2026-01-02T04:04:05.000Z']);
    expect(await run(app, RESTORE, { id })).toMatchObject({ code: 'CONFLICT', message: 'The addon is not deleted' });
    await done(app, DELETE, { id });
    later(HOUR);
    await retire();
    expect([...accepted]).toEqual(['made 1']);
    expect((await app.gql(`{ node(id: "${id}") { id } }`)).data.node).toBeNull();
    expect(codeOf(await run(app, CREATE, input))).toBe('OK');
  });
});

describe('testAddon', () => {
  it('says whether what is stored can be used, and why not', async () => {
    const { app, id, accepted, instead, operations } = await world(undefined, HASTY);
    const before = await operations();
    expect(await run(app, TEST, { id })).toMatchObject({ reachable: true, problem: null });
    accepted.clear();
    expect(await run(app, TEST, { id })).toMatchObject({ reachable: false, problem: 'CREDENTIALS' });
    const failures: readonly (readonly [() => unknown, string])[] = [
      [() => new Promise(() => {}), 'TIMEOUT'],
      [() => Promise.reject(Object.assign(new Error(), { code: 'ECONNREFUSED' })), 'UNREACHABLE'],
      [() => Promise.reject(Object.assign(new Error('hunter2canary'), { code: 'hunter2canary' })), 'FAILED'],
    ];
    for (const [answer, problem] of failures) {
      instead.set('check', answer);
      expect(await run(app, TEST, { id })).toEqual({ __typename: 'TestAddonPayload', reachable: false, problem });
    }
    expect(await operations()).toEqual(before);
  });

  it('tries what a form holds, before it is saved', async () => {
    const { app, asked } = await world();
    const draft = (over: object) => ({
      project: 'default-project',
      provider: 'rotating',
      params: { secret: 'first' },
      ...over,
    });
    expect(await run(app, TEST, draft({}))).toMatchObject({ reachable: true });
    expect(await run(app, TEST, draft({ params: { secret: 'wrong' } }))).toMatchObject({ problem: 'CREDENTIALS' });
    expect(await refusals(app, TEST, draft({ params: { secret: 7 } }))).toEqual(['params.secret type']);
    expect(await refusals(app, TEST, draft({ provider: 'none' }))).toEqual(['provider enum']);
    expect(await run(app, TEST, draft({ project: 'none' }))).toMatchObject({ code: 'NOT_FOUND' });
    expect(asked.length).toBe(2);
  });

  it('takes an id or a form, not both, and no addon of elsewhere', async () => {
    const { app, id } = await world();
    expect(await refusals(app, TEST, { id, provider: 'rotating' })).toEqual(['provider exclusive']);
    expect(await refusals(app, TEST, { provider: 'rotating' })).toEqual(['params exclusive', 'project exclusive']);
    const other = Buffer.from('Addon:other/base').toString('base64');
    expect(await run(app, TEST, { id: other })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await run(app, TEST, { id: 'nothing' })).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('providers say what they can do', async () => {
    const { app } = await world();
    const { data } = await app.gql('{ addonProviders { id canCheck canRotate } }');
    expect(data.addonProviders).toContainEqual({ id: 'rotating', canCheck: true, canRotate: true });
  });
});
