import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Listener, listen, until } from '../support/listening.ts';
import { aGroup, aProject, aServiceInput, done, operation, PUT_SERVICE } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { ENVIRONMENT_CHANGED, RESTART_REQUESTED } from '../support/stream-queries.ts';

/** Whoever waits for a workload that is not registered yet hears of its registration first. */
let app: TestApp;
let group: string;
let count = 0;
const listeners: Listener[] = [];
const fresh = (): string => {
  count += 1;
  return `new-${count}`;
};

beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  group = (await aGroup(app, { variables: [{ name: 'BASE', value: '1' }] })).id;
});
afterEach(() => Promise.all(listeners.splice(0).map((listener) => listener.stop())));
afterAll(() => app.close());

const STREAMS = {
  environmentChanged: {
    query: ENVIRONMENT_CHANGED,
    variables: (id: string) => ({ service: id }),
    registered: 'EnvironmentEvent',
  },
  restartRequested: {
    query: RESTART_REQUESTED,
    variables: (id: string) => ({ workload: { kind: 'SERVICE', id } }),
    registered: 'WorkloadRegisteredEvent',
  },
} as const;
type Name = keyof typeof STREAMS;

async function follow(name: Name, id: string, over: object = {}, token = app.owner): Promise<Listener> {
  const { query, variables } = STREAMS[name];
  const listener = await listen(app.url, token, query, { variables: { ...variables(id), ...over } });
  listeners.push(listener);
  return listener;
}
const put = async (id: string, over: object = {}) =>
  (await done(app, PUT_SERVICE, aServiceInput({ id, ...over }))).commit.seq;
const on = async (name: string, id: string): Promise<number> =>
  (await done(app, operation(name, 'service { id }'), { project: 'default-project', id })).commit.seq;
const restart = () => done(app, operation('restartDependents', 'restart { id }'), { source: group });
const seqs = ({ events }: Listener): readonly number[] => events.map(({ seq }) => seq);

describe.each(Object.keys(STREAMS) as Name[])('%s of a workload that is not registered', (name) => {
  const { registered } = STREAMS[name];

  it('stays open, and its first event is the registration', async () => {
    const id = fresh();
    const listener = await follow(name, id);
    const other = await follow(name, `${id}-other`);
    await put(`${id}-unrelated`);
    const seq = await put(id);
    const [first] = await listener.count(1);
    expect(first).toMatchObject({ __typename: registered, seq });
    expect(first.cursor).toEqual(expect.any(String));
    expect([listener.events.length, other.events.length]).toEqual([1, 0]);
    expect([listener.ended.by, other.ended.by]).toEqual([null, null]);
  });

  it('tells it to whoever comes again with an earlier place, once and in order', async () => {
    const id = fresh();
    const before = await follow(name, id);
    const first = await put(id);
    const [{ cursor }] = await before.count(1);
    await before.stop();
    const gone = await on('deleteService', id);
    const again = await put(id, { name: 'Another One' });
    const expected = name === 'environmentChanged' ? [gone, again] : [again];
    const late = await follow(name, id, { after: cursor });
    await late.count(expected.length);
    expect(seqs(late)).toEqual(expected);
    expect(late.events.at(-1).__typename).toBe(registered);
    expect(first).toBeLessThan(gone);
  });

  it('tells it when it comes back: restored, and registered anew, also to whoever begins while it is gone', async () => {
    const id = fresh();
    await put(id);
    const all = await follow(name, id);
    const deleted = await on('deleteService', id);
    if (name === 'environmentChanged') await all.count(1);
    const between = await follow(name, id);
    const restored = await on('restoreService', id);
    const deletedAgain = await on('deleteService', id);
    const anew = await put(id);
    const gone = name === 'environmentChanged' ? [deleted, deletedAgain] : [];
    const expected = [...gone, restored, anew].sort((a, b) => a - b);
    await all.count(expected.length);
    await between.count(expected.filter((seq) => seq > deleted).length);
    expect(seqs(all)).toEqual(expected);
    expect(seqs(between)).toEqual(expected.filter((seq) => seq > deleted));
  });

  it('tells its deletion to whoever comes again after it', async () => {
    const id = fresh();
    const before = await follow(name, id);
    await put(id);
    const [{ cursor }] = await before.count(1);
    await before.stop();
    const gone = await on('deleteService', id);
    const late = await follow(name, id, { after: cursor });
    const again = await put(id);
    const expected = name === 'environmentChanged' ? [gone, again] : [again];
    await late.count(expected.length);
    expect(seqs(late)).toEqual(expected);
  });

  it('puts of what is registered are no registration', async () => {
    const id = fresh();
    const listener = await follow(name, id);
    const seq = await put(id);
    await listener.count(1);
    await put(id, { tags: ['x'] });
    await put(id, { name: 'Renamed Service' });
    const marker = await follow(name, `${id}-marker`);
    await put(`${id}-marker`);
    await marker.count(1);
    expect(seqs(listener)).toEqual([seq]);
  });
});

it('an environment that is not to start is told to be registered, without a digest', async () => {
  const restrictions = { restricted: true, tags: ['needy'] };
  const needy = await aGroup(app, {
    name: 'Needy',
    restrictions,
    addonLinks: [{ addon: 'never-made', required: true, keys: [{ keyName: 'HOST', aliases: ['H'] }] }],
  });
  const id = fresh();
  const listener = await follow('environmentChanged', id);
  const seq = await put(id, { tags: ['needy'] });
  const [first] = await listener.count(1);
  expect(first).toMatchObject({ __typename: 'EnvironmentEvent', seq, digest: null, environment: null });
  await done(app, operation('deleteSecretGroup', 'secretGroup { id }'), { id: needy.id });
  const [, second] = await listener.count(2);
  expect(second.digest).toEqual(expect.any(String));
});

it('a registration brings the names of all that it gets', async () => {
  const id = fresh();
  const listener = await follow('environmentChanged', id);
  await put(id, { variables: [{ name: 'OWN', value: '1' }] });
  const [first] = await listener.count(1);
  expect(first.variables).toEqual({ added: ['BASE', 'OWN'], removed: [], changed: [] });
  expect(first.environment.digest).toBe(first.digest);
});

it('a restart after a registration is told as before', async () => {
  const id = fresh();
  const listener = await follow('restartRequested', id);
  await put(id);
  await listener.count(1);
  await restart();
  await listener.count(2);
  expect(listener.events.map(({ __typename }) => __typename)).toEqual([
    'WorkloadRegisteredEvent',
    'RestartRequestedEvent',
  ]);
});

describe('who may wait', () => {
  const roleOf = async (name: string, grants: readonly object[]): Promise<string> => {
    await done(app, operation('createRole', 'role { slug }'), { name, grants });
    return app.token(name.toLowerCase().replaceAll(' ', '-'));
  };
  const grant = (resources: readonly string[], verbs: readonly string[], over: object = {}) => ({
    resources,
    verbs,
    ...over,
  });
  const elsewhere = { projects: ['elsewhere'] };
  const ALL = ['LIST', 'LIST_KEYS', 'RESOLVE'];

  it.each<[string, readonly object[], { readonly [K in Name]: string | null }]>([
    ['Whole Project', [grant(['PROJECT', 'WORKLOAD'], ALL)], { environmentChanged: null, restartRequested: null }],
    [
      'Another Project',
      [grant(['PROJECT', 'WORKLOAD'], ALL, elsewhere)],
      { environmentChanged: 'NOT_FOUND', restartRequested: 'NOT_FOUND' },
    ],
    ['No Project', [grant(['WORKLOAD'], ALL)], { environmentChanged: 'NOT_FOUND', restartRequested: 'NOT_FOUND' }],
    ['No Workloads', [grant(['PROJECT'], ALL)], { environmentChanged: 'NOT_FOUND', restartRequested: 'NOT_FOUND' }],
    [
      'Only List',
      [grant(['PROJECT', 'WORKLOAD'], ['LIST'])],
      { environmentChanged: 'FORBIDDEN', restartRequested: null },
    ],
  ])('%s: the same whether the workload is there or not', async (name, grants, expected) => {
    const there = fresh();
    await put(there);
    const token = await roleOf(name, grants);
    for (const stream of Object.keys(STREAMS) as Name[]) {
      const code = expected[stream];
      const both = [await follow(stream, there, {}, token), await follow(stream, fresh(), {}, token)];
      if (code !== null) await until(() => both.every(({ ended }) => ended.by !== null));
      expect(both.map(({ ended }) => ended.by)).toEqual(both.map(() => (code === null ? null : [code])));
      await Promise.all(both.map((listener) => listener.stop()));
    }
  });

  it("a workload's own token waits for no other, and knows of no registration but its own", async () => {
    const id = fresh();
    await put(id, { variables: [{ name: 'FORMER', value: '1' }] });
    const watch = await follow('environmentChanged', id);
    const bound = () =>
      app.token('dependent', { kind: 'DEPENDENT', workload: { project: 'default-project', kind: 'SERVICE', id } });
    const former = await bound();
    for (const stream of Object.keys(STREAMS) as Name[]) {
      const refused = await follow(stream, fresh(), {}, former);
      await until(() => refused.ended.by !== null);
      expect(refused.ended.by).toEqual(['NOT_FOUND']);
    }
    await put(id, { variables: [{ name: 'FORMER', value: '2' }] });
    const [{ cursor }] = await watch.count(1);
    await on('deleteService', id);
    await put(id, { variables: [{ name: 'OWN', value: '1' }] });
    await watch.count(3);
    const own = await bound();
    const late = await follow('environmentChanged', id, { after: cursor }, own);
    const [first] = await late.count(1);
    expect(first.seq).toBe(watch.events[2].seq);
    expect(first.variables).toEqual({ added: ['BASE', 'OWN'], removed: [], changed: [] });
    expect(JSON.stringify(late.events)).not.toContain('FORMER');
  });
});
