import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { createRootKeyFile } from '../../src/crypto/root-key.ts';
import { ask, build, type Environment, ownerToken, type Serving, serving, spawned, stopped } from '../support/built.ts';
import { dropDatabase } from '../support/canaries.ts';
import { aDatabase, freePort } from '../support/mongodb.ts';

const TOKEN = /klm_u_\w+/;
const VIEWER = '{ viewer { id } }';
const CREATE = `mutation ($input: CreateTokenInput!) { createToken(input: $input) {
  __typename ... on CreateTokenPayload { text token { expiresAt } } ... on Error { code } } }`;

const mongodbUrl = inject('mongodbUrl');

let entry = '';
let root = '';
let rootKey = '';
let count = 0;
const open: Serving[] = [];
beforeAll(async () => {
  entry = build();
  root = mkdtempSync(join(tmpdir(), 'keyloom-first-'));
  rootKey = join(root, 'root.key');
  await createRootKeyFile(rootKey);
});
afterEach(() => Promise.all(open.splice(0).map((server) => stopped(server, 'SIGKILL'))));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A place that nobody used before. */
function aPlace() {
  count += 1;
  const data = join(root, `data-${count}`);
  return { data, file: join(root, `token-${count}`) };
}

const production = (data: string, over: Environment = {}): Environment => ({
  KEYLOOM_ROOT_KEY_FILE: rootKey,
  KEYLOOM_HOST: '127.0.0.1',
  KEYLOOM_PORT: '0',
  KEYLOOM_DATA: data,
  ...over,
});

async function served(env: Environment): Promise<Serving> {
  const server = await serving(entry, env);
  open.push(server);
  return server;
}

async function refusal(env: Environment): Promise<string> {
  const built = spawned(entry, env);
  expect(await built.ended).toBe(1);
  expect(built.output()).not.toMatch(TOKEN);
  return built.output();
}

const tokenIn = (file: string): string => readFileSync(file, 'utf8').trim();
const isGood = async (server: Serving, token: string): Promise<boolean> =>
  (await ask(server.url, token, VIEWER)).data?.viewer !== undefined;

describe('the first start in production', () => {
  it('without a terminal or a file is refused before anything is written, naming both ways', async () => {
    const { data, file } = aPlace();
    const said = await refusal(production(data));
    expect(said).toContain('KEYLOOM_OWNER_TOKEN_FILE');
    expect(said).toContain('owner-token');
    const server = await served(production(data, { KEYLOOM_OWNER_TOKEN_FILE: file }));
    expect(await isGood(server, tokenIn(file))).toBe(true);
  });

  it('hands over a file that its owner alone may read, a token for a day, and none of it in the log', async () => {
    const { data, file } = aPlace();
    const server = await served(production(data, { KEYLOOM_OWNER_TOKEN_FILE: file }));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const token = tokenIn(file);
    const { data: answer } = await ask(server.url, token, '{ tokens { name expiresAt } }');
    const hours = (Date.parse(answer.tokens[0].expiresAt) - Date.now()) / 3_600_000;
    expect([answer.tokens.length, Math.round(hours)]).toEqual([1, 24]);
    expect(server.output()).not.toMatch(TOKEN);
    expect(server.output()).not.toContain(token);
  });

  it('case 253: the token can still be had after a port that was taken', async () => {
    const { data, file } = aPlace();
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const env = production(data, { KEYLOOM_OWNER_TOKEN_FILE: file });
    expect(await refusal({ ...env, KEYLOOM_PORT: String(port) })).toContain('EADDRINUSE');
    other.close();
    expect(() => statSync(file)).toThrow('ENOENT');
    expect(await isGood(await served(env), tokenIn(file))).toBe(true);
  });

  it('case 253: and after an address that is not there', async () => {
    const { data, file } = aPlace();
    const env = production(data, { KEYLOOM_OWNER_TOKEN_FILE: file });
    expect(await refusal({ ...env, KEYLOOM_HOST: '203.0.113.9' })).toContain('EADDRNOTAVAIL');
    expect(await isGood(await served(env), tokenIn(file))).toBe(true);
  });

  it.each([
    ['a file that is there', (file: string) => writeFileSync(file, 'mine'), 'EEXIST'],
    ['a link', (file: string) => symlinkSync(join(root, 'elsewhere'), file), 'EEXIST'],
    ['a folder that is a file', (file: string) => writeFileSync(file, ''), 'E(EXIST|NOTDIR)', '/token'],
  ])('refuses %s for the token, and founds nothing', async (_what, prepare, code, below = '') => {
    const { data, file } = aPlace();
    prepare(file);
    expect(await refusal(production(data, { KEYLOOM_OWNER_TOKEN_FILE: `${file}${below}` }))).toMatch(new RegExp(code));
    expect(() => statSync(join(root, 'elsewhere'))).toThrow('ENOENT');
    const { file: another } = aPlace();
    const server = await served(production(data, { KEYLOOM_OWNER_TOKEN_FILE: another }));
    expect(await isGood(server, tokenIn(another))).toBe(true);
  });

  it('case 253: and after a disk that was full', async (context) => {
    const { data } = aPlace();
    const disk = join(root, `disk-${count}`);
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', disk]);
    if (mounted.status !== 0) context.skip('tmpfs cannot be mounted here');
    try {
      const filler = join(disk, 'filler');
      writeFileSync(filler, Buffer.alloc(4_096));
      writeFileSync(join(disk, 'more'), Buffer.alloc(4_096));
      const env = production(data, { KEYLOOM_OWNER_TOKEN_FILE: join(disk, 'token') });
      expect(await refusal(env)).toContain('ENOSPC');
      rmSync(filler);
      const server = await served(env);
      expect(await isGood(server, tokenIn(join(disk, 'token')))).toBe(true);
    } finally {
      spawnSync('umount', [disk]);
    }
  });

  it('prints the token on a terminal when no file is named', async (context) => {
    const { data } = aPlace();
    if (spawnSync('script', ['--version']).status !== 0) context.skip('there is no `script` to make a terminal with');
    const env = { PATH: process.env.PATH ?? '', ...production(data) };
    const child = spawn('script', ['-qfec', `"${process.execPath}" "${entry}"`, '/dev/null'], { env });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    try {
      await expect.poll(() => said).toMatch(/Keyloom listens on/);
      const url = /listens on (\S+)/.exec(said)?.[1] ?? '';
      const token = /good for 24 hours once Keyloom listens: (klm_u_\w+)/.exec(said)?.[1] ?? '';
      expect((await ask(url, token, VIEWER)).data.viewer.id).toEqual(expect.any(String));
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('ends its token with the first administrator that it makes, and not before', async () => {
    const { data, file } = aPlace();
    const server = await served(production(data, { KEYLOOM_OWNER_TOKEN_FILE: file }));
    const token = tokenIn(file);
    const make = (role: string, over: object = {}) =>
      ask(server.url, token, CREATE, { input: { name: role, kind: 'USER', role, ...over } });
    // Nothing but an administrator may outlive it.
    expect((await make('reader')).errors[0].extensions.code).toBe('FORBIDDEN');
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const reader = await make('reader', { expiresAt: soon });
    expect(reader.data.createToken.__typename).toBe('CreateTokenPayload');
    expect(await isGood(server, token)).toBe(true);
    const owner = (await make('owner')).data.createToken;
    expect(owner).toMatchObject({ __typename: 'CreateTokenPayload', token: { expiresAt: null } });
    expect((await ask(server.url, token, VIEWER)).errors[0].extensions.code).toBe('UNAUTHENTICATED');
    expect(await isGood(server, owner.text)).toBe(true);
    await expect.poll(() => statSync(file, { throwIfNoEntry: false })).toBe(undefined);
  });

  it.runIf(mongodbUrl !== null)('of two at once on one MongoDB one wins', async () => {
    const KEYLOOM_DATABASE = aDatabase();
    const places = [aPlace(), aPlace()];
    try {
      const env = { MONGODB_URL: mongodbUrl ?? '', KEYLOOM_DATABASE };
      const starts = places.map(({ data, file }) =>
        served(production(data, { ...env, KEYLOOM_OWNER_TOKEN_FILE: file })).catch(() => null),
      );
      const servers = await Promise.all(starts);
      const left = places.filter(({ file }) => statSync(file, { throwIfNoEntry: false }));
      expect(left).toHaveLength(1);
      for (const server of servers) {
        if (server) expect(await isGood(server, tokenIn(left[0]?.file ?? ''))).toBe(true);
      }
      expect(servers.some((server) => server !== null)).toBe(true);
    } finally {
      await Promise.all(open.splice(0).map((server) => stopped(server, 'SIGKILL')));
      await dropDatabase(mongodbUrl ?? '', KEYLOOM_DATABASE);
    }
  });
});

describe('the first start in development', () => {
  it('puts the token, which stays good, into a file beside the data and on the terminal', async () => {
    const { data } = aPlace();
    const server = await served({ KEYLOOM_DEVELOPMENT: 'true', KEYLOOM_PORT: '0', KEYLOOM_DATA: data });
    const token = tokenIn(join(data, 'owner.token'));
    expect(ownerToken(server)).toBe(token);
    const { data: answer } = await ask(server.url, token, '{ tokens { expiresAt } }');
    expect(answer.tokens).toEqual([{ expiresAt: null }]);
  });

  it('case 253: can be had when nobody reads the output', async () => {
    const { data } = aPlace();
    const port = await freePort();
    const env = {
      PATH: process.env.PATH ?? '',
      KEYLOOM_DEVELOPMENT: 'true',
      KEYLOOM_PORT: String(port),
      KEYLOOM_DATA: data,
    };
    const child: ChildProcess = spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout?.destroy();
    child.stderr?.destroy();
    try {
      const url = `http://127.0.0.1:${port}`;
      await expect.poll(async () => (await fetch(`${url}/readyz`).catch(() => null))?.status).toBe(200);
      const answer = await ask(url, tokenIn(join(data, 'owner.token')), VIEWER);
      expect(answer.data.viewer.id).toEqual(expect.any(String));
    } finally {
      child.kill('SIGKILL');
    }
  });
});
