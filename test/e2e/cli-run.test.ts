import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../support/built.ts';
import { type CliWorld, cliWorld, until } from '../support/cli.ts';

let world: CliWorld;
const WEB = ['-p', 'default-project', '--service', 'web'];
const SECRET = 'canary-of-the-command-line';

const putWeb = (port: string) =>
  world.query(
    `mutation ($port: String!) { putService(input: { project: "default-project", id: "web", name: "Web",
      variables: [{ name: "PORT", value: $port }, { name: "TEXT", value: "it's\\n\\"two\\" $lines" }, { name: "KEYLOOM_TOKEN", value: "no" }]
      files: [{ path: "/etc/app.conf", data: "aGVsbG8=" }] }) { __typename ... on Error { message } } }`,
    { port },
  );

beforeAll(async () => {
  world = await cliWorld();
  await world.query(`mutation {
    createProject(input: { name: "Default Project" }) { __typename ... on Error { message } }
    createSecretGroup(input: { project: "default-project", name: "Main Group", secretType: ENVIRONMENT, priority: 10,
      variables: [{ name: "SECRET", value: "${SECRET}" }, { name: "BROKEN", value: "\${NOT_THERE}" }]
      restrictions: { restricted: true, workloads: [{ id: "broken", kind: SERVICE }, { id: "secret", kind: SERVICE }] } })
      { __typename ... on Error { message } }
    broken: putService(input: { project: "default-project", id: "broken", name: "Broken" }) { __typename ... on Error { message } }
  }`);
  await putWeb('8080');
}, 120_000);
afterAll(() => world.close());

describe('login', () => {
  it('keeps a token that the gateway takes in a file of its owner, and forgets it', async () => {
    const env = {};
    const url = ['--url', world.url];
    const wrong = await world.run(['login', ...url], { env, input: 'klm_u_wrong' });
    expect([wrong.code, wrong.err]).toEqual([3, 'keyloom: A valid bearer token is required\n']);
    const file = join(world.dir, 'config', 'contexts.json');
    expect(existsSync(file)).toBe(false);
    expect((await world.run(['export', ...WEB], { env })).code).toBe(1);

    const right = await world.run(['login', ...url], { env, input: `${world.owner}\n` });
    expect([right.code, right.out]).toEqual([0, '']);
    expect(right.err).not.toContain(world.owner);
    expect([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
    expect((await world.run(['export', ...WEB, '--only', 'PORT'], { env })).out).toBe('PORT=8080\n');

    // The token is for its own gateway alone.
    const elsewhere = await world.run(['export', ...WEB, '--url', 'http://localhost:9'], { env });
    expect([elsewhere.code, elsewhere.err]).toEqual([3, expect.stringContaining('there is no token for')]);

    expect((await world.run(['logout'], { env })).code).toBe(0);
    expect(readFileSync(file, 'utf8')).not.toContain(world.owner);
    writeFileSync(file, '{}', { mode: 0o600 });
    expect((await world.run(['export', ...WEB], { env })).code).toBe(1);
  });

  it('refuses a file of contexts that others may read, and a token in clear text', async () => {
    const config = join(world.dir, 'open');
    mkdirSync(config);
    writeFileSync(join(config, 'contexts.json'), '{"current":null,"contexts":{}}', { mode: 0o644 });
    const open = await world.run(['export', ...WEB], { env: { KEYLOOM_CONFIG_DIR: config } });
    expect([open.code, open.err]).toEqual([3, expect.stringContaining('chmod 600')]);
    const clear = await world.run(['login', '--url', 'http://keyloom.example.com'], { env: {}, input: world.owner });
    expect([clear.code, clear.err]).toEqual([1, expect.stringContaining('in clear text')]);
  });
});

describe('export', () => {
  it('writes in the dialect that is asked for', async () => {
    const { code, out } = await world.run(['export', ...WEB, '-d', 'posix']);
    expect(code).toBe(0);
    expect(out).toBe(`export KEYLOOM_TOKEN=no\nexport PORT=8080\nexport TEXT='it'\\''s\n"two" $lines'\n`);
  });

  it('writes nothing where a value cannot be held, naming it, unless it may be left out', async () => {
    const refused = await world.run(['export', ...WEB, '-d', 'docker-env-file']);
    expect([refused.code, refused.out]).toEqual([8, '']);
    expect(refused.err).toContain('TEXT: docker-env-file has no way to write its value');
    expect(refused.err).not.toContain('two');
    const skipped = await world.run(['export', ...WEB, '-d', 'docker-env-file', '--skip', '--only', 'PORT,TEXT']);
    expect([skipped.code, skipped.out]).toEqual([0, 'PORT=8080\n']);
  });

  it('writes a file for its owner alone', async () => {
    const file = join(world.dir, 'x.env');
    expect(await world.run(['export', ...WEB, '--only', 'PORT', '--file', file])).toMatchObject({ code: 0, out: '' });
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['PORT=8080\n', 0o600]);
  });

  it.each([
    [['export', '-p', 'default-project', '--service', 'none'], 4, 'there is no service none'],
    [['export', ...WEB, '--only', 'NONE'], 4, 'it has no NONE'],
    [['export', ...WEB, '--dialect', 'none'], 1, 'Allowed choices are dotenv'],
    [['export', ...WEB, '--bogus'], 1, "unknown option '--bogus'"],
    [['export', '--service', 'web'], 1, 'missing workload'],
    [['export', ...WEB, '--job', 'web'], 1, 'not both'],
    [['export', '-p', 'default-project', '--service', 'broken'], 7, 'BROKEN (${NOT_THERE})'],
    [['export', ...WEB, '--url', 'http://127.0.0.1:1234'], 2, 'cannot be reached (ECONNREFUSED)'],
    [['export', ...WEB, '--token', 'klm_u_wrong'], 3, 'A valid bearer token'],
  ])('%j ends with %i', async (args, code, words) => {
    const ran = await world.run(args);
    expect([ran.code, ran.out]).toEqual([code, '']);
    expect(ran.err).toContain(words);
    expect(ran.err).not.toContain(SECRET);
  });
});

describe('run', () => {
  const run = (script: string, ...options: readonly string[]) =>
    world.run(['run', ...WEB, ...options, '--', 'sh', '-c', script]);

  it('gives the program the variables, and nothing of the client', async () => {
    const { code, out, err } = await run('printf "%s|%s|%s|%s" "$PORT" "$TEXT" "$KEYLOOM_TOKEN" "$KEYLOOM_URL"');
    expect([code, out]).toEqual([0, `8080|it's\n"two" $lines||`]);
    expect(err).toContain('KEYLOOM_TOKEN is not set');
  });

  it('lets the environment win where that is asked for', async () => {
    const env = { KEYLOOM_URL: world.url, KEYLOOM_TOKEN: world.owner, PORT: '1', TEXT: 'mine' };
    const run = (...options: readonly string[]) =>
      world.run(['run', ...WEB, ...options, '--', 'sh', '-c', 'echo "$PORT"'], { env });
    expect((await run()).out).toBe('8080\n');
    expect((await run('--preserve-env')).out).toBe('1\n');
    expect((await run('--preserve-env=TEXT')).out).toBe('8080\n');
    expect((await run('--preserve-env=TEXT,PORT')).out).toBe('1\n');
  });

  it.each([
    ['exit 7', 7],
    ['kill -KILL $$', 137],
    ['kill -TERM $$', 143],
  ])('%s ends with %i', async (script, code) => {
    expect((await run(script)).code).toBe(code);
  });

  it('says when there is no such program, and when it cannot be run', async () => {
    const file = join(world.dir, 'plain.txt');
    writeFileSync(file, 'x');
    expect((await world.run(['run', ...WEB, '--', 'no-such-program'])).code).toBe(127);
    expect((await world.run(['run', ...WEB, '--', file])).code).toBe(126);
  });

  it('leaves options of the program to it', async () => {
    expect((await world.run(['run', ...WEB, 'echo', '--watch', '-p', 'x'])).out).toBe('--watch -p x\n');
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'] as const)(
    'passes %s on to the program and its children',
    async (name) => {
      const trap = name.replace('SIG', '');
      const script = `trap 'echo got; exit 3' ${trap}; echo ready; while :; do sleep 0.05; done`;
      const running = world.start(['run', ...WEB, '--', 'sh', '-c', script]);
      await until(() => running.out().includes('ready'));
      running.process.kill(name);
      expect(await running.ended).toMatchObject({ code: 3, out: 'ready\ngot\n' });
    },
  );

  it('case 53: writes files below the directory alone, for their owner, and follows no link', async () => {
    const dir = join(world.dir, 'files');
    expect((await run('true', '--files-dir', dir)).code).toBe(0);
    const file = join(dir, 'etc/app.conf');
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['hello', 0o600]);

    const linked = join(world.dir, 'linked');
    const outside = join(world.dir, 'outside');
    for (const each of [linked, outside]) mkdirSync(each);
    symlinkSync(outside, join(linked, 'etc'));
    expect((await run('true', '--files-dir', linked)).code).toBe(6);
    expect(existsSync(join(outside, 'app.conf'))).toBe(false);
  });

  it('starts the program again with new values, and leaves it alone when nothing changed', async () => {
    const running = world.start([
      'run',
      ...WEB,
      '--watch',
      '--',
      'sh',
      '-c',
      'trap "echo bye; exit 0" TERM; echo "port $PORT"; while :; do sleep 0.05; done',
    ]);
    await until(() => running.out().includes('port 8080'));
    await putWeb('8080');
    await putWeb('9090');
    await until(() => running.out().includes('port 9090'));
    expect(running.out()).toBe('port 8080\nbye\nport 9090\n');
    running.process.kill('SIGTERM');
    expect((await running.ended).code).toBe(0);
  });
});

describe('whoever waits', () => {
  const hasScript = spawnSync('script', ['--version']).status === 0;

  it.skipIf(!hasScript)('is told at a terminal for whom, and not elsewhere', async () => {
    // Answers late, and then what nobody can use.
    let late = (): Promise<void> => sleep(2_500);
    const slow = createServer((_request, response) => void late().then(() => response.end('{}')));
    await new Promise<void>((listening) => slow.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
    const args = ['export', ...WEB, '--url', url];
    const quiet = await world.run(args);
    expect([quiet.code, quiet.err]).toEqual([2, 'keyloom: the gateway answered 200 without a result\n']);
    const env = { PATH: process.env.PATH ?? '', KEYLOOM_TOKEN: world.owner };
    const command = `"${process.execPath}" "${build()}" ${args.join(' ')}`;
    const child = spawn('script', ['-qec', command, '/dev/null'], { env, cwd: world.dir });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
    const waited = (): number => Number(/, (\d+) s[^,]*$/.exec(shown)?.[1] ?? 0);
    late = () => until(() => waited() >= 2);
    expect(await new Promise((done) => child.once('close', done))).toBe(2);
    const lines = shown.replaceAll('\u001b[K', '').split('\r');
    const told = lines.slice(1, -2);
    const seconds = told.map((line) => Number(/, (\d+) s$/.exec(line)?.[1]));
    expect(told).toEqual(seconds.map((each) => `keyloom: waiting for ${url}, ${each} s`));
    expect(seconds).toEqual(seconds.map((_, i) => i + 1));
    expect(seconds.length).toBeGreaterThanOrEqual(2);
    expect([lines[0], ...lines.slice(-2)]).toEqual(['', 'keyloom: the gateway answered 200 without a result', '\n']);
    await new Promise((closed) => slow.close(closed));
  });
});
