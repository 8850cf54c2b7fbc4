import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aGroup,
  aGroupInput,
  aProject,
  aServiceInput,
  base64,
  done,
  environmentOf,
  groupOp,
  operation,
  PUT_SERVICE,
  refusals,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

/** Case 266: names that exclude each other are refused where a write brings them, and warned of where groups meet. */
let app: TestApp;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
});
afterAll(() => app.close());

const file = (path: string) => ({ path, data: base64('x'), encoding: 'UTF_8' });
const files = (...paths: readonly string[]) => ({ files: paths.map(file) });
const link = (addon: string, keys: Readonly<Record<string, readonly string[]>>) => ({
  addon,
  keys: Object.entries(keys).map(([keyName, aliases]) => ({ keyName, aliases })),
});
const CLASH = ['/etc/app', '/etc/app/config.json'] as const;

describe('case 266: a file in a folder that is a file', () => {
  it.each<[string, string, object, string[]]>([
    ['on create', 'createSecretGroup', aGroupInput({ name: 'Clash', ...files(...CLASH) }), ['files.1.path folder']],
    [
      'in another order',
      'createSecretGroup',
      aGroupInput({ name: 'Clash', ...files(...CLASH.toReversed()) }),
      ['files.0.path folder'],
    ],
    [
      'far below',
      'putSecretGroup',
      aGroupInput({ name: 'Clash', ...files('/a', '/b/c', '/a/b/c/d') }),
      ['files.2.path folder'],
    ],
  ])('is refused %s', async (_what, name, input, expected) => {
    expect(await refusals(app, groupOp(name), input)).toEqual(expected);
  });

  it('is refused by every change that brings it', async () => {
    const { id } = await aGroup(app, { name: 'Grows', ...files('/etc/app/config.json') });
    expect(await refusals(app, groupOp('setSecretGroupFile'), { id, file: file('/etc/app') })).toEqual([
      'file.path folder',
    ]);
    expect(await refusals(app, groupOp('updateSecretGroup'), { id, ...files(...CLASH) })).toEqual([
      'files.1.path folder',
    ]);
    await done(app, groupOp('setSecretGroupFile'), { id, file: file('/etc/app.json') });
    await done(app, groupOp('setSecretGroupFile'), { id, file: file('/ETC/app') });
  });

  it('is refused for a workload, by part', async () => {
    const input = aServiceInput({ id: 'clash', ...files(...CLASH), buildFiles: files('/a/b', '/a').files });
    expect(await refusals(app, PUT_SERVICE, input)).toEqual(['buildFiles.0.path folder', 'files.1.path folder']);
    await done(app, PUT_SERVICE, aServiceInput({ id: 'apart', ...files('/a'), buildFiles: files('/a/b').files }));
  });
});

describe('case 266: two keys of one addon under one name', () => {
  const pair = link('db', { USERNAME: ['NAME'], PASSWORD: ['OTHER', 'NAME'] });

  it('are refused wherever they come', async () => {
    expect(
      await refusals(app, groupOp('createSecretGroup'), aGroupInput({ name: 'Linked', addonLinks: [pair] })),
    ).toEqual(['addonLinks.0.keys.1.aliases.1 distinct']);
    const { id } = await aGroup(app, { name: 'Linked' });
    expect(await refusals(app, groupOp('linkAddon'), { id, link: pair })).toEqual(['link.keys.1.aliases.1 distinct']);
    const byDefault = link('db', { USERNAME: ['DB_PASSWORD'], PASSWORD: [] });
    expect(await refusals(app, groupOp('linkAddon'), { id, link: byDefault })).toEqual([
      'link.keys.1.keyName distinct',
    ]);
  });

  it('of different addons are warned of, and managed ones win', async () => {
    const external = { ...link('db', { USERNAME: ['NAME'] }), kind: 'EXTERNAL_ADDON' };
    await aGroup(app, { name: 'Both', addonLinks: [external, link('zz', { PASSWORD: ['NAME'] })] });
    await done(app, PUT_SERVICE, aServiceInput({ id: 'both' }));
    const { warnings, unresolved } = await environmentOf(app, 'both');
    expect(unresolved.find(({ name }: { name: string }) => name === 'NAME').reference).toBe('addon/zz/PASSWORD');
    expect(warnings.map(({ code, names }: { code: string; names: string[] }) => [code, ...names])).toContainEqual([
      'LINKED_TWICE',
      'NAME',
    ]);
  });
});

it('case 266: across groups it is a warning', async () => {
  await done(app, operation('createProject', ''), { name: 'Across' });
  await aGroup(app, { project: 'across', name: 'One', ...files('/etc/app') });
  await aGroup(app, { project: 'across', name: 'Two', ...files('/etc/app/x', '/ETC/app') });
  await done(app, PUT_SERVICE, aServiceInput({ project: 'across', id: 'web' }));
  const { warnings } = await environmentOf(app, 'web', { project: 'across' });
  expect(warnings.map(({ code, names }: { code: string; names: string[] }) => [code, ...names])).toEqual([
    ['CASE_TWINS', '/ETC/app', '/etc/app'],
    ['FILE_AND_FOLDER', '/ETC/app', '/etc/app/x'],
  ]);
});
