import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listener, listen, until } from '../support/listening.ts';
import { aGroup, aProject, done, operation, PUT_SERVICE } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { CHANGES, ENVIRONMENT_CHANGED } from '../support/stream-queries.ts';

let app: TestApp;
let now = Date.now();
const listeners: Listener[] = [];
const follow = async (query: string, variables: Record<string, unknown>, token: string) => {
  const listener = await listen(app.url, token, query, { variables });
  listeners.push(listener);
  return listener;
};

beforeAll(async () => {
  app = await startApp({ clock: () => new Date(now) });
  await aProject(app);
});
afterAll(async () => {
  await Promise.all(listeners.map((listener) => listener.stop()));
  await app.close();
});

const nodeId = (type: string, id: string): string => Buffer.from(`${type}:${id}`).toString('base64');
const tokenId = async (token: string): Promise<string> =>
  nodeId('Token', (await app.gql('{ viewer { id } }', {}, token)).data.viewer.id);
const aRole = (name: string, grants: readonly object[]) =>
  done(app, operation('createRole', 'role { slug }'), { name, grants });
const setGrants = (slug: string, grants: readonly object[]) =>
  done(app, operation('updateRole', 'role { slug }'), { id: nodeId('Role', slug), grants });
const LIST_BOTH = [{ resources: ['PROJECT', 'SECRET_GROUP'], verbs: ['LIST', 'LIST_KEYS'] }];
const LIST_CONFIG = [{ resources: ['PROJECT', 'SECRET_GROUP'], verbs: ['LIST'], types: ['CONFIG'] }];
const namesOf = (listener: Listener) =>
  listener.events.flatMap(({ changes }) => changes.map(({ name }: { name: string }) => name));

describe('rights at every delivery', () => {
  it('case 145: a revoked token gets nothing more, and 4403', async () => {
    const token = await app.token('reader');
    const listener = await follow(CHANGES, {}, token);
    const witness = await follow(CHANGES, {}, app.owner);
    await done(app, operation('revokeToken', 'token { id }'), { id: await tokenId(token) });
    await aGroup(app, { name: 'After Revocation' });
    await until(() => listener.closed.code !== null).catch(() => {});
    expect(listener.closed.code).toBe(4403);
    await witness.count(2);
    expect(listener.events).toEqual([]);
  });

  it('case 147: a token that ends while it listens is closed with 4403, though nothing happens', async () => {
    const token = await app.token('reader', { expiresAt: new Date(now + 60_000).toISOString() });
    const listener = await follow(CHANGES, {}, token);
    const stays = await follow(CHANGES, {}, await app.token('reader'));
    now += 60_000;
    await until(() => listener.closed.code !== null).catch(() => {});
    expect(listener.closed.code).toBe(4403);
    expect(stays.closed.code).toBe(null);
  });

  it('case 146: a role that allows less filters from then on, and one that allows more shows more', async () => {
    await aRole('Changing', LIST_BOTH);
    const listener = await follow(CHANGES, { kinds: ['SECRET_GROUP'] }, await app.token('changing'));
    await aGroup(app, { name: 'Role One', type: 'SECRET' });
    await setGrants('changing', LIST_CONFIG);
    await aGroup(app, { name: 'Role Two', type: 'SECRET' });
    await aGroup(app, { name: 'Role Three', type: 'CONFIG' });
    await setGrants('changing', LIST_BOTH);
    await aGroup(app, { name: 'Role Four', type: 'SECRET' });
    await listener.count(3).catch(() => {});
    expect(namesOf(listener)).toEqual(['role-one', 'role-three', 'role-four']);
    expect(listener.events.map(({ changes }) => changes[0].keys === null)).toEqual([false, true, false]);
    const seqs = listener.events.map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
  });

  it('case 146: a retyped group is hidden from whoever may not list the new type', async () => {
    await aRole('Configs Only', LIST_CONFIG);
    const listener = await follow(CHANGES, { kinds: ['SECRET_GROUP'] }, await app.token('configs-only'));
    const group = await aGroup(app, { name: 'Retyped', type: 'CONFIG' });
    const update = (type: string) =>
      done(app, operation('updateSecretGroup', 'secretGroup { id }'), { id: group.id, type });
    await listener.count(1);
    await update('SECRET');
    await aGroup(app, { name: 'Marker', type: 'CONFIG' });
    await listener.count(2);
    expect(namesOf(listener)).toEqual(['retyped', 'marker']);
  });

  it('case 146: nothing of a deleted project, but that it is', async () => {
    const id = await aProject(app, 'Short Lived');
    const listener = await follow(CHANGES, { project: 'short-lived' }, app.owner);
    await aGroup(app, { name: 'Short Group', project: 'short-lived' });
    // Whoever is looked at only after the project is gone may not listen at all.
    await listener.count(1);
    await done(app, operation('deleteProject', 'project { id }'), { id });
    await listener.count(2);
    expect(listener.events.map(({ operation: what }) => what)).toEqual(['secretGroup.create', 'project.delete']);
  });

  it('case 146: tags and restrictions take values away at once', async () => {
    const put = (tags: readonly string[]) =>
      done(app, PUT_SERVICE, { project: 'default-project', id: 'tagged', name: 'Tagged', tags });
    await done(app, operation('createTag', 'tag { name }'), { name: 'gold' });
    const restrictions = { restricted: true, workloads: [], tags: ['gold'], tagMatchCondition: 'OR' };
    await aGroup(app, { name: 'For Gold', restrictions, variables: [{ name: 'GOLD', value: '1' }] });
    await put([]);
    const workload = { project: 'default-project', kind: 'SERVICE', id: 'tagged' };
    const token = await app.token('dependent', { kind: 'DEPENDENT', workload });
    const listener = await follow(ENVIRONMENT_CHANGED, { service: 'tagged' }, token);
    await put(['gold']);
    await put([]);
    await listener.count(2);
    expect(listener.events.map(({ variables }) => variables)).toEqual([
      { added: ['GOLD'], removed: [], changed: [] },
      { added: [], removed: ['GOLD'], changed: [] },
    ]);
  });

  it('case 148: nothing of another project or team, however they are mixed', async () => {
    const other = (await app.gateway.services.access.bootstrap('other-team')) ?? '';
    const createProject = operation('createProject', 'project { id }');
    await done(app, createProject, { name: 'Mine' }, other);
    await aRole('One Project', [{ ...LIST_BOTH[0], projects: ['mine'] }]);
    await aProject(app, 'Mine');
    const mine = await follow(CHANGES, {}, await app.token('one-project'));
    const theirs = await follow(CHANGES, {}, other);
    const create = operation('createSecretGroup', 'secretGroup { id }');
    const input = { secretType: 'ENVIRONMENT', priority: 1 };
    const groups: { readonly id: string; readonly token: string }[] = [];
    for (const [project, token] of [
      ['mine', app.owner],
      ['default-project', app.owner],
      ['mine', other],
    ] as const) {
      const { secretGroup } = await done(app, create, { ...input, project, name: 'Mixed' }, token);
      groups.push({ id: secretGroup.id, token });
    }
    const seqs: number[][] = [[], [], []];
    const set = operation('setSecretGroupVariable', 'secretGroup { id }');
    await Promise.all(
      Array.from({ length: 120 }, async (_, i) => {
        const which = Math.floor(Math.random() * 3);
        const { id, token } = groups[which] ?? { id: '', token: '' };
        const { commit } = await done(app, set, { id, name: 'N', value: String(i) }, token);
        seqs[which]?.push(commit.seq);
      }),
    );
    await Promise.all([mine.count(1 + (seqs[0]?.length ?? 0)), theirs.count(1 + (seqs[2]?.length ?? 0))]);
    const told = ({ events }: Listener) => events.slice(1).map(({ seq }) => seq);
    expect(told(mine)).toEqual(seqs[0]?.sort((a, b) => a - b));
    expect(told(theirs)).toEqual(seqs[2]?.sort((a, b) => a - b));
    expect(new Set(mine.events.map(({ changes }) => changes[0].project))).toEqual(new Set(['mine']));
  });
});
