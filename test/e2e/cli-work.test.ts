import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliWorld, cliWorld, until } from '../support/cli.ts';

let world: CliWorld;
const IN = ['-p', 'default-project'];
const GROUP = [...IN, '--group', 'main-group'];
const WEB = [...IN, '--service', 'web'];
const SECRET = 'canary-of-the-command-line';

beforeAll(async () => {
  world = await cliWorld();
  await world.query(`mutation {
    createProject(input: { name: "Default Project" }) { __typename ... on Error { message } }
    createSecretGroup(input: { project: "default-project", name: "Main Group", secretType: ENVIRONMENT, priority: 10,
      variables: [{ name: "A", value: "1" }, { name: "SECRET", value: "${SECRET}" }] }) { __typename ... on Error { message } }
    build: createSecretGroup(input: { project: "default-project", name: "Build Only", secretType: ARGUMENTS, priority: 5,
      variables: [{ name: "B", value: "2" }] }) { __typename ... on Error { message } }
    web: putService(input: { project: "default-project", id: "web", name: "Web", variables: [{ name: "A", value: "\${SECRET}" }] })
      { __typename ... on Error { message } }
    other: putService(input: { project: "default-project", id: "other", name: "Other" }) { __typename ... on Error { message } }
  }`);
}, 120_000);
afterAll(() => world.close());

const valuesOf = async () => {
  const { out } = await world.run(['get', 'secret', 'main-group', ...IN, '--show-values', '-o', 'json']);
  const { variables } = JSON.parse(out) as { variables: readonly { name: string; value: string }[] };
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
};

describe('import', () => {
  it('says what would change and changes nothing in a dry run, then does exactly that', async () => {
    const file = join(world.dir, 'a.env');
    writeFileSync(file, `\ufeff# from somewhere\r\nexport A="x\\ny"\r\nNEW='it $(is)'\r\nSECRET=${SECRET}\r\n`);
    const dry = await world.run(['import', file, ...GROUP, '--dry-run', '--exit-code']);
    expect([dry.code, dry.out]).toEqual([10, '+ NEW\n~ A\n']);
    expect(await valuesOf()).toEqual({ A: '1', SECRET });

    expect((await world.run(['import', file, ...GROUP])).out).toBe('+ NEW\n~ A\n');
    expect(await valuesOf()).toEqual({ A: 'x\ny', NEW: 'it $(is)', SECRET });
    const again = await world.run(['import', file, ...GROUP, '--dry-run', '--exit-code']);
    expect([again.code, again.out]).toEqual([0, '']);
  });

  it('replaces all where that is asked for, from JSON on standard input', async () => {
    const over = { input: `{"A": "3", "SECRET": "${SECRET}"}` };
    const ran = await world.run(['import', '-', '-d', 'json', '--mode', 'replace', ...GROUP], over);
    expect([ran.code, ran.out]).toEqual([0, '~ A\n- NEW\n']);
    expect(await valuesOf()).toEqual({ A: '3', SECRET });
  });

  it('case 62: takes back what was exported, byte by byte', async () => {
    const { out } = await world.run(['export', ...WEB, '-d', 'posix', '--only', 'SECRET']);
    const ran = await world.run(['import', '-', '-d', 'posix', ...GROUP], { input: out });
    expect([ran.code, ran.out]).toEqual([0, '']);
  });

  it.each([
    ['A=1\nB="hidden\n', 6, 'line 2 opens a quote (") that nothing closes'],
    ['A=1\n\nhidden\n', 6, 'line 3 has no "=" behind a name'],
  ])('case 63: %j changes nothing and is told by its line', async (input, code, words) => {
    const ran = await world.run(['import', '-', ...GROUP], { input });
    expect([ran.code, ran.out]).toEqual([code, '']);
    expect(ran.err).toContain(words);
    expect(ran.err).not.toContain('hidden');
  });

  it('case 63: tells the line of what is no text', async () => {
    const file = join(world.dir, 'latin1.env');
    writeFileSync(file, Buffer.from('A=1\nB=caf\xe9\n', 'latin1'));
    expect(await world.run(['import', file, ...GROUP])).toMatchObject({
      code: 6,
      err: 'keyloom: line 2 is not UTF-8\n',
    });
    expect((await world.run(['import', 'none.env', ...GROUP])).code).toBe(1);
    expect((await world.run(['import', '-', ...IN, '--group', 'none'], { input: 'A=1' })).code).toBe(4);
  });
});

describe('explain', () => {
  it('says where a variable comes from, and why one is missing, without a value', async () => {
    const present = await world.run(['explain', 'A', ...WEB]);
    expect([present.code, present.err]).toEqual([0, '']);
    expect(present.out).toContain(
      'A is present\n  from the workload itself\n  not from group main-group (priority 10): overridden\n',
    );
    expect(present.out).toContain('A refers to SECRET: resolved');
    const absent = await world.run(['explain', 'B', ...WEB]);
    expect(absent.out).toContain('B is absent\n  not from group build-only: ');
    for (const { out } of [present, absent]) expect(out).not.toContain(SECRET);
    const json = await world.run(['explain', 'A', ...WEB, '-o', 'json']);
    expect(JSON.parse(json.out)).toMatchObject({ name: 'A', outcome: 'PRESENT' });
  });
});

describe('diff', () => {
  it('compares names, and values only where that is asked for', async () => {
    const [web, other] = ['default-project/service/web', 'default-project/services/other'];
    expect(await world.run(['diff', web, other, '--exit-code'])).toMatchObject({ code: 0, out: '' });
    expect(await world.run(['diff', web, other, '--exit-code', '--values'])).toMatchObject({ code: 10, out: '~ A\n' });
    await world.query(`mutation { putService(input: { project: "default-project", id: "other", name: "Other",
      variables: [{ name: "MORE", value: "1" }] }) { __typename ... on Error { message } } }`);
    expect(await world.run(['diff', web, other])).toMatchObject({ code: 0, out: '+ MORE\n' });
    expect(await world.run(['diff', other, web, '--exit-code'])).toMatchObject({ code: 10, out: '- MORE\n' });
    expect((await world.run(['diff', web, 'default-project/web'])).code).toBe(1);
    expect((await world.run(['diff', web, 'default-project/job/none'])).code).toBe(4);
  });
});

describe('restart', () => {
  it('asks for a restart of what inherits a group', async () => {
    const ran = await world.run(['restart', 'main-group', ...IN, '--reason', 'tried']);
    expect([ran.code, ran.out.split('\n').filter(Boolean).sort()]).toEqual([0, ['service other', 'service web']]);
    expect((await world.run(['restart', 'none', ...IN])).code).toBe(4);
  });
});

describe('watch', () => {
  it('runs a command when what a workload gets has changed, and keeps its token', async () => {
    const exec = 'echo "now $KEYLOOM_SEQ [$KEYLOOM_TOKEN]"';
    const running = world.start(['watch', ...WEB, '--now', '--exec', exec]);
    await until(() => /now \d+ \[\]\n/.test(running.out()));
    await world.run(['patch', 'secret', 'main-group', ...IN, '-i', 'variables: [{ name: SECRET, value: other }]']);
    await until(() => /(now \d+ \[\]\n){2}/.test(running.out()));
    running.process.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
  });
});

describe('completion', () => {
  it('writes a script for a shell, and answers what comes next', async () => {
    const script = await world.run(['completion', 'bash'], { env: {} });
    expect([script.code, script.out]).toEqual([0, expect.stringContaining('keyloom')]);
    const next = await world.run(['complete', '--', 'ex'], { env: {} });
    expect(next.out).toContain('export');
    expect(next.out).not.toContain('import');
    const twice = spawnSync('bash', ['-c', `${script.out}\n${script.out}\ndeclare -F __keyloom_complete`], {
      encoding: 'utf8',
    });
    expect([twice.stderr, twice.stdout]).toEqual(['', '__keyloom_complete\n']);
    expect((await world.run(['completion', 'tcsh'], { env: {} })).code).toBe(1);
  });
});
