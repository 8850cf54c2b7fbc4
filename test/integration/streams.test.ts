import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listener, listen, until } from '../support/listening.ts';
import { aGroup, aProject, done, operation, PUT_SERVICE } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { CHANGES, ENVIRONMENT_CHANGED, GLOBALS_CHANGED } from '../support/stream-queries.ts';

let app: TestApp;
const listeners: Listener[] = [];
const follow = async (query: string, variables: Record<string, unknown> = {}, token = app.owner) => {
  const listener = await listen(app.url, token, query, { variables });
  listeners.push(listener);
  return listener;
};
const projectId = 'default-project';
const putService = (id: string, over: object = {}) =>
  done(app, PUT_SERVICE, { project: projectId, id, name: 'Some Service', ...over });
const setVariable = (id: string, name: string, value: string) =>
  done(app, operation('setSecretGroupVariable', 'secretGroup { id }'), { id, name, value });
const dependentOf = (id: string) =>
  app.token('dependent', { kind: 'DEPENDENT', workload: { project: projectId, kind: 'SERVICE', id } });

beforeAll(async () => {
  app = await startApp();
  await aProject(app);
});
afterAll(async () => {
  await Promise.all(listeners.map((listener) => listener.stop()));
  await app.close();
});

describe('changes', () => {
  it('tells what was changed, by whom and which keys; case 152, 157: resumes after a cursor', async () => {
    const first = await follow(CHANGES);
    const { id } = await aGroup(app, { name: 'First Group' });
    await setVariable(id, 'B', 'x');
    await first.count(2);
    expect(first.events).toMatchObject([
      { operation: 'secretGroup.create', changes: [{ kind: 'SECRET_GROUP', revision: 1 }] },
      {
        __typename: 'CommitEvent',
        operation: 'secretGroup.setVariable',
        changes: [
          {
            kind: 'SECRET_GROUP',
            project: projectId,
            name: 'first-group',
            id,
            revision: 2,
            keys: { variables: { added: ['B'], removed: [], changed: [] } },
          },
        ],
      },
    ]);
    const second = await follow(CHANGES, { after: first.events[0].cursor });
    expect(await second.count(1)).toEqual([first.events[1]]);
  });

  it('filters by project and kind, and tells one event a commit', async () => {
    await aProject(app, 'Other Project');
    const elsewhere = await follow(CHANGES, { project: 'other-project' });
    const services = await follow(CHANGES, { kinds: ['SERVICE'] });
    const all = await follow(CHANGES);
    await aGroup(app, { name: 'Second Group' });
    await putService('filtered', { tags: [] });
    await aGroup(app, { name: 'Third Group', project: 'other-project' });
    await all.count(3);
    await elsewhere.count(1);
    expect(elsewhere.events.map(({ changes }) => changes[0].name)).toEqual(['third-group']);
    expect(services.events.map(({ changes }) => changes[0].name)).toEqual(['filtered']);
  });

  it('case 149: names of keys only to those with `keys`, and things one may not list not at all', async () => {
    const grants = [{ resources: ['PROJECT', 'SECRET_GROUP'], verbs: ['LIST'], types: ['CONFIG'] }];
    await done(app, operation('createRole', 'role { slug }'), { name: 'Lister', grants });
    const lister = await follow(CHANGES, {}, await app.token('lister'));
    await aGroup(app, { name: 'Hidden Secret', type: 'SECRET' });
    await aGroup(app, { name: 'Shown Config', type: 'CONFIG' });
    await lister.count(1);
    expect(lister.events).toMatchObject([{ changes: [{ name: 'shown-config', keys: null }] }]);
    expect(lister.events).toHaveLength(1);
  });
});

describe('environmentChanged', () => {
  it("fires exactly when the digest changed; values for the dependent's own token", async () => {
    await putService('reader', { tags: [] });
    await putService('bystander');
    const own = await follow(ENVIRONMENT_CHANGED, { service: 'reader' }, await dependentOf('reader'));
    const operator = await follow(ENVIRONMENT_CHANGED, { service: 'reader' }, await app.token('developer'));
    const restrictions = {
      restricted: true,
      workloads: [{ id: 'reader', kind: 'SERVICE' }],
      tags: [],
      tagMatchCondition: 'OR',
    };
    const group = await aGroup(app, { name: 'For Reader', restrictions, variables: [{ name: 'A', value: '1' }] });
    await setVariable(group.id, 'A', '1');
    await putService('bystander', { variables: [{ name: 'Z', value: '1' }] });
    await setVariable(group.id, 'A', '2');
    await own.count(2);
    // Whoever may not see a value is told that it was written, whether it became another one or not.
    await operator.count(3);
    expect(own.events[0].variables.added).toContain('A');
    expect(own.events[1].variables).toEqual({ added: [], removed: [], changed: ['A'] });
    const valueOfA = ({ environment }: (typeof own.events)[number]) =>
      environment.variables.find(({ name }: { readonly name: string }) => name === 'A');
    expect(own.events.map(valueOfA)).toEqual([
      { name: 'A', value: '1', masked: false },
      { name: 'A', value: '2', masked: false },
    ]);
    expect(operator.events.map(valueOfA)).toEqual([
      { name: 'A', value: null, masked: true },
      { name: 'A', value: null, masked: true },
      { name: 'A', value: null, masked: true },
    ]);
    for (const { seq, digest, environment } of own.events) expect(environment).toMatchObject({ seq, digest });
    await putService('reader', { tags: [], variables: [{ name: 'A', value: '3' }] });
    await own.count(3);
    expect(own.events).toHaveLength(3);
    const resumed = await follow(
      ENVIRONMENT_CHANGED,
      { service: 'reader', after: own.events[0].cursor },
      await dependentOf('reader'),
    );
    await resumed.count(2);
    expect(resumed.events).toEqual(own.events.slice(1));
  });

  it('fires through a global secret, and tells that the workload is gone', async () => {
    await done(app, operation('createGlobalSecret', 'globalSecret { id }'), {
      name: 'Shared',
      type: 'CONFIG',
      values: { host: 'a' },
    });
    await putService('drawer', { variables: [{ name: 'HOST', value: '${secrets.shared.values.host}' }] });
    const listener = await follow(ENVIRONMENT_CHANGED, { service: 'drawer' });
    const globals = await follow(GLOBALS_CHANGED, { slug: 'shared' });
    const { data } = await app.gql('{ globalSecret(slug: "shared") { id } }');
    await done(app, operation('updateGlobalSecret', 'globalSecret { id }'), {
      id: data.globalSecret.id,
      values: { host: 'b' },
    });
    await done(app, operation('deleteService', 'service { id }'), { project: projectId, id: 'drawer' });
    await listener.count(2);
    expect(listener.events[0].variables).toEqual({ added: [], removed: [], changed: ['HOST'] });
    expect(listener.events[1]).toMatchObject({ digest: null, environment: null });
    expect(listener.events[1].variables.removed).toContain('HOST');
    await globals.count(1);
    expect(globals.events).toMatchObject([
      {
        changes: [{ name: 'shared', revision: 2, keys: { variables: { changed: ['host'] } } }],
        globalSecrets: [{ slug: 'shared' }],
      },
    ]);
  });

  it('names what a commit changed however late it is told, also of a group that became a secret since', async () => {
    await putService('late', { tags: [] });
    const restrictions = {
      restricted: true,
      workloads: [{ id: 'late', kind: 'SERVICE' }],
      tags: [],
      tagMatchCondition: 'OR',
    };
    const { id } = await aGroup(app, { name: 'Retyped Later', type: 'CONFIG', restrictions });
    const before = await follow(ENVIRONMENT_CHANGED, { service: 'late' });
    await setVariable(id, 'X', '1');
    const [{ cursor }] = await before.count(1);
    await before.stop();
    await setVariable(id, 'Y', '1');
    await done(app, operation('updateSecretGroup', 'secretGroup { id }'), { id, type: 'SECRET' });
    const late = await follow(ENVIRONMENT_CHANGED, { service: 'late', after: cursor });
    await late.count(1);
    await setVariable(id, 'Z', '1');
    await late.count(2);
    // The type is not delivered, so nothing is told of it.
    expect(late.events.map(({ variables }) => variables)).toEqual([
      { added: ['Y'], removed: [], changed: [] },
      { added: ['Z'], removed: [], changed: [] },
    ]);
  });

  it.each([
    ['the workload of another', 'bystander'],
    ['one that is not registered', 'nobody'],
  ])('refuses a workload %s', async (_what, service) => {
    const token = await dependentOf('reader');
    const listener = await follow(ENVIRONMENT_CHANGED, { service }, token);
    await until(() => listener.ended.by !== null);
    expect(listener.ended.by).toEqual(['NOT_FOUND']);
  });
});

describe('cursors', () => {
  const cursorOf = async (): Promise<string> => {
    const listener = await follow(CHANGES, { kinds: ['SERVICE'] });
    await putService('cursor-source', { tags: [] });
    const [event] = await listener.count(1);
    await listener.stop();
    return event.cursor;
  };
  const refusalOf = async (query: string, variables: Record<string, unknown>, at = app): Promise<unknown> => {
    const listener = await listen(at.url, at.owner, query, { variables });
    await until(() => listener.ended.by !== null || listener.events.length > 0);
    await listener.stop();
    return listener.ended.by;
  };

  it('case 154: one that was made up, altered, or is of another stream, project or installation is refused', async () => {
    const cursor = await cursorOf();
    const flipped = `${cursor.startsWith('A') ? 'B' : 'A'}${cursor.slice(1)}`;
    const other = await startApp();
    try {
      const expected = ['INVALID_CURSOR'];
      for (const after of ['x', 'AAAA', flipped, cursor.slice(0, -2), `${cursor}A`, `${cursor}=`]) {
        expect([after, await refusalOf(CHANGES, { after })]).toEqual([after, expected]);
      }
      expect(await refusalOf(CHANGES, { after: cursor, project: projectId })).toEqual(expected);
      expect(await refusalOf(GLOBALS_CHANGED, { after: cursor })).toEqual(expected);
      expect(await refusalOf(CHANGES, { after: cursor }, other)).toEqual(expected);
    } finally {
      await other.close();
    }
  });
});
