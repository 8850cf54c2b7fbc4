import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  aGroup,
  aProject,
  aServiceInput,
  base64,
  done,
  environmentOf,
  PUT_JOB,
  PUT_SERVICE,
} from '../support/makers.ts';
import { startApp, type TestApp } from '../support/start-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

type Values = Readonly<Record<string, string>>;
const variables = (values: Values) => Object.entries(values).map(([name, value]) => ({ name, value }));
interface GroupOver extends Record<string, unknown> {
  readonly values?: Values;
}

let projects = 0;
/** A project with these groups and a service; what the service gets in it. */
async function aSetting(groups: Readonly<Record<string, GroupOver>>, service: object = {}) {
  projects += 1;
  const project = `setting-${projects}`;
  await aProject(app, project);
  for (const [name, { values = {}, ...over }] of Object.entries(groups)) {
    await aGroup(app, { project, name, variables: variables(values), ...over });
  }
  await done(app, PUT_SERVICE, aServiceInput({ project, ...service }));
  return { project, get: (over: object = {}) => environmentOf(app, 'example-service', { project, ...over }) };
}

interface Resolved {
  readonly name: string;
  readonly value: string | null;
  readonly error: { readonly code: string; readonly path: readonly string[] } | null;
}
const valuesOf = (environment: { readonly variables: readonly Resolved[] }) =>
  Object.fromEntries(environment.variables.map(({ name, value }) => [name, value]));
const errorsOf = (environment: { readonly variables: readonly Resolved[] }) =>
  Object.fromEntries(
    environment.variables.flatMap(({ name, error }) => (error ? [[name, [error.code, error.path.join(' ')]]] : [])),
  );
const textsOf = (files: readonly { path?: string; name?: string; data: string }[]) =>
  Object.fromEntries(files.map(({ path, name, data }) => [path ?? name, Buffer.from(data, 'base64').toString()]));

describe('who wins', () => {
  it('priority, then the id that sorts first with a warning, then the workload over all', async () => {
    const { get } = await aSetting(
      {
        low: { priority: 0, values: { A: 'low', B: 'low', D: 'low', ONLY: 'low' } },
        'tie b': { priority: 50, values: { A: 'b', B: 'b' } },
        'tie a': { priority: 50, values: { A: 'a', C: 'a' } },
        high: { priority: 100, values: { B: 'high' } },
      },
      { variables: variables({ D: 'direct', E: '${A}' }) },
    );
    const environment = await get();
    expect(valuesOf(environment)).toEqual({ A: 'a', B: 'high', C: 'a', D: 'direct', E: 'a', ONLY: 'low' });
    expect(environment.warnings).toEqual([
      {
        code: 'TIE',
        names: ['A'],
        message: 'Several groups hold variable A with priority 50; tie-a wins because its id sorts first',
      },
    ]);
  });

  it('files by path and mounts by name, mounts at build time only', async () => {
    const file = (path: string, text: string, over: object = {}) => ({ path, data: base64(text), ...over });
    const mount = (name: string, text: string) => ({ name, data: base64(text) });
    const { get } = await aSetting(
      {
        low: {
          priority: 1,
          values: { A: 'a' },
          files: [file('/a', 'low'), file('/b', 'low ${A}')],
          dockerSecretMounts: [mount('m', 'low'), mount('n', '${A}')],
        },
        high: {
          priority: 2,
          files: [file('/a', 'high'), file('/bin', '${A}', { encoding: 'BINARY' })],
          dockerSecretMounts: [mount('m', 'high ${A}')],
        },
      },
      {
        files: [file('/own', 'run ${A}')],
        buildFiles: [file('/own', 'build ${A}'), file('/a', 'own')],
        variables: variables({ A: 'direct' }),
      },
    );
    const runtime = await get();
    expect(textsOf(runtime.files)).toEqual({ '/a': 'high', '/b': 'low direct', '/bin': '${A}', '/own': 'run direct' });
    expect(runtime.dockerSecretMounts).toEqual([]);
    const build = await get({ scope: 'BUILD' });
    expect(textsOf(build.files)).toEqual({ '/a': 'own', '/b': 'low a', '/bin': '${A}', '/own': 'build a' });
    expect(textsOf(build.dockerSecretMounts)).toEqual({ m: 'high a', n: 'a' });
  });

  it('case 105: names that differ in case are both kept, with a warning', async () => {
    const { get } = await aSetting({ one: { values: { Region: '1', REGION: '2' } } });
    const environment = await get();
    expect(valuesOf(environment)).toEqual({ REGION: '2', Region: '1' });
    expect(environment.warnings).toMatchObject([{ code: 'CASE_TWINS', names: ['REGION', 'Region'] }]);
  });

  it('case 104: within a group its own variable over a linked key, and a file of the same name apart', async () => {
    const addonLinks = [{ addon: 'db', keys: [{ keyName: 'username', aliases: ['A', 'B'] }] }];
    const { get } = await aSetting({
      one: { values: { A: 'own' }, addonLinks, files: [{ path: '/A', data: base64('file') }] },
    });
    const environment = await get();
    expect(valuesOf(environment)).toEqual({ A: 'own' });
    expect(textsOf(environment.files)).toEqual({ '/A': 'file' });
    expect(environment.unresolved).toEqual([{ name: 'B', reference: 'addon/db/username', reason: 'ADDON_NOT_FOUND' }]);
  });
});

describe('who inherits', () => {
  it('by scope', async () => {
    const { get } = await aSetting(
      {
        run: { secretType: 'ENVIRONMENT', values: { RUN: '' } },
        build: { secretType: 'ARGUMENTS', values: { BUILD: '' } },
        both: { secretType: 'ENVIRONMENT_ARGUMENTS', values: { BOTH: '' } },
      },
      { variables: variables({ OWN_RUN: '' }), buildArguments: variables({ OWN_BUILD: '' }) },
    );
    expect(Object.keys(valuesOf(await get()))).toEqual(['BOTH', 'OWN_RUN', 'RUN']);
    expect(Object.keys(valuesOf(await get({ scope: 'BUILD' })))).toEqual(['BOTH', 'BUILD', 'OWN_BUILD']);
  });

  it('cases 25, 26, 27: by id and kind, or by tags; an empty list is for nobody', async () => {
    const restricted = (over: object) => ({ restrictions: { restricted: true, ...over } });
    const service = { id: 'example-service', kind: 'SERVICE' };
    const job = { id: 'example-service', kind: 'JOB' };
    const groups = {
      listed: restricted({ workloads: [service] }),
      'the job': restricted({ workloads: [job] }),
      'listed without tags': restricted({ workloads: [service], tags: ['none'], tagMatchCondition: 'AND' }),
      'any tag': restricted({ tags: ['none', 'web'] }),
      'no tag': restricted({ tags: ['none', 'WEB'] }),
      'all tags': restricted({ tags: ['db', 'web'], tagMatchCondition: 'AND' }),
      'not all tags': restricted({ tags: ['db', 'web', 'none'], tagMatchCondition: 'AND' }),
      'nobody or': restricted({ tagMatchCondition: 'OR' }),
      'nobody and': restricted({ tagMatchCondition: 'AND' }),
      'switched off': { restrictions: { restricted: false, tags: ['none'] } },
    };
    const named = Object.fromEntries(
      Object.entries(groups).map(([name, over]) => [name, { ...over, values: { [name.replaceAll(' ', '_')]: '' } }]),
    );
    const { project, get } = await aSetting(named, { tags: ['web', 'db', 'more'] });
    const mine = ['all_tags', 'any_tag', 'listed', 'listed_without_tags', 'switched_off'];
    expect(Object.keys(valuesOf(await get()))).toEqual(mine);
    await done(app, PUT_JOB, aServiceInput({ project }));
    const { data } = await app.gql(
      `query ($project: Slug!) { project(slug: $project) {
        job(id: "example-service") { environment { variables { name } } }
        secretGroup(slug: "listed") { dependents { nodes { __typename id } } } open: secretGroup(slug: "switched-off") { dependents { nodes { __typename id } } } } }`,
      { project },
    );
    const names = data.project.job.environment.variables.map(({ name }: { name: string }) => name);
    expect(names).toEqual(['switched_off', 'the_job']);
    expect(data.project.secretGroup.dependents.nodes).toEqual([{ __typename: 'Service', id: 'example-service' }]);
    expect(data.project.open.dependents.nodes).toEqual([
      { __typename: 'Job', id: 'example-service' },
      { __typename: 'Service', id: 'example-service' },
    ]);
  });

  it('case 98: a variable of a group that stays away is as unknown as one that is nowhere', async () => {
    const { get } = await aSetting({
      away: { restrictions: { restricted: true }, values: { HIDDEN: 'x' } },
      here: { values: { A: '${HIDDEN}', B: '${NOWHERE}' } },
    });
    const environment = await get();
    expect(valuesOf(environment)).toEqual({ A: '${HIDDEN}', B: '${NOWHERE}' });
    expect(environment.unresolved).toEqual([
      { name: 'A', reference: '${HIDDEN}', reason: 'UNKNOWN_VARIABLE' },
      { name: 'B', reference: '${NOWHERE}', reason: 'UNKNOWN_VARIABLE' },
    ]);
  });
});

describe('templates', () => {
  it('case 93: a cycle is an error of those on it and of those that draw on it, and of no other', async () => {
    const { get } = await aSetting(
      { one: { values: { A: '${B}', B: '${C}', C: '${A}', SELF: 'x${SELF}', DRAWS: '${A}!', FINE: '${OWN}' } } },
      { variables: variables({ OWN: 'ok' }) },
    );
    const environment = await get();
    expect(valuesOf(environment)).toEqual({
      A: null,
      B: null,
      C: null,
      DRAWS: null,
      FINE: 'ok',
      OWN: 'ok',
      SELF: null,
    });
    expect(errorsOf(environment)).toEqual({
      A: ['CYCLE', 'A B C A'],
      B: ['CYCLE', 'B C A B'],
      C: ['CYCLE', 'C A B C'],
      DRAWS: ['CYCLE', 'DRAWS A B C A'],
      SELF: ['CYCLE', 'SELF SELF'],
    });
  });

  it('case 94: billion laughs end at the size of one result', async () => {
    const values: Record<string, string> = { L00: 'ha'.repeat(8) };
    for (let i = 1; i <= 22; i += 1) {
      const before = `\${L${String(i - 1).padStart(2, '0')}}`;
      values[`L${String(i).padStart(2, '0')}`] = before + before;
    }
    const environment = await (await aSetting({ one: { values } })).get();
    const codes = new Set(Object.values(errorsOf(environment)).map(([code]) => code));
    expect(valuesOf(environment)).toMatchObject({ L00: values.L00, L01: 'ha'.repeat(16), L22: null });
    expect([...codes].every((code) => code === 'TOO_LARGE' || code === 'TOO_MANY_STEPS')).toBe(true);
  });

  it('case 95: a chain of 1,000 is too deep, its end is not', async () => {
    const values: Record<string, string> = { C0000: 'end' };
    for (let i = 1; i < 1000; i += 1) {
      values[`C${String(i).padStart(4, '0')}`] = `\${C${String(i - 1).padStart(4, '0')}}`;
    }
    const environment = await (await aSetting({ one: { values } })).get();
    expect(valuesOf(environment)).toMatchObject({ C0000: 'end', C0032: 'end', C0033: null, C0999: null });
    expect(errorsOf(environment).C0999?.[0]).toBe('TOO_DEEP');
  });

  it('case 96: what was drawn in is never expanded again', async () => {
    const values = { A: '$${B}', B: "$& $$ $` $' \\${X}", C: '${A} ${B}', D: '${{ C }}', E: '$$${B}' };
    const environment = await (await aSetting({ one: { values } })).get();
    const b = "$& $$ $` $' \\${X}";
    expect(valuesOf(environment)).toEqual({ A: '${B}', B: b, C: `\${B} ${b}`, D: `\${B} ${b}`, E: '$${B}' });
  });

  it('case 43: a name of a prototype is an undefined variable', async () => {
    const environment = await (
      await aSetting({ one: { values: { A: '${constructor} ${__proto__} ${secrets.constructor.values.x}' } } })
    ).get();
    expect(valuesOf(environment)).toEqual({ A: '${constructor} ${__proto__} ${secrets.constructor.values.x}' });
    expect(environment.unresolved.map(({ reason }: { reason: string }) => reason)).toEqual([
      'UNKNOWN_VARIABLE',
      'UNKNOWN_VARIABLE',
      'UNKNOWN_GLOBAL_SECRET',
    ]);
  });

  it('case 99: paths, descriptions and names are no templates', async () => {
    const over = {
      description: 'a; $ sign is refused',
      files: [{ path: '/${A}', data: base64('${A}') }],
      values: { A: 'a' },
    };
    await expect(aSetting({ one: over })).rejects.toThrow('INVALID_INPUT');
    const { get } = await aSetting({ one: { files: over.files, values: over.values } });
    expect(textsOf((await get()).files)).toEqual({ '/${A}': 'a' });
  });

  it('case 97: types follow what is drawn in', async () => {
    const { get } = await aSetting({
      secret: { values: { S: 's' } },
      config: {
        type: 'CONFIG',
        values: { PLAIN: 'x', DRAWN: '${S}', TWICE: '${DRAWN}', LITERAL: '$${S}', NONE: '${NO}' },
        files: [{ path: '/f', data: base64('${TWICE}') }],
      },
    });
    const environment = await get();
    const types = Object.fromEntries(
      environment.variables.map(({ name, type }: { name: string; type: string }) => [name, type]),
    );
    expect(types).toEqual({
      DRAWN: 'SECRET',
      LITERAL: 'CONFIG',
      NONE: 'CONFIG',
      PLAIN: 'CONFIG',
      S: 'SECRET',
      TWICE: 'SECRET',
    });
    const shown = await environmentOf(
      app,
      'example-service',
      { project: `setting-${projects}` },
      await app.token('developer'),
    );
    expect(valuesOf(shown)).toEqual({ DRAWN: null, LITERAL: '${S}', NONE: '${NO}', PLAIN: 'x', S: null, TWICE: null });
    expect(shown.files).toEqual([{ path: '/f', data: null, masked: true, error: null }]);
    // A digest of the outcome would tell whether what is masked equals a guess.
    expect(shown.digest).not.toBe(environment.digest);
    // Case 102: the viewer changes what is shown, never what the workload gets.
    expect((await get()).digest).toBe(environment.digest);
  });
});
