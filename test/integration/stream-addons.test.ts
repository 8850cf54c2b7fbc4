import { afterEach, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import type { Store } from '../../src/store/port.ts';
import { type Listener, listen, until } from '../support/listening.ts';
import { aGroup, aProject, aServiceInput, done, operation, PUT_SERVICE } from '../support/makers.ts';
import { aServiceWithPasswords, type Behaviour, scripted } from '../support/plugins.ts';
import { type AppOptions, startApp, type TestApp } from '../support/start-app.ts';
import { ENVIRONMENT_CHANGED } from '../support/stream-queries.ts';

const MINUTE = 60_000;
const listeners: Listener[] = [];
const apps: TestApp[] = [];
let now = Date.parse('2026-01-02T03:04:05Z');
let store: Store;
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
  for (const app of apps.splice(0)) await app.close();
});

async function start(options: AppOptions): Promise<TestApp> {
  const open: AppOptions['open'] = ({ mac }) => {
    store = openMemoryStore({ mac });
    return store;
  };
  const app = await startApp({ clock: () => new Date(now), open, ...options });
  apps.push(app);
  return app;
}
async function follow(app: TestApp, token: string, after?: string): Promise<Listener> {
  const variables = { service: 'example-service', ...(after === undefined ? {} : { after }) };
  const listener = await listen(app.url, token, ENVIRONMENT_CHANGED, { variables });
  listeners.push(listener);
  return listener;
}
async function world(app: TestApp, kind: 'Addon' | 'ExternalAddon', provider: string): Promise<string> {
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput());
  const field = kind === 'Addon' ? 'addon' : 'externalAddon';
  const input = { project: 'default-project', name: 'Source', provider, params: { secret: 'first' } };
  const made = await done(app, operation(`create${kind}`, `${field} { id }`), input);
  const link = {
    kind: kind === 'Addon' ? 'ADDON' : 'EXTERNAL_ADDON',
    addon: 'source',
    keys: [{ keyName: 'PASSWORD', aliases: ['DB'] }],
  };
  await aGroup(app, { addonLinks: [link] });
  return made[field].id;
}
const runJob = async (app: TestApp, name: string): Promise<void> =>
  app.gateway.jobs.find((job) => job.name === name)?.run(new AbortController().signal);
/** Something that is told for certain. */
const mark = (app: TestApp, owner: string, name: string) =>
  done(app, PUT_SERVICE, aServiceInput({ variables: [{ name, value: '1' }] }), owner);
const namesOf = ({ events }: Listener) =>
  events.map(({ __typename, variables }) =>
    variables ? [...variables.added, ...variables.removed, ...variables.changed] : __typename,
  );

describe('environmentChanged', () => {
  it('is told once of credentials that the gateway rotates, and not when the old ones go', async () => {
    const app = await start({ plugins: aServiceWithPasswords().plugins });
    const id = await world(app, 'Addon', 'rotating');
    const listener = await follow(app, app.owner);
    const { commit } = await done(app, operation('rotateAddon', 'addon { id }'), { id, overlapSeconds: 60 });
    now += 2 * MINUTE;
    await runJob(app, 'retire old credentials');
    await mark(app, app.owner, 'MARK');
    await listener.count(2);
    expect(namesOf(listener)).toEqual([['DB'], ['MARK']]);
    expect(listener.events[0].seq).toBe(commit.seq);
  });

  it('is told of values that an external addon changed by itself, by whoever resumes too', async () => {
    let value = 'one';
    const behave: Behaviour = async () => new Map([['PASSWORD', value]]);
    const plugins = scripted('scripted', 'external-addon', behave);
    const app = await start({ plugins });
    await world(app, 'ExternalAddon', 'scripted');
    const observe = async (next: string): Promise<void> => {
      value = next;
      now += MINUTE;
      await runJob(app, 'observe external addons');
    };
    await observe('one');
    const first = await follow(app, app.owner);
    await mark(app, app.owner, 'MARK');
    await first.count(1);
    await observe('one');
    await observe('two');
    await first.count(2);
    await mark(app, app.owner, 'LAST');
    await first.count(3);
    expect(namesOf(first)).toEqual([['MARK'], ['DB'], ['LAST', 'MARK']]);

    // What it was is known to nobody after a restart, only that it is another one now.
    const again = await startApp({ clock: () => new Date(now), open: () => store, plugins });
    const late = await follow(again, app.owner, first.events[0].cursor);
    await until(() => late.events.length >= 2);
    expect(namesOf(late)).toEqual(['HistoryExpired', ['LAST', 'MARK']]);
    expect(late.events.map(({ cursor }) => cursor)).toEqual(first.events.slice(1).map(({ cursor }) => cursor));
  });
});
