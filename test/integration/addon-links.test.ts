import { afterEach, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../src/store/embedded/open.ts';
import type { Store } from '../../src/store/port.ts';
import {
  aGroup,
  aGroupInput,
  aProject,
  aServiceInput,
  codeOf,
  done,
  environmentOf,
  groupOp,
  operation,
  PUT_SERVICE,
  refusals,
  run,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { borrowed, freshApp } from '../support/whole-state.ts';

const CREATE = operation('createAddon', 'addon { id }');
const DELETE = operation('deleteAddon', 'addon { id }');
const UPDATE = operation('updateAddon', 'addon { id }');
const LINK = groupOp('linkAddon', 'id');
const link = (keyName = 'PASSWORD') => ({ addon: 'cache', keys: [{ keyName }] });

let apps: TestApp[] = [];
afterEach(async () => {
  for (const app of apps) await app.close();
  apps = [];
});

/** A gateway, and another process on the same store: `meanwhile` runs there just before the next commit of this operation. */
async function world() {
  let inner: Store | undefined;
  let waiting: { readonly operation: string; readonly work: () => Promise<unknown> } | null = null;
  const app = await startApp({
    open: ({ mac }) => {
      const store = openMemoryStore({ mac });
      inner = store;
      return {
        ...store,
        async commit(commit) {
          const mine = waiting;
          if (mine?.operation === commit.operation) {
            waiting = null;
            await mine.work();
          }
          return store.commit(commit);
        },
      };
    },
  });
  if (!inner) throw new Error('no store');
  const other = { ...(await freshApp(borrowed(inner), app.owner, {})), owner: app.owner };
  apps.push(other, app);
  await aProject(app);
  await done(app, PUT_SERVICE, aServiceInput());
  const params = { host: 'cache.example.com', password: 'p' };
  const { addon } = await done(app, CREATE, { project: 'default-project', name: 'Cache', provider: 'redis', params });
  const group = await aGroup(app, { name: 'Linking' });
  return {
    app,
    other,
    addon: addon.id as string,
    group: group.id as string,
    meanwhile: (name: string, work: () => Promise<unknown>) => {
      waiting = { operation: name, work };
    },
  };
}

describe('case 57: links that come with a group', () => {
  it('ask for keys that the addon`s provider has, however they come', async () => {
    const { app, group } = await world();
    const bad = { addonLinks: [link(), { ...link('NOT_THERE'), kind: 'EXTERNAL_ADDON' }] };
    const worse = { addonLinks: [link('NOT_THERE')] };
    const expected = ['addonLinks.0.keys.0.keyName enum'];
    expect(await refusals(app, groupOp('createSecretGroup'), aGroupInput({ name: 'new', ...worse }))).toEqual(expected);
    expect(await refusals(app, groupOp('putSecretGroup'), aGroupInput({ name: 'new', ...worse }))).toEqual(expected);
    expect(await refusals(app, groupOp('updateSecretGroup'), { id: group, ...worse })).toEqual(expected);
    // An external addon of that name is not there yet.
    expect(codeOf(await run(app, groupOp('updateSecretGroup'), { id: group, ...bad }))).toBe('OK');
  });

  it('tell nothing of an addon that the caller may not see', async () => {
    const { app, group } = await world();
    const grants = [
      { resources: ['PROJECT'], verbs: ['LIST'] },
      { resources: ['SECRET_GROUP'], verbs: ['LIST', 'LIST_KEYS', 'WRITE', 'LINK'], types: ['SECRET', 'CONFIG'] },
    ];
    await done(app, operation('createRole', 'role { slug }'), { name: 'Linker', grants });
    const token = await app.token('linker');
    const absent = { ...link('NOT_THERE'), addon: 'absent' };
    expect(codeOf(await run(app, LINK, { id: group, link: link('NOT_THERE') }, token))).toBe('OK');
    expect(codeOf(await run(app, LINK, { id: group, link: absent }, token))).toBe('OK');
    // The right on addons that is called `link` changes nothing: linking is a change of the group.
    const more = { ...grants[1], verbs: ['LIST', 'WRITE'] };
    const addons = { resources: ['ADDON'], verbs: ['LINK', 'LIST'], types: ['SECRET', 'CONFIG'] };
    await done(app, operation('createRole', 'role { slug }'), { name: 'No linker', grants: [grants[0], more, addons] });
    expect(codeOf(await run(app, LINK, { id: group, link: link('HOST') }, await app.token('no-linker')))).toBe(
      'FORBIDDEN',
    );
  });
});

describe('a link that is made while its addon is deleted elsewhere', () => {
  it('keeps the addon, when it was made first in a group that is there', async () => {
    const { app, other, addon, group, meanwhile } = await world();
    meanwhile('addon.delete', () => done(other, LINK, { id: group, link: link() }));
    expect(await run(app, DELETE, { id: addon })).toMatchObject({
      code: 'CONFLICT',
      message: 'Secret groups link it: linking',
    });
    expect((await app.gql(`{ node(id: "${addon}") { id } }`)).data.node).toEqual({ id: addon });
  });

  it('is taken away with it, when the deletion is forced', async () => {
    const { app, other, addon, group, meanwhile } = await world();
    meanwhile('addon.delete', () => done(other, LINK, { id: group, link: link() }));
    await done(app, DELETE, { id: addon, force: true });
    const { data } = await app.gql(`{ node(id: "${group}") { ... on SecretGroup { addonLinks { addon } } } }`);
    expect(data.node.addonLinks).toEqual([]);
  });

  it('is decided anew, when the deletion came first: it leads to nothing yet, and is told as such', async () => {
    const { app, other, addon, group, meanwhile } = await world();
    meanwhile('secretGroup.linkAddon', () => done(other, DELETE, { id: addon }));
    expect(codeOf(await run(app, LINK, { id: group, link: link() }))).toBe('OK');
    expect((await environmentOf(app)).unresolved).toEqual([
      { name: 'CACHE_PASSWORD', reference: 'addon/cache/PASSWORD', reason: 'ADDON_NOT_FOUND' },
    ]);
  });

  it('is decided anew, when the addon merely changed', async () => {
    const { app, other, addon, group, meanwhile } = await world();
    meanwhile('secretGroup.linkAddon', () => done(other, UPDATE, { id: addon, name: 'Renamed' }));
    expect(codeOf(await run(app, LINK, { id: group, link: link() }))).toBe('OK');
  });
});
