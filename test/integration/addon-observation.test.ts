import { afterEach, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import type { Store } from '../../src/store/port.ts';
import { type Counting, counting } from '../support/counting.ts';
import { listen } from '../support/listening.ts';
import { aGroup, aProject, aServiceInput, done, environmentOf, operation, PUT_SERVICE } from '../support/makers.ts';
import { type Behaviour, scripted } from '../support/plugins.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { ENVIRONMENT_CHANGED } from '../support/stream-queries.ts';

const MINUTE = 60_000;
let apps: TestApp[] = [];
afterEach(async () => {
  for (const app of apps) await app.close();
  apps = [];
});

/** A gateway whose provider does what the test says, on a store of its own or on one that is there. */
async function gateway(kind: 'addon' | 'external-addon', store: Store | null = null) {
  let behave: Behaviour = async () => new Map([['PASSWORD', 'one']]);
  let asked = 0;
  let now = Date.parse('2026-01-02T03:04:05Z');
  let calls: Counting | undefined;
  const app = await startApp({
    plugins: scripted('scripted', kind, (params) => {
      asked += 1;
      return behave(params);
    }),
    clock: () => new Date(now),
    limits: { addonDeadlineMs: 100, addonPatienceMs: 5_000 },
    open: ({ mac }) => {
      calls = counting(store ?? openMemoryStore({ mac }));
      return calls.port;
    },
  });
  apps.unshift(app);
  if (!calls) throw new Error('no store');
  const job = app.gateway.jobs.find(({ name }) => name === 'observe external addons');
  return {
    app,
    calls,
    asked: () => asked,
    behave: (next: Behaviour) => {
      behave = next;
    },
    later: (ms: number) => {
      now += ms;
    },
    observe: async () => job?.run(new AbortController().signal),
  };
}

async function world(kind: 'addon' | 'external-addon' = 'external-addon', linked = true) {
  const made = await gateway(kind);
  const { app } = made;
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput());
  const type = kind === 'addon' ? 'Addon' : 'ExternalAddon';
  const input = { project: 'default-project', name: 'Source', provider: 'scripted', params: { secret: 'hunter2' } };
  await done(app, operation(`create${type}`, 'commit { seq }'), input);
  const link = {
    kind: kind === 'addon' ? 'ADDON' : 'EXTERNAL_ADDON',
    addon: 'source',
    keys: [{ keyName: 'PASSWORD' }],
  };
  const group = await aGroup(app, linked ? { addonLinks: [link] } : {});
  const observed = async () => {
    const { data } = await app.gql('{ commits(after: 0) { nodes { operation actor } } }');
    return data.commits.nodes.filter(({ operation }: { operation: string }) => operation === 'externalAddon.observe');
  };
  return { ...made, group, link, observed };
}

const giving =
  (text: string): Behaviour =>
  async () =>
    new Map([['PASSWORD', text]]);

describe('case 191: values of an external addon that change', () => {
  it('are committed once they differ from those that were last seen', async () => {
    const { app, behave, later, observe, observed } = await world();
    await observe();
    expect(await observed()).toEqual([{ operation: 'externalAddon.observe', actor: 'system:addons' }]);
    const first = await environmentOf(app);
    for (let i = 0; i < 3; i += 1) {
      later(MINUTE);
      await observe();
    }
    expect((await observed()).length).toBe(1);
    expect((await environmentOf(app)).seq).toBe(first.seq);
    behave(giving('two'));
    later(MINUTE);
    await observe();
    expect((await observed()).length).toBe(2);
    const second = await environmentOf(app);
    expect(second.seq).toBe(first.seq + 1);
    expect(second.digest).not.toBe(first.digest);
    expect(second.variables[0]).toMatchObject({ value: 'two' });
  });

  it('are asked for and committed at most once a time to live, however often they change', async () => {
    const { asked, behave, later, observe, observed } = await world();
    let n = 0;
    behave(async () => {
      n += 1;
      return new Map([['PASSWORD', `value ${n}`]]);
    });
    for (let i = 0; i < 1_000; i += 1) {
      await observe();
      later(MINUTE / 500);
    }
    expect(asked()).toBe(2);
    expect((await observed()).length).toBe(2);
  });

  it('are told to whoever follows what a workload gets', async () => {
    const { app, group, behave, later, observe } = await world();
    await observe();
    const listener = await listen(app.url, app.owner, ENVIRONMENT_CHANGED, {
      variables: { service: 'example-service' },
    });
    // What changes nothing that the workload gets lies between.
    await done(app, operation('updateSecretGroup', 'commit { seq }'), { id: group.id, description: 'other' });
    behave(giving('two'));
    later(MINUTE);
    await observe();
    const [event] = await listener.count(1);
    expect(event).toMatchObject({
      digest: (await environmentOf(app)).digest,
      variables: { changed: ['SOURCE_PASSWORD'] },
    });
    expect(event.environment.variables).toMatchObject([{ value: 'two' }]);
    await listener.stop();
  });

  it('are told by another gateway too, which saw other values a moment ago', async () => {
    const left = await world();
    const right = await gateway('external-addon', left.app.store);
    await left.observe();
    const token = left.app.owner;
    const variables = { service: 'example-service' };
    const listener = await listen(right.app.url, token, ENVIRONMENT_CHANGED, { variables });
    const before = (await environmentOf(right.app, undefined, {}, token)).variables;
    expect([before[0]?.value, right.asked()]).toEqual(['one', 1]);
    for (const each of [left, right]) each.behave(giving('two'));
    // To the other one its values are as new as ever.
    left.later(MINUTE);
    await left.observe();
    const [event] = await listener.count(1);
    expect(event.environment.variables).toMatchObject([{ value: 'two' }]);
    // It asked again because of that commit, once.
    await environmentOf(right.app, undefined, {}, token);
    expect(right.asked()).toBe(2);
    await listener.stop();
  });

  it('are not committed when the provider fails: the last good ones stand', async () => {
    const { app, behave, later, observe, observed } = await world();
    await observe();
    const good = await environmentOf(app);
    behave(() => Promise.reject(new Error('down')));
    later(MINUTE);
    await observe();
    behave(() => new Promise(() => {}));
    later(MINUTE);
    await observe();
    expect((await observed()).length).toBe(1);
    // The commit made no new parameters, so the values are still known.
    expect((await environmentOf(app)).variables[0]).toMatchObject({ value: 'one' });
    expect((await environmentOf(app)).digest).toBe(good.digest);
  });

  it('of addons that nobody links, and of those that are not external, are not asked for', async () => {
    const unlinked = await world('external-addon', false);
    await unlinked.observe();
    expect(unlinked.asked()).toBe(0);
    const addon = await world('addon');
    await addon.observe();
    expect([addon.asked(), (await addon.observed()).length]).toEqual([0, 0]);
  });

  it('cost a steady number of store calls while nothing changes', async () => {
    const { calls, observe, later } = await world();
    await observe();
    later(MINUTE);
    await observe();
    calls.reset();
    later(MINUTE);
    await observe();
    expect(calls.calls).toEqual({ list: 1, lineage: 2 });
  });
});
