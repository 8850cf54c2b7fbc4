import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, type Built, build, ownerToken, type Serving, serving, stopped } from '../support/built.ts';
import { CREATE_PROJECT, groupOp, operation } from '../support/makers.ts';
import { type SmallVolume, smallExt4, smallTmpfs } from '../support/small-volume.ts';

let entry: string;
let root: string;
let volume: SmallVolume | null = null;
const running: Built[] = [];

beforeAll(() => {
  entry = build();
}, 120_000);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'keyloom-full-'));
});
afterEach(async () => {
  for (const each of running.splice(0)) if (each.process.exitCode === null) await stopped(each, 'SIGKILL');
  volume?.remove();
  volume = null;
  rmSync(root, { recursive: true, force: true });
});

async function start(dir: string): Promise<Serving> {
  const env = { KEYLOOM_PORT: '0', KEYLOOM_DATA: join(dir, 'data'), KEYLOOM_DEVELOPMENT: 'true' };
  const server = await serving(entry, { ...env, KEYLOOM_LIMIT_RATE_POINTS: '0' });
  running.push(server);
  return server;
}

/** A gateway with an owner's token that outlives restarts. */
function clientOf(token: string, at: () => string) {
  const gql = (query: string, variables: object = {}) => ask(at(), token, query, variables);
  const code = ({ errors, data }: Awaited<ReturnType<typeof gql>>): string =>
    errors?.[0]?.extensions.code ?? data.result.code ?? data.result.__typename;
  const create = (name: string, bytes = 30_000) =>
    gql(groupOp('createSecretGroup'), {
      input: {
        project: 'bank',
        name,
        secretType: 'ENVIRONMENT',
        priority: 1,
        variables: [{ name: 'TEXT', value: 'x'.repeat(bytes) }],
      },
    });
  const readable = async (slug: string): Promise<number> => {
    const query = `{ project(slug: "bank") { secretGroup(slug: "${slug}") { variables { value } } } }`;
    return (await gql(query)).data?.project.secretGroup?.variables[0]?.value.length;
  };
  const ready = async () => {
    const response = await fetch(`${at()}/readyz`);
    return { status: response.status, body: await response.json() };
  };
  return { gql, code, create, readable, ready };
}
type Client = ReturnType<typeof clientOf>;

/** Fits nowhere when what `fill` writes does not. */
const LARGER = 60_000;

/** Four writers at once, until one is refused; every one that was acknowledged is kept. */
async function fill(
  client: Client,
  prefix = 'w',
): Promise<{ readonly kept: readonly string[]; readonly refusal: unknown }> {
  const kept: string[] = [];
  let refusal: unknown = null;
  const write = async (writer: number): Promise<void> => {
    for (let i = 0; refusal === null && i < 400; i += 1) {
      const name = `${prefix}${writer}n${i}`;
      const answer = await client.create(name);
      if (client.code(answer) === 'CreateSecretGroupPayload') kept.push(name);
      else refusal ??= answer.errors?.[0] ?? answer;
    }
  };
  await Promise.all([0, 1, 2, 3].map(write));
  // Together they need more room than one alone.
  refusal = null;
  await write(9);
  return { kept, refusal };
}

const FULL = 'No space left for the data directory: reads go on, and writing resumes once there is space';

/** Cases 132 and 261 on one disk. */
async function liveThrough(dir: string, limit: (server: Serving) => void, enlarge: (server: Serving) => void) {
  let server = await start(dir);
  const client = clientOf(ownerToken(server) ?? '', () => server.url);
  await client.gql(CREATE_PROJECT, { input: { name: 'bank' } });
  const made = await client.gql(operation('createToken', 'token { id }'), {
    input: { name: 'one', role: 'reader', kind: 'MACHINE' },
  });
  limit(server);
  const { kept, refusal } = await fill(client);
  expect(refusal).toMatchObject({ message: FULL, extensions: { code: 'UNAVAILABLE' } });
  expect(kept.length).toBeGreaterThan(3);
  expect(await client.ready()).toEqual({ status: 200, body: { status: 'ready', writes: FULL } });
  for (const name of kept) expect(await client.readable(name)).toBe(30_000);

  const revoked = await client.gql(operation('revokeToken', '__typename'), {
    input: { id: made.data.result.token.id },
  });
  expect(client.code(revoked)).toBe('RevokeTokenPayload');
  const group = (await client.gql(`{ project(slug: "bank") { secretGroup(slug: "${kept[0]}") { id } } }`)).data;
  const deleted = await client.gql(groupOp('deleteSecretGroup', 'id'), {
    input: { id: group.project.secretGroup.id },
  });
  expect(client.code(deleted)).toBe('DeleteSecretGroupPayload');
  expect(client.code(await client.create('more', LARGER))).toBe('UNAVAILABLE');

  await stopped(server, 'SIGKILL');
  server = await start(dir);
  limit(server);
  expect(await client.readable(kept[1] ?? '')).toBe(30_000);
  expect((await fill(client, 'again')).refusal).toMatchObject({ message: FULL });
  expect((await client.ready()).body).toEqual({ status: 'ready', writes: FULL });
  expect(client.code(await client.create('more', LARGER))).toBe('UNAVAILABLE');

  enlarge(server);
  expect(await client.ready()).toEqual({ status: 200, body: { status: 'ready' } });
  expect(client.code(await client.create('more', LARGER))).toBe('CreateSecretGroupPayload');
  for (const name of kept.slice(1)) expect(await client.readable(name)).toBe(30_000);
  expect(await client.readable('more')).toBe(LARGER);
  expect([server.process.exitCode, server.output().includes('Unhandled')]).toEqual([null, false]);
}

describe('cases 132 and 261: a full disk stops writers alone, and they resume by themselves', () => {
  it('of memory', async (context) => {
    volume = smallTmpfs(root, '3m', '8m');
    if (!volume) return context.skip('tmpfs cannot be mounted here');
    const { dir, enlarge } = volume;
    await liveThrough(dir, () => {}, enlarge);
  });

  it('of ext4', async (context) => {
    volume = smallExt4(root, 8_388_608, 4_000_000);
    if (!volume) return context.skip('a file system in a file cannot be mounted here');
    const { dir, enlarge } = volume;
    await liveThrough(dir, () => {}, enlarge);
  });

  it('where no file may grow beyond a bound', async (context) => {
    if (spawnSync('prlimit', ['--version']).status !== 0) return context.skip('there is no prlimit');
    const bound = (bytes: string) => (server: Serving) =>
      void spawnSync('prlimit', ['--pid', String(server.process.pid), `--fsize=${bytes}:`]);
    await liveThrough(root, bound('6000000'), bound('60000000'));
  });
});
