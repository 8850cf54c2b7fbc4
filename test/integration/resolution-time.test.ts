import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aGroup,
  aProject,
  aServiceInput,
  codeOf,
  done,
  environmentOf,
  groupOp,
  operation,
  PUT_SERVICE,
  run,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
let projects = 0;
let project = '';
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

async function aFreshProject(): Promise<void> {
  projects += 1;
  project = `project-${projects}`;
  await aProject(app, project);
}
const group = (name: string, over: object = {}) => aGroup(app, { project, name, ...over });
const get = (over: object = {}) => environmentOf(app, 'example-service', { project, ...over });
const put = (over: object = {}) => done(app, PUT_SERVICE, aServiceInput({ project, ...over }));
const A = (value: string) => ({ variables: [{ name: 'A', value }] });
const joined = (environment: { readonly variables: readonly { readonly value: string }[] }) =>
  environment.variables.map(({ value }) => value).join();

describe('time travel', () => {
  it('gives what the workload got at an earlier commit', async () => {
    await aFreshProject();
    const before = (await put()).commit.seq;
    const { id } = await group('one', A('1'));
    const first = await get();
    await done(app, groupOp('updateSecretGroup'), { id, ...A('2') });
    const second = await get();
    await put({ variables: [{ name: 'A', value: 'own' }] });
    const third = await get();
    await done(app, groupOp('deleteSecretGroup'), { id });
    await put();
    const fourth = await get();
    expect([first, second, third, fourth].map(joined)).toEqual(['1', '2', 'own', '']);
    for (const environment of [first, second, third, fourth]) {
      const again = await get({ at: environment.seq });
      expect({ ...again, variables: again.variables.map(({ value }: { value: string }) => value) }).toEqual({
        ...environment,
        variables: environment.variables.map(({ value }: { value: string }) => value),
      });
    }
    expect(joined(await get({ at: before }))).toBe('');
    // A commit that touched something else in between gives the state that it left alone.
    await done(app, operation('createTag', ''), { name: 'unrelated' });
    expect((await get()).digest).toBe(fourth.digest);
  });

  it('refuses what is not yet, and what is before the workload', async () => {
    await aFreshProject();
    const { seq } = (await put()).commit;
    await expect(get({ at: seq + 1 })).rejects.toThrow(`INVALID_INPUT at: must be between 1 and ${seq}`);
    await expect(get({ at: 0 })).rejects.toThrow('INVALID_INPUT');
    await expect(get({ at: -1 })).rejects.toThrow('INVALID_INPUT');
    await expect(get({ at: 1.5 })).rejects.toThrow('BAD_REQUEST');
    await expect(get({ at: Number.MAX_SAFE_INTEGER })).rejects.toThrow('INVALID_INPUT');
    await expect(get({ at: seq - 1 })).rejects.toThrow('NOT_FOUND');
    await done(app, operation('deleteService', ''), { project, id: 'example-service' });
    await put();
    await expect(get({ at: seq + 1 })).rejects.toThrow('NOT_FOUND');
    expect((await get({ at: seq })).seq).toBe(seq);
  });
});

describe('the digest', () => {
  it('is the same exactly as long as the outcome is', async () => {
    await aFreshProject();
    await put();
    const { id } = await group('one', A('1'));
    const digest = async () => (await get()).digest;
    const first = await digest();
    await done(app, groupOp('updateSecretGroup'), { id, description: 'words', tags: ['t'], priority: 11 });
    expect(await digest()).toBe(first);
    await done(app, groupOp('updateSecretGroup'), { id, ...A('2') });
    const second = await digest();
    expect(second).not.toBe(first);
    await done(app, groupOp('updateSecretGroup'), { id, ...A('1') });
    expect(await digest()).toBe(first);
    expect((await get({ scope: 'BUILD' })).digest).not.toBe(first);
    await put({ id: 'another' });
    expect((await environmentOf(app, 'another', { project })).digest).not.toBe(first);
  });
});

const EXPLAIN = `query ($project: Slug!, $name: String!, $scope: Scope!) { project(slug: $project) { service(id: "example-service") { environment(scope: $scope) { explain(name: $name) {
  outcome type complete error { code path } winner { ...L } shadowed { ...L } lacking { slug }
  excluded { group { slug } rule wantedTags workloadTags } references { from reference target status reason type } warnings { code } } } } } }
  fragment L on ExplainedLayer { rule priority type references unavailable source { __typename ... on SecretGroupSource { group { slug } } ... on AddonSource { addon keyName } } }`;
async function explain(name: string, token = app.owner, scope = 'RUNTIME') {
  const { data, errors } = await app.gql(EXPLAIN, { project, name, scope }, token);
  if (errors) throw new Error(JSON.stringify(errors));
  return data.project.service.environment.explain;
}

describe('explanations', () => {
  beforeAll(async () => {
    await aFreshProject();
    await group('a first', { priority: 5, ...A('first ${B}') });
    await group('b second', {
      priority: 5,
      type: 'CONFIG',
      variables: [
        { name: 'A', value: 'second' },
        { name: 'B', value: '${GONE}' },
      ],
    });
    await group('c low', { priority: 1, ...A('low') });
    await group('d build', { secretType: 'ARGUMENTS', ...A('build') });
    await group('e tags', { restrictions: { restricted: true, tags: ['x', 'y'], tagMatchCondition: 'AND' } });
    await group('f nobody', { restrictions: { restricted: true } });
    await group('g other', {
      type: 'CONFIG',
      restrictions: { restricted: true, workloads: [{ id: 'other', kind: 'SERVICE' }] },
    });
    await group('h any', { restrictions: { restricted: true, tags: ['z'] } });
    await put({
      tags: ['x'],
      variables: [
        { name: 'D', value: 'd' },
        { name: 'LOOP', value: '${LOOP}' },
      ],
    });
    await group('i linked', {
      ...{ variables: [{ name: 'D', value: '' }] },
      addonLinks: [{ addon: 'db', keys: [{ keyName: 'uri' }] }],
    });
  });

  const EXCLUDED = [
    { group: { slug: 'd-build' }, rule: 'SCOPE', wantedTags: [], workloadTags: [] },
    { group: { slug: 'e-tags' }, rule: 'TAGS_ALL', wantedTags: ['x', 'y'], workloadTags: ['x'] },
    { group: { slug: 'f-nobody' }, rule: 'RESTRICTED_NOBODY', wantedTags: [], workloadTags: [] },
    { group: { slug: 'g-other' }, rule: 'NOT_LISTED', wantedTags: [], workloadTags: [] },
    { group: { slug: 'h-any' }, rule: 'TAGS_ANY', wantedTags: ['z'], workloadTags: ['x'] },
  ];
  const source = (slug: string) => ({ __typename: 'SecretGroupSource', group: { slug } });

  it('of a key that is there', async () => {
    expect(await explain('A')).toEqual({
      outcome: 'PRESENT',
      type: 'SECRET',
      complete: true,
      error: null,
      winner: {
        rule: 'TIE_BY_ID',
        priority: 5,
        type: 'SECRET',
        references: 1,
        unavailable: null,
        source: source('a-first'),
      },
      shadowed: [
        {
          rule: 'TIE_BY_ID',
          priority: 5,
          type: 'CONFIG',
          references: 0,
          unavailable: null,
          source: source('b-second'),
        },
        {
          rule: 'LOWER_PRIORITY',
          priority: 1,
          type: 'SECRET',
          references: 0,
          unavailable: null,
          source: source('c-low'),
        },
      ],
      lacking: [{ slug: 'i-linked' }],
      excluded: EXCLUDED,
      references: [
        { from: 'A', reference: '${B}', target: 'B', status: 'RESOLVED', reason: null, type: 'CONFIG' },
        {
          from: 'B',
          reference: '${GONE}',
          target: 'GONE',
          status: 'UNRESOLVED',
          reason: 'UNKNOWN_VARIABLE',
          type: null,
        },
      ],
      warnings: [{ code: 'TIE' }],
    });
  });

  it('of a key that is not there', async () => {
    expect(await explain('NONE')).toMatchObject({
      outcome: 'ABSENT',
      type: null,
      winner: null,
      shadowed: [],
      excluded: EXCLUDED,
      references: [],
    });
  });

  it('of keys in error, overridden, and without a value', async () => {
    expect(await explain('LOOP')).toMatchObject({
      outcome: 'ERROR',
      error: { code: 'CYCLE', path: ['LOOP', 'LOOP'] },
      winner: { rule: 'DIRECT', priority: null, source: { __typename: 'DirectSource' } },
    });
    expect(await explain('D')).toMatchObject({
      outcome: 'PRESENT',
      winner: { rule: 'DIRECT' },
      shadowed: [{ rule: 'OVERRIDDEN_BY_DIRECT', source: source('i-linked') }],
    });
    expect(await explain('DB_URI')).toMatchObject({
      outcome: 'ABSENT',
      winner: { unavailable: 'ADDON_NOT_FOUND', source: { __typename: 'AddonSource', addon: 'db', keyName: 'uri' } },
    });
    expect(
      (await explain('A', app.owner, 'BUILD')).excluded.map(({ group: { slug } }: { group: { slug: string } }) => slug),
    ).not.toContain('d-build');
  });

  it('leave out the groups that the viewer may not list', async () => {
    await done(app, operation('createRole', ''), {
      name: 'Config Explainer',
      grants: [
        { resources: ['PROJECT'], verbs: ['LIST'] },
        { resources: ['WORKLOAD', 'SECRET_GROUP'], verbs: ['LIST', 'LIST_KEYS', 'RESOLVE', 'READ'], types: ['CONFIG'] },
      ],
    });
    const token = await app.token('config-explainer');
    const shown = await explain('A', token);
    expect(shown).toMatchObject({
      complete: false,
      winner: { source: null },
      lacking: [],
      excluded: [{ group: { slug: 'g-other' } }],
      references: [
        // What is found in a masked text is not told.
        { from: 'B', reference: '${GONE}', target: 'GONE' },
      ],
    });
    const { warnings } = await environmentOf(app, 'example-service', { project }, token);
    expect(warnings).toMatchObject([{ code: 'TIE', names: ['A'] }]);
    expect(JSON.stringify([shown, warnings])).not.toMatch(/a-first|c-low|i-linked|e-tags/);
  });
});

describe('a required link without a value', () => {
  it('fails the whole for who would win with it, and for nobody else', async () => {
    await aFreshProject();
    await put();
    const link = { addon: 'db', required: true, keys: [{ keyName: 'uri', aliases: ['DB'] }] };
    const { id } = await group('linked', { secretType: 'ENVIRONMENT', addonLinks: [link] });
    await expect(get()).rejects.toThrow('UNRESOLVED DB comes from a required addon link: ADDON_NOT_FOUND');
    expect((await get({ scope: 'BUILD' })).variables).toEqual([]);
    await put({ variables: [{ name: 'DB', value: 'own' }] });
    expect(joined(await get())).toBe('own');
    await put();
    await done(app, groupOp('linkAddon'), { id, link: { ...link, required: false } });
    expect((await get()).unresolved).toEqual([{ name: 'DB', reference: 'addon/db/uri', reason: 'ADDON_NOT_FOUND' }]);
    expect(codeOf(await run(app, groupOp('unlinkAddon'), { id, addon: 'db' }))).toBe('OK');
    expect((await get()).unresolved).toEqual([]);
  });
});
