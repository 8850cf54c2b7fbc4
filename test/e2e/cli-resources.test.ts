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
    await json(['delete', 'service', 'web', ...IN]);
    expect((await json(['create', 'tag', '-i', 'name: blue'])).name).toBe('blue');
    await json(['patch', 'tag', 'blue', '-i', 'description: the sky']);
    expect(await json(['list', 'tag'])).toEqual([{ name: 'blue', description: 'the sky' }]);
    expect((await json(['create', 'app', '-i', '{"name":"My App","environments":[{"name":"Prod"}]}'])).id).toBe(
      'my-app',
    );
    expect(
      (await json(['create', 'app-secret', '--appId', 'my-app', '-i', '{"name":"KEY","purposeType":"api-key"}'])).id,
    ).toBe('key');
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
