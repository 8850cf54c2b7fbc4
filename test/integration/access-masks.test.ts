import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aGroup,
  aProject,
  aServiceInput,
  base64,
  CANARY,
  codeOf,
  done,
  groupOp,
  operation,
  PUT_JOB,
  PUT_SERVICE,
  run,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
let developer: string;
let namer: string;
let id: string;
const SECRET = { name: 'S', value: `${CANARY} \${NO${CANARY}} \${C}` };
const upload = { data: base64(`${CANARY} \${NO${CANARY}}`) };

beforeAll(async () => {
  app = await startApp();
  await aProject(app);
  id = (
    await aGroup(app, {
      name: 'the secret',
      variables: [SECRET, { name: 'LOOP', value: `${CANARY}\${LOOP}` }],
      files: [
        { path: '/s', ...upload },
        { path: '/one', data: base64('1') },
      ],
      dockerSecretMounts: [{ name: 'm', ...upload, encoding: 'BINARY' }],
    })
  ).id;
  await done(app, groupOp('setSecretGroupVariable'), { id, name: 'T', value: CANARY });
  await aGroup(app, {
    name: 'the config',
    type: 'CONFIG',
    priority: 50,
    variables: [
      { name: 'C', value: 'c' },
      { name: 'DRAWN', value: 'from ${S} and ${T}' },
      { name: 'T', value: 'over it' },
    ],
    files: [{ path: '/drawn', data: base64('from ${S}') }],
  });
  const own = [{ name: 'OWN', value: CANARY }];
  const files = [{ path: '/own', ...upload }];
  await done(app, PUT_SERVICE, aServiceInput({ variables: own, buildArguments: own, files, buildFiles: files }));
  await done(app, operation('createRole', ''), {
    name: 'Workload Lister',
    grants: [{ resources: ['PROJECT', 'WORKLOAD', 'SECRET_GROUP'], verbs: ['LIST'] }],
  });
  developer = await app.token('developer');
  namer = await app.token('workload-lister');
});
afterAll(() => app.close());

const VIEWS = new Map([
  [
    'a group',
    'secretGroup(slug: "the-secret") { variables { name value masked } variable(name: "S") { value masked } files { data masked } dockerSecretMounts { data masked } }',
  ],
  ['an alias and a fragment', 'a: secretGroup(slug: "the-secret") { ...F } '],
  [
    'revisions and differences',
    'secretGroup(slug: "the-secret") { revisions { nodes { variables { name value masked } } } diff(from: 1, to: 2) { variables { added changed removed } } }',
  ],
  ['the list', 'secretGroups { nodes { slug variables { value masked } files { data } } }'],
  [
    'a workload',
    'service(id: "example-service") { variables { value masked } buildArguments { value masked } files { data masked } buildFiles { data masked } }',
  ],
  [
    'what a workload gets',
    'service(id: "example-service") { environment { variables { name value masked type } files { path data masked } warnings { message } unresolved { name reference reason } } }',
  ],
  [
    'what it gets at build time',
    'service(id: "example-service") { environment(scope: BUILD) { variables { name value masked type } files { path data masked } dockerSecretMounts { name data masked } unresolved { name reference reason } } }',
  ],
  [
    'explanations',
    ['S', 'LOOP', 'DRAWN', 'OWN', 'NONE']
      .map(
        (name) =>
          `x${name}: service(id: "example-service") { environment { explain(name: "${name}") { outcome error { code path } winner { rule } shadowed { rule } references { from reference target status reason } warnings { message } } } }`,
      )
      .join(' '),
  ],
  [
    'an explained file',
    'service(id: "example-service") { environment { explain(kind: FILE, name: "/s") { outcome references { from reference target status reason } } } }',
  ],
  [
    'dependents',
    'secretGroup(slug: "the-secret") { dependents { nodes { variables { value } environment { variables { value } } } } }',
  ],
]);
const FRAGMENT =
  'fragment F on Node { ... on SecretGroup { variables @include(if: true) { v: value ...V } } } fragment V on Variable { value }';
const queryOf = (view: string): string =>
  `query ($id: ID!) { node(id: $id) { id } project(slug: "default-project") { ${VIEWS.get(view)} } } ${view.includes('fragment') ? FRAGMENT : ''}`;

describe('case 22: whoever may see keys only', () => {
  it.each([...VIEWS.keys()])('finds no value in %s', async (view) => {
    const full = JSON.stringify(await app.gql(queryOf(view), { id }));
    const shown = await app.gql(queryOf(view), { id }, developer);
    expect(shown.errors).toBeUndefined();
    const text = JSON.stringify(shown);
    // What the owner sees proves that there was something to be found.
    if (!view.includes('explained') && !view.includes('revisions'))
      expect(full).toMatch(new RegExp(`${CANARY}|${base64(CANARY).slice(0, 12)}`));
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain(base64(CANARY).slice(0, 12));
  });

  it('gets names, null and masked; configuration that draws in nothing secret stays readable', async () => {
    const { data } = await app.gql(queryOf('what a workload gets'), { id }, developer);
    const { variables, files, unresolved } = data.project.service.environment;
    expect(variables).toEqual([
      { name: 'C', value: 'c', masked: false, type: 'CONFIG' },
      { name: 'DRAWN', value: null, masked: true, type: 'SECRET' },
      { name: 'LOOP', value: null, masked: true, type: 'SECRET' },
      { name: 'OWN', value: null, masked: true, type: 'SECRET' },
      { name: 'S', value: null, masked: true, type: 'SECRET' },
      { name: 'T', value: 'over it', masked: false, type: 'CONFIG' },
    ]);
    expect(files).toEqual(['/drawn', '/one', '/own', '/s'].map((path) => ({ path, data: null, masked: true })));
    // What stands in a masked text is not told at all.
    expect(unresolved).toEqual([]);
  });

  it('case 97: a config template that draws in a secret is masked in explanations, too', async () => {
    const query =
      'query { project(slug: "default-project") { service(id: "example-service") { environment { explain(name: "DRAWN") { type references { reference target type } } } } } }';
    const { data } = await app.gql(query, {}, developer);
    expect(data.project.service.environment.explain).toEqual({ type: 'SECRET', references: [] });
  });

  it('case 101: configuration that hides a secret is flagged', async () => {
    const query =
      '{ project(slug: "default-project") { service(id: "example-service") { environment { warnings { code names } } } } }';
    const { data } = await app.gql(query, {}, developer);
    expect(data.project.service.environment.warnings).toContainEqual({ code: 'SHADOWED_SECRET', names: ['T'] });
  });

  it('is told the same of one byte as of many', async () => {
    const { data } = await app.gql(
      '{ project(slug: "default-project") { secretGroup(slug: "the-secret") { files { data masked } } } }',
      {},
      developer,
    );
    const { files } = data.project.secretGroup;
    expect(files).toEqual([
      { data: null, masked: true },
      { data: null, masked: true },
    ]);
  });
});

describe('whoever may only list', () => {
  it.each(
    ['variables', 'buildArguments', 'files', 'buildFiles']
      .map((part) => [`service(id: "example-service") { ${part} { masked } }`])
      .concat(
        ['variables', 'files', 'dockerSecretMounts'].map((part) => [
          `secretGroup(slug: "the-secret") { ${part} { masked } }`,
        ]),
        [
          ['secretGroup(slug: "the-secret") { addonLinks { addon } }'],
          ['secretGroup(slug: "the-secret") { diff(from: 1, to: 2) { fields } }'],
          ['service(id: "example-service") { environment { digest } }'],
        ],
      ),
  )('gets no keys: %s', async (selection) => {
    const { errors } = await app.gql(`{ project(slug: "default-project") { ${selection} } }`, {}, namer);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
  });
});

describe('case 24: a dependent', () => {
  it('resolves itself and nobody else, whatever its role', async () => {
    await done(app, PUT_SERVICE, aServiceInput({ id: 'another' }));
    await done(app, PUT_JOB, aServiceInput({ id: 'example-service' }));
    await aProject(app, 'Elsewhere');
    const workload = { project: 'default-project', kind: 'SERVICE', id: 'example-service' };
    for (const role of ['dependent', 'owner']) {
      const token = await app.token(role, { kind: 'DEPENDENT', workload });
      const { data } = await app.gql(
        `{ projects(first: 5) { nodes { slug services(first: 5) { nodes { id } } jobs(first: 5) { nodes { id } } secretGroups(first: 5) { nodes { slug } } } } tags { name } tokens { name }
          project(slug: "default-project") { own: service(id: "example-service") { environment { variable(name: "T") { value } explain(name: "T") { complete winner { source { __typename } } } } }
            another: service(id: "another") { id } job(id: "example-service") { id } secretGroup(slug: "the-secret") { slug } } }`,
        {},
        token,
      );
      expect(data).toEqual({
        projects: {
          nodes: [
            {
              slug: 'default-project',
              services: { nodes: [{ id: 'example-service' }] },
              jobs: { nodes: [] },
              secretGroups: { nodes: [] },
            },
          ],
        },
        tags: [],
        tokens: [],
        project: {
          own: {
            environment: { variable: { value: 'over it' }, explain: { complete: false, winner: { source: null } } },
          },
          another: null,
          job: null,
          secretGroup: null,
        },
      });
      const projectId = base64('Project:default-project');
      for (const name of ['updateProject', 'deleteProject']) {
        expect(codeOf(await run(app, operation(name, ''), { id: projectId }, token))).toBe('FORBIDDEN');
      }
    }
  });
});
