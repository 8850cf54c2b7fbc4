import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sightings } from '../support/canaries.ts';
import { aGlobal, globalIdOf, globalOp } from '../support/globals.ts';
import { aGroup, aProject, aServiceInput, base64, done, groupOp, operation, PUT_SERVICE } from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
let developer: string;
beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  await aProject(app, 'Elsewhere');
  developer = await app.token('developer');
});
afterAll(() => app.close());

const canary = (what: string): string => `Canary${what}Xq7Zp2Wk`;
/** Where a secret may come from: what it is, and how a template draws it in. */
const SOURCES = [
  ['Group', '${SECRET}'],
  ['Alias', '${SECRET_OVER}'],
  ['Addon', '${CACHE_PASSWORD}'],
  ['Uri', '${CACHE_URI}'],
  ['Global', '${secrets.shared.values.deep.password}'],
  ['File', '${secrets.shared.files.ca.data}'],
  ['Direct', '${OWN}'],
] as const;
const NAMES = SOURCES.map(([what]) => what.toUpperCase());
const CANARIES = ['Group', 'Addon', 'Global', 'File', 'Direct'].map(canary);

/** A service whose configuration draws in secrets of every kind, in every place. */
async function fill(): Promise<void> {
  const both = { secretType: 'ENVIRONMENT_ARGUMENTS' };
  const params = { host: 'cache.internal', password: canary('Addon') };
  await done(app, operation('createAddon', 'addon { id }'), {
    project: 'default-project',
    name: 'Cache',
    provider: 'redis',
    params,
  });
  await aGlobal(app, {
    name: 'Shared',
    values: { deep: { password: canary('Global') } },
    files: [{ id: 'ca', path: '/ca', data: base64(canary('File')) }],
  });
  await aGroup(app, {
    ...both,
    name: 'Hidden',
    variables: [
      { name: 'SECRET', value: canary('Group') },
      { name: 'SECRET_OVER', value: 'and ${SECRET}' },
      { name: 'SHADOWED', value: canary('Group') },
    ],
  });
  const keys = [
    { keyName: 'PASSWORD', aliases: ['CACHE_PASSWORD'] },
    { keyName: 'REDIS_URI', aliases: ['CACHE_URI'] },
  ];
  const all = SOURCES.map(([, reference]) => reference).join(' ');
  const { id } = await aGroup(app, {
    ...both,
    name: 'Open',
    type: 'CONFIG',
    priority: 60,
    addonLinks: [{ addon: 'cache', keys }],
    variables: [
      ...SOURCES.map(([what, reference]) => ({ name: what.toUpperCase(), value: `is ${reference}` })),
      { name: 'ALL', value: all },
      { name: 'CHAIN', value: 'see ${ALL}' },
      { name: 'LOOP', value: `\${LOOP} ${all}` },
      { name: 'BROKEN', value: `\${NOWHERE} ${all}` },
      { name: 'SHADOWED', value: 'open' },
      { name: 'FREE', value: 'no secret' },
    ],
    files: [
      { path: '/all', data: base64(all) },
      { path: '/free', data: base64('no secret') },
    ],
    dockerSecretMounts: [{ name: 'all', data: base64('${CHAIN}') }],
  });
  await done(app, groupOp('setSecretGroupVariable'), { id, name: 'FREE', value: 'no secret still' });
  const own = [{ name: 'OWN', value: canary('Direct') }];
  await done(app, PUT_SERVICE, aServiceInput({ variables: own, buildArguments: own }));
}

const SOURCE = `source { __typename ... on SecretGroupSource { group { slug } } ... on AddonSource { keyName } }`;
const REFERENCE = 'references { from reference target status reason type }';
const LAYER = `{ ${SOURCE} priority rule references type unavailable }`;
const EXPLAIN = `explain(name: $name) { outcome complete type error { code path } winner ${LAYER} shadowed ${LAYER}
  ${REFERENCE} warnings { code names message } lacking { slug } excluded { group { slug } rule detail } }`;
const VIEWS: readonly (readonly [string, string])[] = [
  ['variables', `variables { name value masked type error { code path } }`],
  ['one variable', 'variable(name: $name) { value masked type }'],
  ['files', 'files { path data masked type error { code path } }'],
  ['mounts', 'dockerSecretMounts { name data masked type error { code path } }'],
  ['the explanation', EXPLAIN],
  ['warnings', 'warnings { code names message }'],
  ['what is unresolved', 'unresolved { name reference reason }'],
];
const GROUPS = `secretGroup(slug: "open") { variables { name value masked } files { path data masked }
    dockerSecretMounts { name data masked } diff(from: 1, to: 2) { variables { changed } }
    revisions(first: 5) { nodes { variables { name value } } } }
  hidden: secretGroup(slug: "hidden") { variables { name value masked } revisions(first: 5) { nodes { variables { value } } } }
  addon(slug: "cache") { params }`;

async function ask(selection: string, name: string, scope: string, token?: string) {
  const query = `query ($name: String!, $scope: Scope!) { project(slug: "default-project") {
    service(id: "example-service") { environment(scope: $scope) { ${selection} explain(name: $name) { name } } } } }`;
  const wanted = selection.includes('explain(') ? query.replace(' explain(name: $name) { name }', '') : query;
  return app.gql(wanted, { name, scope }, token);
}

describe('case 97: configuration that draws in secrets', () => {
  beforeAll(fill);

  const questions = VIEWS.flatMap(([what, selection]) =>
    (['RUNTIME', 'BUILD'] as const).map((scope) => [what, scope, selection] as const),
  );

  it.each(questions)('shows no value of them in %s, %s', async (_what, scope, selection) => {
    for (const name of [...NAMES, 'ALL', 'CHAIN', 'LOOP', 'BROKEN', 'SHADOWED', '/all', 'all']) {
      const answer = await ask(selection, name, scope, developer);
      expect(answer.errors).toBeUndefined();
      expect(sightings(CANARIES, new Map([['answer', JSON.stringify(answer)]]))).toEqual([]);
    }
  });

  it('is masked, and the rest is not', async () => {
    const selection = 'variables { name masked type error { code } } files { path masked type }';
    const { data } = await ask(selection, 'FREE', 'RUNTIME', developer);
    const { variables, files } = data.project.service.environment;
    const open = variables.filter(({ masked }: { masked: boolean }) => !masked);
    expect(open.map(({ name }: { name: string }) => name)).toEqual(['FREE', 'SHADOWED']);
    const drawing = variables.filter(({ name }: { name: string }) =>
      [...NAMES, 'ALL', 'CHAIN', 'BROKEN'].includes(name),
    );
    expect(drawing).toHaveLength(NAMES.length + 3);
    for (const each of drawing) expect(each).toMatchObject({ masked: true, type: 'SECRET', error: null });
    expect(files).toEqual([
      { path: '/all', masked: true, type: 'SECRET' },
      { path: '/free', masked: false, type: 'CONFIG' },
    ]);
  });

  it('shows its own text and nothing more where it was written', async () => {
    const answer = await app.gql(`{ project(slug: "default-project") { ${GROUPS} } }`, {}, developer);
    expect(answer.errors).toBeUndefined();
    expect(answer.data.project.secretGroup.variables).toContainEqual({
      name: 'GROUP',
      value: 'is ${SECRET}',
      masked: false,
    });
    expect(sightings(CANARIES, new Map([['answer', JSON.stringify(answer)]]))).toEqual([]);
  });

  it('is shown whole to those who may: the values are there', async () => {
    const everything = 'variables { value } files { data } dockerSecretMounts { data }';
    for (const [scope, what] of [
      ['RUNTIME', 'files'],
      ['BUILD', 'dockerSecretMounts'],
    ] as const) {
      const { data } = await ask(everything, 'ALL', scope);
      const { variables, [what]: contents } = data.project.service.environment;
      expect(sightings(CANARIES, new Map([['values', JSON.stringify(variables)]]))).toHaveLength(CANARIES.length);
      expect(sightings(CANARIES, new Map([['contents', JSON.stringify(contents)]]))).toHaveLength(CANARIES.length);
    }
  });
});

/** What leads nowhere, and why; each is to look like a name that was never given. */
const NOWHERE = '${NOT_ANYWHERE}';
const NO_GLOBAL = '${secrets.not-anywhere.values.a}';
const REFERENCES: readonly (readonly [string, string, string])[] = [
  ['a group restricted to others', '${OF_OTHERS}', NOWHERE],
  ['a group restricted to nobody', '${OF_NOBODY}', NOWHERE],
  ['a group restricted to other tags', '${OF_TAGS}', NOWHERE],
  ['a group of another scope', '${OF_BUILD}', NOWHERE],
  ['a deleted group', '${OF_DELETED}', NOWHERE],
  ['another project', '${OF_ELSEWHERE}', NOWHERE],
  ['the own values of another service', '${OF_ANOTHER}', NOWHERE],
  ['a deleted global secret', '${secrets.removed.values.a}', NO_GLOBAL],
  ['a global secret of another team', '${secrets.foreign.values.a}', NO_GLOBAL],
  ['a group by its slug', '${secrets.of-others.values.OF_OTHERS}', '${secrets.not-anywhere.values.OF_OTHERS}'],
];

describe('case 98: a reference that leads nowhere', () => {
  const VALUE = canary('Restricted');
  beforeAll(async () => {
    const holding = (name: string) => ({ variables: [{ name, value: VALUE }] });
    const only = (over: object) => ({ restrictions: { restricted: true, ...over } });
    const place = { secretType: 'ENVIRONMENT' };
    await aGroup(app, {
      ...place,
      name: 'of others',
      ...holding('OF_OTHERS'),
      ...only({ workloads: [{ id: 'other', kind: 'SERVICE' }] }),
    });
    await aGroup(app, { ...place, name: 'of nobody', ...holding('OF_NOBODY'), ...only({}) });
    await aGroup(app, {
      ...place,
      name: 'of tags',
      ...holding('OF_TAGS'),
      ...only({ tags: ['a', 'b'], tagMatchCondition: 'AND' }),
    });
    await aGroup(app, { name: 'of build', ...holding('OF_BUILD'), secretType: 'ARGUMENTS' });
    const deleted = await aGroup(app, { ...place, name: 'of deleted', ...holding('OF_DELETED') });
    await done(app, groupOp('deleteSecretGroup'), { id: deleted.id });
    await aGroup(app, { ...place, project: 'elsewhere', name: 'of elsewhere', ...holding('OF_ELSEWHERE') });
    await done(app, PUT_SERVICE, aServiceInput({ id: 'another', ...holding('OF_ANOTHER') }));
    await aGlobal(app, { name: 'Removed', values: { a: VALUE } });
    await done(app, globalOp('deleteGlobalSecret'), { id: globalIdOf('removed'), force: true });
    const stranger = (await app.gateway.services.access.bootstrap('other-team')) ?? '';
    await done(
      app,
      globalOp('createGlobalSecret'),
      { name: 'Foreign', type: 'CONFIG', values: { a: VALUE } },
      stranger,
    );
  });

  let count = 0;
  /** All that is told of a service of which everything is this reference. */
  async function toldOf(reference: string, token: string): Promise<string> {
    count += 1;
    const id = `asking-${count}`;
    const only = { restricted: true, workloads: [{ id, kind: 'SERVICE' }] };
    await aGroup(app, {
      name: `For ${count}`,
      type: 'CONFIG',
      secretType: 'ENVIRONMENT',
      priority: 70,
      restrictions: only,
      variables: [
        { name: 'A', value: `x ${reference}` },
        { name: 'B', value: '${A}' },
      ],
      files: [{ path: '/a', data: base64(reference) }],
    });
    await done(
      app,
      PUT_SERVICE,
      aServiceInput({ id, name: 'Asking', tags: ['a'], files: [{ path: '/own', data: base64(reference) }] }),
    );
    const query = `query ($id: ID!, $name: String!) { project(slug: "default-project") { service(id: $id) { environment {
      a: variable(name: "A") { value masked type error { code } } b: variable(name: "B") { value masked type error { code } }
      files { path data masked type error { code } } unresolved { name reference reason } warnings { code names message }
      explain(name: $name) { outcome type error { code } ${REFERENCE} warnings { code } lacking { slug } } } } } }`;
    const told = [];
    for (const name of ['A', 'B']) told.push(await app.gql(query, { id, name }, token));
    const text = JSON.stringify(told);
    expect(sightings([VALUE], new Map([['answer', text]]))).toEqual([]);
    return text
      .replaceAll(reference, 'REFERENCE')
      .replaceAll(base64(reference), 'FILE')
      .replaceAll(reference.slice(2, -1), 'NAME');
  }

  it.each(REFERENCES)('to %s is told of like one to what never was', async (_what, reference, missing) => {
    for (const token of [app.owner, developer]) {
      const expected = await toldOf(missing, token);
      expect(expected).toContain('REFERENCE');
      expect(await toldOf(reference, token)).toBe(expected);
    }
  });
});
