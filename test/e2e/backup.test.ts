import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, type Built, build, ownerToken, type Serving, serving, spawned, stopped } from '../support/built.ts';
import { CREATE_PROJECT, groupOp } from '../support/makers.ts';

let entry: string;
let root: string;
const running: Built[] = [];
beforeAll(() => {
  entry = build();
}, 120_000);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'keyloom-backup-'));
});
afterEach(async () => {
  for (const each of running.splice(0)) if (each.process.exitCode === null) await stopped(each, 'SIGKILL');
  rmSync(root, { recursive: true, force: true });
});

const at = (data: string) => ({ KEYLOOM_PORT: '0', KEYLOOM_DATA: join(root, data), KEYLOOM_HOST: '127.0.0.1' });
const keyed = (data: string) => ({ ...at(data), KEYLOOM_ROOT_KEY_FILE: join(root, 'first/root.key') });
async function start(env: Readonly<Record<string, string>>): Promise<Serving> {
  const server = await serving(entry, env);
  running.push(server);
  return server;
}
async function command(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const built = spawned(entry, env, args);
  running.push(built);
  return { code: await built.ended, output: built.output() };
}
const VALUE = '{ project(slug: "bank") { secretGroups(first: 100) { nodes { slug variables { value } } } } }';

/** A gateway that serves a few groups, and its owner's token. */
async function served() {
  const server = await start({ ...at('first'), KEYLOOM_DEVELOPMENT: 'true' });
  const token = ownerToken(server) ?? '';
  await ask(server.url, token, CREATE_PROJECT, { input: { name: 'bank' } });
  const add = (name: string) =>
    ask(server.url, token, groupOp('createSecretGroup'), {
      input: { project: 'bank', name, secretType: 'ENVIRONMENT', priority: 1, variables: [{ name: 'A', value: name }] },
    });
  for (const name of ['one', 'two', 'three']) await add(name);
  return { server, token, add };
}
const slugsOf = async ({ url }: Serving, token: string): Promise<readonly string[]> =>
  (await ask(url, token, VALUE)).data.project.secretGroups.nodes.map((node: { slug: string }) => node.slug).sort();

describe('backup and restore', () => {
  it('copies what is served, and gives it back where nothing is', async () => {
    const { server, token, add } = await served();
    const file = join(root, 'copy.backup');
    const writing = Promise.all(Array.from({ length: 20 }, (_, i) => add(`meanwhile${i}`)));
    const made = await command(at('first'), 'backup', file);
    await writing;
    expect([made.code, made.output]).toEqual([0, expect.stringContaining(`copied to ${file}`)]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(root).sort()).toEqual(['copy.backup', 'first']);
    expect(await command(at('first'), 'backup', file)).toMatchObject({ code: 1, output: /is there already/ });
    expect(await command(at('first'), 'verify', file)).toMatchObject({ code: 0 });
    expect((await command(keyed('first'), 'verify')).output).toMatch(/records and \d+ documents are as they were/);
    await add('late');
    expect(await command(at('first'), 'restore', file)).toMatchObject({ code: 1, output: /holds a store already/ });
    expect(await slugsOf(server, token)).toContain('late');

    // It begins another life of the store, which takes the key.
    expect(await command(at('second'), 'restore', file)).toMatchObject({ code: 1, output: /root key|root\.key/ });
    const restored = await command(keyed('second'), 'restore', file);
    expect([restored.code, restored.output]).toEqual([0, expect.stringContaining('were restored')]);
    const store = join(root, 'second/store');
    expect([statSync(store).mode & 0o777, statSync(join(store, 'store.mdb')).mode & 0o777]).toEqual([0o700, 0o600]);
    expect((await command(keyed('second'), 'verify')).code).toBe(0);
    const second = await start(keyed('second'));
    const slugs = await slugsOf(second, token);
    expect(slugs).toEqual(expect.arrayContaining(['one', 'two', 'three']));
    expect(slugs).not.toContain('late');
  });

  it('case 124: what is not a whole backup is refused, and nothing is written', async () => {
    await served();
    const file = join(root, 'copy.backup');
    await command(at('first'), 'backup', file);
    const whole = readFileSync(file);
    const flipped = (place: number): Buffer => Buffer.from(whole.map((byte, i) => (i === place ? byte ^ 1 : byte)));
    const swapped = Buffer.concat([whole.subarray(4096, 8192), whole.subarray(0, 4096), whole.subarray(8192)]);
    const damaged: readonly (readonly [string, Buffer, RegExp])[] = [
      ...[0, 5_000, whole.length - 200, whole.length - 60, whole.length - 1].map(
        (place) => [`flipped at ${place}`, flipped(place), /integrity check/] as const,
      ),
      ...[0, 10, 4_096, Math.floor(whole.length / 2), whole.length - 1].map(
        (length) => [`cut to ${length}`, whole.subarray(0, length), /integrity check/] as const,
      ),
      ['with its pages in another order', swapped, /integrity check/],
      ['of a store that is served', readFileSync(join(root, 'first/store/store.mdb')), /integrity check/],
      [
        'of a later format',
        Buffer.from(whole.toString('latin1').replace('keyloom-backup 1', 'keyloom-backup 2'), 'latin1'),
        /format 2/,
      ],
    ];
    for (const [what, bytes, words] of damaged) {
      writeFileSync(file, bytes);
      expect(await command(keyed('second'), 'restore', file), what).toMatchObject({ code: 1, output: words });
      expect(await command(at('second'), 'verify', file), what).toMatchObject({ code: 1, output: words });
    }
    expect(readdirSync(root).sort()).toEqual(['copy.backup', 'first']);
  });

  it('verify finds a document that is gone from the file, and asks for the right key', async () => {
    const { server } = await served();
    await stopped(server, 'SIGTERM');
    expect((await command(keyed('first'), 'verify')).code).toBe(0);
    expect(await command({ ...at('first'), KEYLOOM_ROOT_KEY_FILE: join(root, 'none') }, 'verify')).toMatchObject({
      code: 1,
    });
    const { openLmdbEngine } = await import('../../src/store/embedded/lmdb-engine.ts');
    const { docRange } = await import('../../src/store/embedded/places.ts');
    const { silentLog } = await import('../../src/kernel/log.ts');
    const engine = openLmdbEngine(join(root, 'first/store'), silentLog);
    const { start: from, end } = docRange('secretGroup', ['default'], undefined);
    const [found] = engine.range(from, end, 1);
    await engine.apply([[found?.key ?? from, null]]);
    await engine.close();
    expect(await command(keyed('first'), 'verify')).toMatchObject({ code: 1, output: /documents of kind secretGroup/ });
  });

  it.each([
    [['backup'], 'keyloom backup FILE'],
    [['restore', 'a', 'b'], 'keyloom restore FILE'],
    [['verify', '--all'], 'keyloom verify [FILE]'],
  ])('%j says how it is used', async (args, words) => {
    expect(await command(at('first'), ...args)).toMatchObject({ code: 1, output: expect.stringContaining(words) });
  });
});
