import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import {
  ask,
  type Built,
  build,
  type Environment,
  ownerToken,
  type Serving,
  serving,
  spawned,
  stopped,
} from '../support/built.ts';
import { dropDatabase } from '../support/canaries.ts';
import { until } from '../support/listening.ts';
import { aGroupInput, aServiceInput, CREATE_PROJECT, ENVIRONMENT, PUT_SERVICE } from '../support/makers.ts';
import { aDatabase, freePort } from '../support/mongodb.ts';
import { operationOf } from '../support/mutations.ts';
import { shownIn } from '../support/shown.ts';

let entry: string;
let dir: string;
const running: Built[] = [];
const mongodbUrl = inject('mongodbUrl');

beforeAll(() => {
  entry = build();
}, 120_000);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keyloom-e2e-'));
});
afterEach(async () => {
  for (const each of running.splice(0)) if (each.process.exitCode === null) await stopped(each, 'SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

async function start(env: Environment): Promise<Serving> {
  const server = await serving(entry, { KEYLOOM_DEVELOPMENT: 'true', KEYLOOM_PORT: '0', KEYLOOM_DATA: dir, ...env });
  running.push(server);
  return server;
}

function refused(env: Environment): Built {
  const built = spawned(entry, { KEYLOOM_PORT: '0', KEYLOOM_DATA: dir, ...env });
  running.push(built);
  return built;
}

async function fill({ url }: Serving, owner: string): Promise<string> {
  await ask(url, owner, CREATE_PROJECT, { input: { name: 'Default Project' } });
  const variables = [
    { name: 'NODE_ENV', value: 'production' },
    { name: 'GREETING', value: 'hello ${NODE_ENV}' },
  ];
  const operation = operationOf('createSecretGroup', 'secretGroup { id }');
  const group = await ask(url, owner, operation, { input: aGroupInput({ variables }) });
  await ask(url, owner, PUT_SERVICE, { input: aServiceInput() });
  return group.data.result.secretGroup.id;
}

async function environment({ url }: Serving, owner: string): Promise<ReadonlyMap<string, string>> {
  const answer = await ask(url, owner, ENVIRONMENT, { project: 'default-project', service: 'example-service' });
  const { variables } = answer.data.project.service.environment;
  return new Map(variables.map(({ name, value }: { name: string; value: string }) => [name, value]));
}

const LATER: ReadonlySet<string> = new Set(['UNAVAILABLE', 'TIMEOUT']);

/** Writes until the process is gone. Answers what was acknowledged, at least so much. */
async function writeUntilKilled(server: Serving, owner: string, id: string, least: number) {
  const acknowledged = new Map<string, string>();
  const operation = operationOf('setSecretGroupVariable');
  const writer = async (who: number): Promise<void> => {
    for (let i = 0; ; i += 1) {
      const [name, value] = [`W_${who}_${i % 5}`, `value ${i}`];
      let answer = await ask(server.url, owner, operation, { input: { id, name, value } });
      // A database on a busy machine may be slow: nothing is acknowledged, and the same is written again.
      while (LATER.has(answer?.errors?.[0]?.extensions.code))
        answer = await ask(server.url, owner, operation, { input: { id, name, value } });
      if (answer === null) return;
      expect(answer.data.result.__typename).toBe('SetSecretGroupVariablePayload');
      acknowledged.set(name, value);
      done += 1;
    }
  };
  let done = 0;
  const writers = [0, 1, 2].map(writer);
  while (done < least) await setTimeout(1);
  expect(await stopped(server, 'SIGKILL')).toBe(null);
  await Promise.all(writers);
  return acknowledged;
}

interface Place {
  readonly env: () => Environment;
  readonly dispose: (env: Environment) => Promise<void>;
}
const EMBEDDED: Place = { env: () => ({}), dispose: async () => {} };
const MONGODB: Place = {
  env: () => ({ MONGODB_URL: mongodbUrl ?? '', KEYLOOM_DATABASE: aDatabase() }),
  dispose: (env) => dropDatabase(mongodbUrl ?? '', env.KEYLOOM_DATABASE ?? ''),
};
const PLACES = [['embedded', EMBEDDED] as const, ...(mongodbUrl ? [['MongoDB', MONGODB] as const] : [])];

describe.each(PLACES)('the built gateway, %s store', (_name, { env: environmentOf, dispose }) => {
  it('starts, does the main job, stops, and starts again', async () => {
    const env = environmentOf();
    const first = await start(env);
    const owner = ownerToken(first) ?? '';
    expect(owner).not.toBe('');
    expect(first.output()).toContain(`Development: a root key was made in ${join(dir, 'root.key')}.`);
    expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const page = await fetch(`${first.url}/graphql`, { headers: { accept: 'text/html' } });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('GraphiQL')]);
    await fill(first, owner);
    const before = await environment(first, owner);
    expect(Object.fromEntries(before)).toEqual({ GREETING: 'hello production', NODE_ENV: 'production' });
    expect(await stopped(first, 'SIGTERM')).toBe(0);

    const second = await start(env);
    expect(ownerToken(second)).toBe(null);
    expect(second.output()).not.toContain('root key was made');
    expect(await environment(second, owner)).toEqual(before);
    expect(await stopped(second, 'SIGTERM')).toBe(0);
    expect(first.output() + second.output().replaceAll(owner, '')).not.toMatch(/hello production|"production"/);
    await dispose(env);
  });

  it('case 130: kill -9 under load loses nothing that was acknowledged', async () => {
    const env = environmentOf();
    let server = await start(env);
    const owner = ownerToken(server) ?? '';
    const id = await fill(server, owner);
    const all = new Map<string, string>();
    for (const least of [7, 20]) {
      const acknowledged = await writeUntilKilled(server, owner, id, least);
      for (const [name, value] of acknowledged) all.set(name, value);
      server = await start(env);
      const kept = await environment(server, owner);
      for (const [name, value] of all) {
        // What was on its way when the process ended may have arrived too.
        const number = Number(value.split(' ')[1]);
        expect([value, `value ${number + 5}`], name).toContain(kept.get(name));
        all.set(name, kept.get(name) ?? '');
      }
    }
    expect(await stopped(server, 'SIGTERM')).toBe(0);
    await dispose(env);
  });
});

it('case 134: a second process on the same directory is refused, the first one goes on', async () => {
  const first = await start({});
  const owner = ownerToken(first) ?? '';
  const second = refused({ KEYLOOM_DEVELOPMENT: 'true' });
  expect(await second.ended).toBe(1);
  expect(second.output()).toContain(`The data directory is in use by process ${first.process.pid}`);
  expect((await ask(first.url, owner, '{ viewer { name } }')).data).toEqual({ viewer: { name: 'owner' } });
});

it('case 114: production without a root key ends with 1 and makes no key', async () => {
  const built = refused({});
  expect(await built.ended).toBe(1);
  expect(built.output()).toContain('A root key is needed: set KEYLOOM_ROOT_KEY_FILE or KEYLOOM_ROOT_KEY');
  expect(built.output()).not.toContain('klm');
  expect(readdirSync(dir).filter((name) => name !== 'store')).toEqual([]);
  expect(existsSync(join(dir, 'root.key'))).toBe(false);
});

it('case 216: bad settings end with 1, named, without their values', async () => {
  const built = refused({ KEYLOOM_PORT: 'hunter2', KEYLOOM_NONSENSE: 'hunter2', KEYLOOM_ROOT_KEY: 'hunter2' });
  expect(await built.ended).toBe(1);
  for (const name of ['KEYLOOM_PORT', 'KEYLOOM_NONSENSE', 'KEYLOOM_ROOT_KEY']) expect(built.output()).toContain(name);
  expect(built.output()).not.toContain('hunter2');
  expect(readdirSync(dir)).toEqual([]);
});

describe('the listener of the guide', () => {
  let listener: ChildProcess;
  let told: string[];
  let exit: number | null;
  afterEach(() => void listener.kill('SIGKILL'));

  function startListener({ url }: Serving, token: string): void {
    const [program = ''] = shownIn('.github/guide.md', 'js');
    const withoutQuery = program.replace(/`subscription[^`]*`/, '');
    expect(withoutQuery.trim().split('\n').length).toBeLessThanOrEqual(11);
    [told, exit] = [[], null];
    listener = spawn(process.execPath, ['--input-type=module'], { env: { TOKEN: token } });
    listener.stdin?.end(program.replace('ws://127.0.0.1:4000', url.replace('http', 'ws')));
    let text = '';
    listener.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      told = text.split('\n').slice(0, -1);
    });
    listener.once('exit', (code) => {
      exit = code;
    });
  }
  const changes = (): readonly unknown[] => told.map((line) => JSON.parse(line).variables.changed);
  const set = ({ url }: Serving, owner: string, id: string, name: string) =>
    ask(url, owner, operationOf('setSecretGroupVariable'), { input: { id, name, value: `${Math.random()}` } });

  it.each(PLACES)(
    'case 152, 156: hears all, once and in order, across a kill -9 of the gateway: %s',
    async (_name, place) => {
      const env = place.env();
      // One that nobody is given while it is down.
      const port = { KEYLOOM_PORT: String(await freePort()) };
      const first = await start({ ...env, ...port });
      const owner = ownerToken(first) ?? '';
      const id = await fill(first, owner);
      const own = { project: 'default-project', kind: 'SERVICE', id: 'example-service' };
      const input = { name: 'own', kind: 'DEPENDENT', role: 'dependent', workload: own };
      const made = await ask(first.url, owner, operationOf('createToken', 'text token { id }'), { input });
      startListener(first, made.data.result.text);
      await until(async () => {
        await set(first, owner, id, 'GREETING');
        return told.length > 0;
      });
      await set(first, owner, id, 'NODE_ENV');
      await until(() => told.at(-1)?.includes('NODE_ENV') === true);
      const before = told.length - 1;
      // Acknowledged, and perhaps told to nobody.
      await set(first, owner, id, 'GREETING');
      expect(await stopped(first, 'SIGKILL')).toBe(null);
      const second = await start({ ...env, ...port });
      for (const name of ['NODE_ENV', 'GREETING', 'NODE_ENV']) await set(second, owner, id, name);
      const greeting = Array.from({ length: before }, () => ['GREETING']);
      const expected = [
        ...greeting,
        ...['NODE_ENV', 'GREETING', 'NODE_ENV', 'GREETING', 'NODE_ENV'].map((name) => [name]),
      ];
      await until(() => told.length >= expected.length);
      expect(changes()).toEqual(expected);
      await ask(second.url, owner, operationOf('revokeToken'), { input: { id: made.data.result.token.id } });
      await until(() => exit !== null);
      expect(exit).toBe(1);
      expect(told).toHaveLength(expected.length);
      await stopped(second, 'SIGTERM');
      await place.dispose(env);
    },
    120_000,
  );
});
