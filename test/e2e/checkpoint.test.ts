import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, type Built, build, ownerToken, type Serving, serving, spawned, stopped } from '../support/built.ts';
import { CREATE_PROJECT } from '../support/makers.ts';
import { type SmallVolume, smallTmpfs } from '../support/small-volume.ts';

let entry: string;
let root: string;
let volume: SmallVolume | null = null;
const running: Built[] = [];
beforeAll(() => {
  entry = build();
}, 120_000);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'keyloom-checkpoint-'));
  volume = smallTmpfs(root, '1m', '2m');
});
afterEach(async () => {
  for (const each of running.splice(0)) if (each.process.exitCode === null) await stopped(each, 'SIGKILL');
  volume?.remove();
  rmSync(root, { recursive: true, force: true });
});

const data = () => join(root, 'data');
const fileIn = (dir: string) => join(dir, 'checkpoint.json');
const env = (file: string) => ({
  KEYLOOM_PORT: '0',
  KEYLOOM_DATA: data(),
  KEYLOOM_DEVELOPMENT: 'true',
  KEYLOOM_CHECKPOINT_FILE: file,
});
async function start(file: string): Promise<Serving> {
  const server = await serving(entry, env(file));
  running.push(server);
  return server;
}
/** What a start, or a command, says that ends with 1. */
async function refusal(file: string, ...args: readonly string[]): Promise<string> {
  const built = spawned(entry, env(file), args);
  running.push(built);
  expect(await built.ended).toBe(1);
  return built.output();
}
async function accepted(file: string): Promise<string> {
  const built = spawned(entry, env(file), ['checkpoint', '--accept']);
  running.push(built);
  expect([await built.ended, built.output()]).toEqual([0, expect.stringContaining('is now where the store is')]);
  return built.output();
}
const addProject = (server: Serving, token: string, name: string) =>
  ask(server.url, token, CREATE_PROJECT, { input: { name } });
const seqIn = (file: string): number => JSON.parse(JSON.parse(readFileSync(file, 'utf8')).content).teams.default.seq;

describe('case 260: the whole store put back', () => {
  it('is refused against the checkpoint file until that is accepted', async (context) => {
    if (!volume) return context.skip('a volume of its own cannot be mounted here');
    const file = fileIn(volume.dir);
    const first = await start(file);
    const token = ownerToken(first) ?? '';
    await addProject(first, token, 'one');
    await stopped(first, 'SIGTERM');
    const before = seqIn(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    cpSync(join(data(), 'store'), join(root, 'old'), { recursive: true });

    const second = await start(file);
    await addProject(second, token, 'two');
    while (seqIn(file) === before) await sleep(50);
    // Killed: what it wrote by itself has to do.
    await stopped(second, 'SIGKILL');
    rmSync(join(data(), 'store'), { recursive: true });
    cpSync(join(root, 'old'), join(data(), 'store'), { recursive: true });
    const words = await refusal(file);
    expect(words).toContain('The store is older than its checkpoint');
    expect(words).toContain(`ends at commit ${before} of default, the checkpoint at ${before + 1}`);
    expect(words).toContain('keyloom checkpoint --accept');

    // As many commits as before, but others.
    const elsewhere = join(volume.dir, 'elsewhere.json');
    await accepted(elsewhere);
    const other = await start(elsewhere);
    for (const name of ['three', 'four']) await addProject(other, token, name);
    await stopped(other, 'SIGTERM');
    expect(await refusal(file)).toContain(`commit ${before + 1} of default is another one`);

    const shown = await accepted(file);
    expect(shown).toMatch(new RegExp(`default: commit ${before + 1},[^]*Store:[^]*default: commit ${before + 2},`));
    const third = await start(file);
    expect((await ask(third.url, token, '{ viewer { role { slug } } }')).data.viewer.role.slug).toBe('owner');
  });

  it('a backup that was restored is another life of the store, though nothing was committed since it was made', async (context) => {
    if (!volume) return context.skip('a volume of its own cannot be mounted here');
    const file = fileIn(volume.dir);
    await stopped(await start(file), 'SIGTERM');
    const backup = join(root, 'copy.backup');
    const command = async (...args: readonly string[]): Promise<number | null> => {
      const built = spawned(entry, env(file), args);
      running.push(built);
      return built.ended;
    };
    expect(await command('backup', backup)).toBe(0);
    rmSync(join(data(), 'store'), { recursive: true });
    expect(await command('restore', backup)).toBe(0);
    expect(await refusal(file)).toContain('The store was restored from a backup');
    await accepted(file);
    await stopped(await start(file), 'SIGTERM');
  });

  it('a store that was erased is not founded anew', async (context) => {
    if (!volume) return context.skip('a volume of its own cannot be mounted here');
    const file = fileIn(volume.dir);
    await stopped(await start(file), 'SIGTERM');
    rmSync(join(data(), 'store'), { recursive: true });
    expect(await refusal(file)).toContain('The store is empty, but the checkpoint file');
  });
});

describe('a checkpoint file', () => {
  it('that is absent, damaged, forged or foreign is refused, and accepted by command alone', async (context) => {
    if (!volume) return context.skip('a volume of its own cannot be mounted here');
    const file = fileIn(volume.dir);
    await stopped(await start(file), 'SIGTERM');
    const whole = readFileSync(file, 'utf8');
    const forged = whole.replace(/seq\\":(\d+)/, (_, seq) => `seq\\":${Number(seq) - 1}`);
    expect(forged).not.toBe(whole);
    for (const [text, words] of [
      [whole.slice(0, 20), 'is no checkpoint of Keyloom'],
      [forged, 'was not written by this installation, or was edited'],
      ['{}', 'is no checkpoint of Keyloom'],
    ] as const) {
      writeFileSync(file, text);
      expect(await refusal(file)).toContain(words);
    }
    rmSync(file);
    expect(await refusal(file)).toContain('is not there');
    mkdirSync(file);
    expect(await refusal(file)).toContain('cannot be read (EISDIR)');
    rmSync(file, { recursive: true });
    expect(await accepted(file)).not.toContain("store's own volume");
    await stopped(await start(file), 'SIGTERM');
  });

  it("on the store's own volume is refused until that is accepted", async () => {
    const file = fileIn(root);
    expect(await refusal(file)).toContain("is on the store's own volume");
    expect(await accepted(file)).toContain('whoever puts back the volume puts back both');
    const server = await start(file);
    await stopped(server, 'SIGTERM');
    await stopped(await start(file), 'SIGTERM');
  });
});
