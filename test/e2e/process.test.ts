import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, type Built, build, type Environment, type Serving, serving, spawned, stopped } from '../support/built.ts';

let entry: string;
let dir: string;
const running: Built[] = [];
beforeAll(() => {
  entry = build();
}, 120_000);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keyloom-process-'));
});
afterEach(async () => {
  for (const each of running.splice(0)) if (each.process.exitCode === null) await stopped(each, 'SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

async function start(env: Environment): Promise<Serving> {
  const server = await serving(entry, { KEYLOOM_PORT: '0', KEYLOOM_DATA: dir, ...env });
  running.push(server);
  return server;
}
function begun(env: Environment): Built {
  const built = spawned(entry, { KEYLOOM_PORT: '0', KEYLOOM_DATA: dir, ...env });
  running.push(built);
  return built;
}
const DEVELOPMENT = { KEYLOOM_DEVELOPMENT: 'true' };
/** A module that Node runs first: blocks the loop for good, soon. */
const BLOCKING = `--import=data:text/javascript,${encodeURIComponent('setTimeout(()=>{for(;;);},2500).unref();')}`;

describe('a loop that is blocked', () => {
  it('ends the process, and says so without a value', async () => {
    // Blocked whether it listens by then or not.
    const server = begun({ ...DEVELOPMENT, KEYLOOM_LIMIT_LOOP_BLOCKED_MS: '2000', NODE_OPTIONS: BLOCKING });
    expect(await server.ended).toBeNull();
    expect(server.process.signalCode).toBe('SIGKILL');
    expect(server.output()).toMatch(/\{"level":"fatal","msg":"The event loop is blocked","ms":\d+\}/);
  });

  it('is left alone where the limit is 0, and one that is not blocked always', async () => {
    const off = begun({ ...DEVELOPMENT, KEYLOOM_LIMIT_LOOP_BLOCKED_MS: '0', NODE_OPTIONS: BLOCKING });
    await sleep(5_000);
    expect([off.process.exitCode, off.process.signalCode]).toEqual([null, null]);
    await stopped(off, 'SIGKILL');
    const well = await start({
      ...DEVELOPMENT,
      KEYLOOM_DATA: join(dir, 'well'),
      // More than the start of a busy machine takes in one piece.
      KEYLOOM_LIMIT_LOOP_BLOCKED_MS: '5000',
    });
    await sleep(7_000);
    expect((await fetch(`${well.url}/healthz`)).status).toBe(200);
    expect(await stopped(well, 'SIGTERM')).toBe(0);
  });
});

describe('case 243: SIGUSR1', () => {
  it('opens no inspector in production', async () => {
    const development = await start(DEVELOPMENT);
    await stopped(development, 'SIGTERM');
    const server = await start({ KEYLOOM_ROOT_KEY_FILE: join(dir, 'root.key'), KEYLOOM_HOST: '127.0.0.1' });
    server.process.kill('SIGUSR1');
    await sleep(500);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect(server.output()).not.toContain('Debugger');
  });
});

describe('case 252: owner-token', () => {
  const command = async (env: Environment, ...args: readonly string[]) => {
    const built = spawned(entry, { KEYLOOM_DATA: dir, ...env }, args);
    running.push(built);
    return { code: await built.ended, output: built.output() };
  };
  const KEY = () => ({ KEYLOOM_ROOT_KEY_FILE: join(dir, 'root.key') });

  it('makes a way back for the holder of the root key, and for nobody else', async () => {
    const file = join(dir, 'owner.txt');
    const first = await start(DEVELOPMENT);
    const whileServed = await command(KEY(), 'owner-token', '--file', file);
    expect([whileServed.code, whileServed.output.includes('another')]).toEqual([1, true]);
    await stopped(first, 'SIGTERM');

    expect((await command({}, 'owner-token', '--file', file)).code).toBe(1);
    const noTerminal = await command(KEY(), 'owner-token');
    expect([noTerminal.code, noTerminal.output]).toEqual([1, expect.stringContaining('--file')]);
    const made = await command(KEY(), 'owner-token', '--file', file);
    expect([made.code, made.output]).toEqual([
      0,
      `An owner token was written to ${file}, readable by its owner alone.\n`,
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = await command(KEY(), 'owner-token', '--file', file);
    expect([again.code, again.output]).toEqual([1, expect.stringContaining('EEXIST')]);

    const token = readFileSync(file, 'utf8').trim();
    const second = await start(DEVELOPMENT);
    const query = '{ viewer { role { slug } } commits(first: 100) { nodes { actor operation } } }';
    const { data } = await ask(second.url, token, query);
    expect(data.viewer.role.slug).toBe('owner');
    expect(data.commits.nodes).toContainEqual({ actor: 'offline:owner-token', operation: 'token.create' });
    for (const each of [made, again, second]) expect(String('output' in each ? each.output : '')).not.toContain(token);
  });

  it.each([
    [['help'], 0, 'owner-token [--file FILE]'],
    [['--help'], 0, 'Usage: keyloom'],
    [['--version'], 0, 'keyloom 0.'],
    [['version'], 0, 'keyloom 0.'],
    [['owner'], 1, 'did you mean owner-token?'],
    [['serv'], 1, 'did you mean serve?'],
    [['verzion'], 1, 'did you mean version?'],
    [['ehlp'], 1, 'did you mean help?'],
    [['\u001b[31m'], 1, 'There is no command \\u001b[31m; see keyloom help'],
    [['sudo'], 1, 'There is no command sudo'],
    [['serve', '--help'], 0, 'Usage: keyloom serve'],
    [['init', '--help'], 0, 'Usage: keyloom init FILE'],
    [['backup', '-h'], 0, 'Usage: keyloom backup FILE'],
    [['init', '--force'], 1, 'keyloom init FILE'],
    [['owner-token', '--out', 'x'], 1, 'keyloom owner-token [--file FILE]'],
  ])('%j', async (args, code, words) => {
    const told = await command({}, ...args);
    expect([told.code, told.output]).toEqual([code, expect.stringContaining(words)]);
  });
});
