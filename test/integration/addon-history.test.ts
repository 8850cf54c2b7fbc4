import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Doc, Key } from '../../src/store/port.ts';
import { aGroup, done, environmentOf, operation, codeOf as resultOf, run } from '../support/makers.ts';
import type { TestApp } from '../support/start-app.ts';
import { CANARY, codeOf, type TamperedApp, tamperedApp } from '../support/tampered-app.ts';

const P = 'default-project';
const keyOf = (slug: string, project = P): Key => ['default', project, slug];
const REVISIONS = `{ project(slug: "${P}") { addon(slug: "cache") { id params
  revisions { nodes { revision deleted name description providerId params } } } } }`;
const redis = (host: string) => ({ host, password: `${CANARY} of ${host}` });
const input = (name: string, project = P) => ({
  project,
  name,
  provider: 'redis',
  params: redis(`${name}.example.com`),
});
const CREATE = operation('createAddon', 'addon { id }');
const UPDATE = operation('updateAddon', 'addon { id params }');
const DELETE = operation('deleteAddon', 'addon { id }');
const RESTORE = operation('restoreAddon', 'addon { id params revision }');

let t: TamperedApp;
let app: TestApp;
let id: string;
beforeAll(async () => {
  t = await tamperedApp();
  app = t.app;
  id = (await done(app, CREATE, input('cache'))).addon.id;
  await done(app, CREATE, input('other'));
  await done(app, CREATE, input('cache', 'other'));
  await aGroup(app, { name: 'Linking', addonLinks: [{ addon: 'cache', keys: [{ keyName: 'PASSWORD' }] }] });
});
afterAll(() => t.app.close());

describe('the history of an addon', () => {
  it('shows every revision, newest first, without secrets; a deleted one comes back as it was', async () => {
    await done(app, UPDATE, { id, name: 'Renamed', description: 'now', params: redis('moved.example.com') });
    await done(app, DELETE, { id, force: true });
    expect((await app.gql(REVISIONS)).data.project.addon).toBeNull();
    const restored = await done(app, RESTORE, { id, expectedRevision: 3 });
    expect(restored.addon).toEqual({ id, revision: 4, params: { host: 'moved.example.com', password: null } });
    const { data } = await app.gql(REVISIONS);
    const moved = { name: 'Renamed', description: 'now', providerId: 'redis' };
    const params = { host: 'moved.example.com', password: null };
    expect(data.project.addon.revisions.nodes).toEqual([
      { revision: 4, deleted: false, ...moved, params },
      { revision: 3, deleted: true, ...moved, params },
      { revision: 2, deleted: false, ...moved, params },
      {
        revision: 1,
        deleted: false,
        name: 'cache',
        description: null,
        providerId: 'redis',
        params: { host: 'cache.example.com', password: null },
      },
    ]);
    const auditor = (await app.gql(REVISIONS, {}, t.tokenOf.get('auditor'))).data.project.addon;
    expect(auditor.revisions.nodes.map((each: { params: unknown }) => each.params)).toEqual([null, null, null, null]);
  });

  it('a forced deletion leaves groups that can be changed, and whose link may be brought back', async () => {
    const group = await aGroup(app, { name: 'forced', addonLinks: [{ addon: 'cache', keys: [{ keyName: 'HOST' }] }] });
    await done(app, DELETE, { id, force: true });
    const change = (name: string) => operation(name, 'secretGroup { addonLinks { addon } variables { name } }');
    const variable = { id: group.id, name: 'A', value: 'b' };
    expect((await done(app, change('setSecretGroupVariable'), variable)).secretGroup).toEqual({
      addonLinks: [],
      variables: [{ name: 'A' }],
    });
    const back = await done(app, change('rollbackSecretGroup'), { id: group.id, revision: 1 });
    expect(back.secretGroup).toEqual({ addonLinks: [{ addon: 'cache' }], variables: [] });
    await done(app, RESTORE, { id });
  });

  it('restoring needs `write`, and room', async () => {
    await done(app, DELETE, { id, force: true });
    expect(resultOf(await run(app, RESTORE, { id }, t.tokenOf.get('reader')))).toBe('FORBIDDEN');
    expect(
      resultOf(
        await run(
          app,
          RESTORE,
          { id },
          await app.token('dependent', {
            kind: 'DEPENDENT',
            workload: { project: P, kind: 'SERVICE', id: 'example-service' },
          }),
        ),
      ),
    ).toBe('NOT_FOUND');
    await done(app, RESTORE, { id });
  });
});

describe('an addon that was tampered with', () => {
  let restore: () => Promise<void>;
  const addon = (slug: string, project = P): Doc => t.edit.read('addon', keyOf(slug, project));
  const put = (slug: string, doc: Doc | null, project = P) => t.edit.write('addon', keyOf(slug, project), doc);
  const question = (slug: string) => (it: TestApp) =>
    codeOf(it, `{ project(slug: "${P}") { addon(slug: "${slug}") { id description params } } }`, {});

  beforeAll(async () => {
    await aGroup(app, { name: 'Linking again', addonLinks: [{ addon: 'cache', keys: [{ keyName: 'PASSWORD' }] }] });
  });
  beforeEach(() => {
    restore = t.edit.remember();
    t.lines.length = 0;
  });
  afterEach(async () => {
    await restore();
    expect(t.said()).not.toContain(CANARY);
  });

  const EDITS: readonly (readonly [string, () => Promise<void>])[] = [
    ['another body', async () => put('cache', { ...addon('cache'), body: addon('other').body })],
    [
      'another body and tag',
      async () => put('cache', { ...addon('cache'), body: addon('other').body, tag: addon('other').tag }),
    ],
    ['another document', async () => put('cache', { ...addon('other'), key: addon('cache').key })],
    ['that of another project', async () => put('cache', { ...addon('cache', 'other'), key: addon('cache').key })],
    [
      'another provider',
      async () => put('cache', { ...addon('cache'), fields: { ...addon('cache').fields, provider: 'mysql' } }),
    ],
    [
      'old credentials that are none',
      async () =>
        put('cache', {
          ...addon('cache'),
          fields: { ...addon('cache').fields, retiringUntil: ['2000-01-01T00:00:00.000Z'] },
        }),
    ],
    ['its first revision', async () => put('cache', t.edit.readRevision('addon', keyOf('cache'), 1))],
    ['a deletion', async () => put('cache', { ...addon('cache'), deleted: true })],
    ['nothing', async () => put('cache', null)],
  ];
  it.each(EDITS)('case 109-112: %s in its place is refused, others are served', async (_what, edit) => {
    expect(await t.ask(question('cache'))).toEqual(['ok', 'ok']);
    await edit();
    expect(await t.ask(question('cache'))).toEqual(['INTEGRITY', 'INTEGRITY']);
    expect(await t.ask(question('other'))).toEqual(['ok', 'ok']);
    await expect(environmentOf(app)).rejects.toThrow('INTEGRITY');
    expect(t.lines).toContainEqual(expect.objectContaining({ level: 'error', message: 'integrity_failure' }));
  });
});
