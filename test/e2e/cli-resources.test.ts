import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliWorld, cliWorld } from '../support/cli.ts';

let world: CliWorld;
const IN = ['--projectId', 'default-project'];

/** As the documents have it. */
const EXAMPLE = {
  name: 'Example Secret',
  description: 'A description',
  type: 'secret',
  secretType: 'environment',
  priority: 10,
  restrictions: {
    restricted: true,
    nfObjects: [{ id: 'example-service', type: 'service' }],
    tagMatchCondition: 'or',
  },
  secrets: {
    variables: { NODE_ENV: 'production', MONGO_DB: 'some_connection_string' },
    files: {
      '/dir/fileName': {
        data: 'VGhpcyBpcyBhbiBleGFtcGxlIHdpdGggYSB0ZW1wbGF0ZWQgJHtOT0RFX0VOVn0gdmFyaWFibGU=',
        encoding: 'utf-8',
      },
    },
  },
};

const json = async (args: readonly string[]) => {
  const ran = await world.run([...args, '-o', 'json']);
  expect(ran).toMatchObject({ code: 0 });
  return JSON.parse(ran.out);
};

beforeAll(async () => {
  world = await cliWorld();
  expect((await json(['create', 'project', '-i', '{"name":"Default Project"}'])).id).toBe('default-project');
}, 120_000);
afterAll(() => world.close());

describe('secret groups', () => {
  it('are put, shown, patched, listed and deleted as the documents write it', async () => {
    const file = join(world.dir, 'secret.json');
    writeFileSync(file, JSON.stringify(EXAMPLE));
    const put = await world.run(['put', 'secret', ...IN, '-f', file]);
    expect(put).toMatchObject({ code: 0, err: '' });
    expect(put.out).not.toContain('some_connection_string');
    const made = JSON.parse(put.out);
    expect(made).toMatchObject({ id: 'example-secret', secretType: 'ENVIRONMENT', priority: 10, revision: 1 });
    expect(made.restrictions.workloads).toEqual([{ id: 'example-service', kind: 'SERVICE' }]);
    expect(made.files.map(({ path }: { path: string }) => path)).toEqual(['/dir/fileName']);

    const again = await world.run(['create', 'secret', ...IN, '-f', file]);
    expect([again.code, again.out]).toEqual([5, '']);

    await json(['patch', 'secret', 'example-secret', ...IN, '-i', 'priority: 20']);
    const shown = await world.run(['get', 'secret', '--secretId', 'example-secret', ...IN]);
    expect(shown.out).not.toContain('some_connection_string');
    const values = await json(['get', 'secret', 'example-secret', ...IN, '--show-values']);
    expect(values).toMatchObject({ priority: 20, revision: 2 });
    expect(values.variables).toContainEqual({ name: 'MONGO_DB', masked: false, value: 'some_connection_string' });

    const table = await world.run(['list', 'secret', ...IN, '-o', 'table']);
    expect(table.out.split('\n')[1]).toMatch(/^example-secret +Example Secret +SECRET +ENVIRONMENT +20 +2$/);
    expect((await world.run(['list', 'secret', ...IN, '-o', 'yaml'])).out).toContain('name: "Example Secret"');
    expect((await world.run(['list', 'secret', ...IN, '--quiet'])).out).toBe('');

    expect(await json(['delete', 'secret', 'example-secret', ...IN])).toEqual({ id: 'example-secret', deleted: true });
    expect((await world.run(['get', 'secret', 'example-secret', ...IN])).code).toBe(4);
  });

  it('case 212: are taken from --input rather than from --file, with a word on the history of the shell', async () => {
    const file = join(world.dir, 'loses.yaml');
    writeFileSync(file, 'name: Loses\nsecretType: environment\npriority: 1\n');
    const input = '{"name":"Wins","secretType":"arguments","priority":2}';
    const ran = await world.run(['create', 'secret', ...IN, '-f', file, '-i', input]);
    expect([ran.code, JSON.parse(ran.out).id]).toEqual([0, 'wins']);
    expect(ran.err).toContain('history of the shell');
    expect((await world.run(['get', 'secret', 'loses', ...IN])).code).toBe(4);
  });

  it('case 212: tell what is sent by names alone, however much is to be told', async () => {
    const secrets = { variables: { A: 'canary-of-verbose' } };
    const input = JSON.stringify({ name: 'Loud', secretType: 'environment', priority: 3, secrets });
    const ran = await world.run(['put', 'secret', ...IN, '--verbose', '-f', '-'], { input });
    expect([ran.code, ran.err]).toEqual([0, expect.stringContaining('secrets')]);
    expect(ran.out + ran.err).not.toContain('canary-of-verbose');
  });

  it('are put again as they are shown, at the revision that was shown, and never without what was not', async () => {
    await json(['put', 'secret', ...IN, '-i', JSON.stringify({ ...EXAMPLE, name: 'Shown group' })]);
    const id = 'shown-group';
    const shown = await world.run(['get', 'secret', id, ...IN, '--show-values', '-o', 'yaml']);
    const again = await world.run(['put', 'secret', ...IN, '-f', '-', '-o', 'json'], { input: shown.out });
    expect([again.code, JSON.parse(again.out).revision]).toEqual([0, 2]);
    expect((await json(['get', 'secret', id, ...IN, '--show-values'])).variables).toEqual([
      { name: 'MONGO_DB', masked: false, value: 'some_connection_string' },
      { name: 'NODE_ENV', masked: false, value: 'production' },
    ]);
    const late = await world.run(['put', 'secret', ...IN, '-f', '-'], { input: shown.out });
    expect([late.code, late.err]).toEqual([5, expect.stringContaining('Expected revision 1')]);
    const bare = await world.run(['get', 'secret', id, ...IN, '-o', 'yaml']);
    expect((await world.run(['put', 'secret', ...IN, '-f', '-'], { input: bare.out })).code).toBe(6);
    const masked = shown.out.replaceAll('masked: false', 'masked: true');
    const refused = await world.run(['put', 'secret', ...IN, '-f', '-'], { input: masked });
    expect([refused.code, refused.err]).toEqual([6, expect.stringContaining('variables: MONGO_DB is masked')]);
    const renamed = shown.out.replace('"Shown Group"', '"Other"').replace('"Shown group"', '"Other"');
    const other = await world.run(['put', 'secret', ...IN, '-f', '-'], { input: renamed });
    expect([other.code, other.err]).toEqual([6, expect.stringContaining('the name gives other, not shown-group')]);

    await json(['put', 'global-secret', '-i', '{"name":"Shown values","type":"config","values":{"a":{"b":null}}}']);
    const values = await world.run(['get', 'global-secret', 'shown-values', '-o', 'yaml']);
    const lost = await world.run(['put', 'global-secret', '-f', '-'], { input: values.out });
    expect([lost.code, lost.err]).toEqual([6, expect.stringContaining('--show-values')]);
    const whole = await world.run(['get', 'global-secret', 'shown-values', '--show-values']);
    expect((await world.run(['put', 'global-secret', '-f', '-'], { input: whole.out })).code).toBe(0);
    expect((await json(['get', 'global-secret', 'shown-values', '--show-values'])).values).toEqual({ a: { b: null } });
  });

  it('of workloads, too, with the files of their builds', async () => {
    const whole = {
      ...{ id: 'whole', name: 'Whole', tags: ['a'], variables: { A: '1' }, buildArguments: { B: '2' } },
      files: { '/a': { data: 'YQ==' } },
      buildFiles: { '/b': { data: 'Yg==', encoding: 'binary' } },
    };
    const made = await json(['put', 'service', ...IN, '-i', JSON.stringify(whole)]);
    const shown = await world.run(['get', 'service', 'whole', ...IN, '--show-values']);
    const again = await world.run(['put', 'service', ...IN, '-f', '-', '-o', 'json'], { input: shown.out });
    expect([again.code, { ...JSON.parse(again.out), revision: 1, updatedAt: '' }]).toEqual([
      0,
      { ...made, updatedAt: '' },
    ]);
    const after = await json(['get', 'service', 'whole', ...IN, '--show-values']);
    expect(after.buildFiles).toMatchObject([{ path: '/b', data: 'Yg==', encoding: 'BINARY' }]);
    await json(['delete', 'service', 'whole', ...IN]);
  });

  it('keep, in a patch, the links of the kind that it does not name', async () => {
    const make = async (name: string, input: object) => {
      const text = `mutation ($input: ${name}Input!) { ${name.charAt(0).toLowerCase()}${name.slice(1)}(input: $input) { __typename } }`;
      await world.query(text, { input: { project: 'default-project', ...input } });
    };
    const params = { engine: 'postgres', endpoint: 'db.example.com', username: 'u', password: 'p', database: 'd' };
    await make('CreateAddon', { name: 'Cache', provider: 'redis', params: { host: 'h', password: 'p' } });
    await make('CreateExternalAddon', { name: 'Database', provider: 'aws-rds', params });
    const keys = [{ keyName: 'HOST' }];
    const linked = {
      ...{ name: 'Linked', secretType: 'environment', priority: 1 },
      addonDependencies: [{ addonId: 'cache', keys }],
      externalAddonDependencies: [{ addonId: 'database', keys }],
    };
    await json(['put', 'secret', ...IN, '-i', JSON.stringify(linked)]);
    const patched = await json(['patch', 'secret', 'linked', ...IN, '-i', '{"addonDependencies":[]}']);
    expect(patched.addonLinks).toMatchObject([{ addon: 'database', kind: 'EXTERNAL_ADDON' }]);
  });

  it('are read from standard input', async () => {
    const input = 'name: Piped\nsecretType: environment\npriority: 1\nsecrets:\n  variables:\n    A: "1"\n';
    const ran = await world.run(['create', 'secret', ...IN, '-f', '-'], { input });
    expect([ran.code, JSON.parse(ran.out).variables]).toEqual([0, [{ name: 'A', masked: false }]]);
  });
});

describe('other things', () => {
  it('go the same way', async () => {
    expect((await json(['put', 'service', 'web', ...IN, '-i', '{"name":"Web","variables":{"A":"1"}}'])).id).toBe('web');
    expect(await json(['list', 'service', ...IN])).toMatchObject([{ id: 'web', name: 'Web' }]);
    await json(['delete', 'service', 'web', ...IN, '--force']);
    await json(['put', 'secret', ...IN, '-i', '{"name":"Forced","secretType":"environment","priority":1}']);
    await json(['delete', 'secret', 'forced', ...IN, '--force']);
    expect((await json(['create', 'tag', '-i', 'name: blue'])).name).toBe('blue');
    await json(['patch', 'tag', 'blue', '-i', 'description: the sky']);
    expect(await json(['list', 'tag'])).toEqual([{ name: 'blue', description: 'the sky' }]);
    expect((await json(['create', 'app', '-i', '{"name":"My App","environments":[{"name":"Prod"}]}'])).id).toBe(
      'my-app',
    );
    expect(
      (await json(['create', 'app-secret', '--appId', 'my-app', '-i', '{"name":"KEY","purposeType":"api-key"}'])).id,
    ).toBe('key');
    const documented = '{"name":"KEY 2","purposeType":"APIKey","environmentScopedValues":[]}';
    expect(await json(['create', 'app-secret', '--appId', 'my-app', '-i', documented])).toMatchObject({
      purposeType: 'API_KEY',
    });
    const global = { name: 'Shared', type: 'config', secrets: { values: { a: { b: 1 } } } };
    expect((await json(['put', 'global-secret', '-i', JSON.stringify(global)])).id).toBe('shared');
    expect((await json(['get', 'global-secret', 'shared', '--show-values'])).values).toEqual({ a: { b: 1 } });
  });
});

describe('what goes wrong', () => {
  it.each([
    [['get'], 1, "missing required argument 'noun'"],
    [['get', 'sercet', 'x'], 1, 'get what? One of secret'],
    [['put', 'tag'], 1, 'put what? One of secret, global-secret, service, job'],
    [['get', 'secret', 'x'], 1, 'give --projectId'],
    [['get', 'secret', ...IN], 1, 'missing id of the secret'],
    [['get', 'secret', 'x', '--projectId', 'none'], 4, 'does not exist'],
    [['put', 'secret', ...IN], 1, 'give --file or --input'],
    [['put', 'secret', ...IN, '-f', 'none.json'], 1, 'the file cannot be read (ENOENT)'],
    [['put', 'secret', ...IN, '-i', '{"name": "hidden'], 6, 'no JSON and no YAML, line 1'],
    [['put', 'secret', ...IN, '-i', '["hidden"]'], 6, 'is not an object'],
    [['put', 'secret', ...IN, '-i', 'a: 12345678901234567890'], 6, 'too large'],
    [['create', 'project', '-i', 'name: hidden\n---\nname: hidden too'], 6, 'several documents'],
    [
      ['put', 'secret', ...IN, '-i', '{"name":"x","secrets":{"variables":{"PORT":8080}}}'],
      6,
      'variables.PORT: must be a',
    ],
    [
      ['put', 'secret', ...IN, '-i', '{"name":"x","addonDependencies":{"a":1}}'],
      6,
      'addonDependencies: must be a list',
    ],
    [['put', 'secret', ...IN, '-i', '{"restrictions":{"nfObjects":["a"]}}'], 6, 'restrictions.nfObjects: must be a'],
    [['put', 'secret', ...IN, '-i', '{"name":"x","secretType":"environment","priority":1000}'], 6, 'priority'],
    [['list', 'secret', ...IN, '-o', 'xml'], 1, 'Allowed choices are json, yaml, table'],
  ])('%j ends with %i', async (args, code, told) => {
    const ran = await world.run(args);
    expect([ran.code, ran.out]).toEqual([code, '']);
    expect(ran.err).toContain(told);
    expect(ran.err).not.toContain('hidden');
  });

  it('case 64: a bomb of aliases', async () => {
    const levels = Array.from({ length: 20 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}]`);
    const ran = await world.run(['put', 'secret', ...IN, '-f', '-'], { input: `a0: &a0 [x]\n${levels.join('\n')}\n` });
    expect([ran.code, ran.err]).toEqual([6, expect.stringContaining('repeats parts of itself too often')]);
  });

  it('case 66: text that would steer a terminal', async () => {
    await world.query(
      `mutation { createTag(input: { name: "plain", description: "x" }) { __typename ... on Error { message } } }`,
    );
    const ran = await world.run(['get', 'tag', '\u001b[31mred']);
    expect([ran.code, ran.err]).toEqual([4, expect.stringContaining('\\u001b[31mred')]);
  });
});
