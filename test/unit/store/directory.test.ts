import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/kernel/log.ts';
import { openLmdbEngine } from '../../../src/store/embedded/lmdb-engine.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/open.ts';
import { VERSION_AT } from '../../../src/store/embedded/places.ts';
import { encodeNumber } from '../../../src/store/embedded/records.ts';
import { createEmbeddedStore } from '../../../src/store/embedded/store.ts';
import { openStore } from '../../../src/store/open.ts';
import { aCommit, aPut, testMac } from '../../support/a-commit.ts';
import { startStoreChild } from '../../support/kill-cycle.ts';

let dir: string;
const open = () => openEmbeddedStore({ dir, mac: testMac });
const key = ['acme', 'p', 'a'];

beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'keyloom-dir-')), 'data');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

it('what was committed is there after closing and opening', async () => {
  const store = await openStore({ dir, mac: testMac, log: silentLog });
  await store.commit(aCommit([aPut(key)]));
  await store.close();
  const again = await open();
  expect((await again.get('secretGroup', key))?.revision).toBe(1);
  expect((await again.commit(aCommit([aPut(key, 1)]))).seq).toBe(2);
  await again.close();
});

it('the directory is 0700 and its files 0600', async () => {
  const store = await open();
  const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
  expect(modeOf(dir)).toBe('700');
  expect(readdirSync(dir).sort()).toEqual(['store.lock', 'store.mdb', 'store.mdb-lock']);
  for (const file of readdirSync(dir)) expect(modeOf(join(dir, file)), file).toBe('600');
  await store.close();
});

it('opening and closing leaves the data as it was, byte by byte', async () => {
  await (await open()).close();
  const before = readFileSync(join(dir, 'store.mdb'));
  await (await open()).close();
  expect(readFileSync(join(dir, 'store.mdb')).equals(before)).toBe(true);
});

describe('case 134: a second process', () => {
  it('is refused while the first runs, and let in once that was killed', async () => {
    const first = startStoreChild(dir, 'hold');
    await first.said(1);
    expect(first.lines()).toEqual(['open']);
    await expect(open()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(String(first.process.pid)),
    });
    await first.kill();
    expect(readdirSync(dir)).toContain('store.lock');
    const store = await open();
    await store.commit(aCommit([aPut(key)]));
    await store.close();
    expect(readdirSync(dir)).not.toContain('store.lock');
  });

  it('is refused within one process too, which goes on undisturbed', async () => {
    const store = await open();
    await expect(open()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await store.commit(aCommit([aPut(key)]));
    expect((await store.get('secretGroup', key))?.revision).toBe(1);
    await store.close();
  });

  it.each([
    [
      'of a process number that another process has now',
      { pid: process.pid, boot: 'x', started: '1', space: '', nonce: '' },
    ],
    ['of an earlier start of the machine', { pid: 1, boot: 'another', started: '0', space: '', nonce: '' }],
    ['that is no lock at all', 'garbage'],
  ])('a lock %s is stale', async (_what, content) => {
    await (await open()).close();
    writeFileSync(join(dir, 'store.lock'), JSON.stringify(content));
    await (await open()).close();
  });

  it('of another container, whose process numbers say nothing, is refused', async () => {
    const first = startStoreChild(dir, 'hold');
    await first.said(1);
    const lock = join(dir, 'store.lock');
    const elsewhere = { ...JSON.parse(readFileSync(lock, 'utf8')), pid: process.pid, space: 'pid:[1]' };
    writeFileSync(lock, JSON.stringify(elsewhere));
    const refused = { code: 'UNAVAILABLE', message: expect.stringContaining('another container') };
    await expect(open()).rejects.toMatchObject(refused);
    rmSync(lock);
    await expect(open()).rejects.toMatchObject(refused);
    writeFileSync(lock, JSON.stringify(elsewhere));
    await first.kill();
    // The same words, but the kernel says that nobody has the file open.
    await (await open()).close();
  });

  it('that writes all the same is noticed: the one fenced off serves nothing more', async () => {
    const engine = openLmdbEngine(dir, silentLog);
    const reasons: string[] = [];
    engine.onLost?.(({ message }) => void reasons.push(message));
    const store = createEmbeddedStore(engine, testMac);
    await store.commit(aCommit([aPut(key)]));
    expect((await store.head(['acme']))?.seq).toBe(1);
    // As on another machine, which knows nothing of these files.
    for (const file of ['store.lock', 'store.mdb-lock']) rmSync(join(dir, file));
    const intruder = startStoreChild(dir, 'write');
    await intruder.said(3);
    await intruder.kill();
    expect(intruder.lines()[0]).toBe('open');
    const lost = { code: 'UNAVAILABLE', message: expect.stringContaining('taken over') };
    await expect(store.head(['acme'])).rejects.toMatchObject(lost);
    await expect(store.commit(aCommit([aPut(key, 1)]))).rejects.toMatchObject(lost);
    expect(await store.trouble?.()).toMatchObject({ passes: false });
    expect(reasons).toEqual([expect.stringContaining('taken over')]);
    await store.close();
  });

  it('that only claims it is noticed as well, without anybody asking', async () => {
    const engine = openLmdbEngine(dir, silentLog);
    await engine.apply([]);
    const told = new Promise<string>((resolve) => engine.onLost?.(({ message }) => resolve(message)));
    for (const file of ['store.lock', 'store.mdb-lock']) rmSync(join(dir, file));
    const intruder = startStoreChild(dir, 'claim');
    await intruder.said(1);
    expect(await told).toContain('taken over');
    await intruder.kill();
    await engine.close();
  });
});

it('case 135: a directory of a later format is refused, and nothing in it changes', async () => {
  const engine = openLmdbEngine(dir, silentLog);
  await engine.apply([[VERSION_AT, encodeNumber(VERSION_AT, 99)]]);
  await engine.close();
  const before = readFileSync(join(dir, 'store.mdb'));
  await expect(open()).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/99/) });
  expect(readFileSync(join(dir, 'store.mdb')).equals(before)).toBe(true);
  expect(readdirSync(dir)).not.toContain('store.lock');
});

describe('case 136: a damaged data file', () => {
  async function grown(): Promise<Buffer> {
    const store = await open();
    for (let i = 0; i < 20; i += 1) await store.commit(aCommit([aPut(['acme', 'p', `d${i}`])]));
    await store.close();
    return readFileSync(join(dir, 'store.mdb'));
  }
  const write = (bytes: Buffer): void => writeFileSync(join(dir, 'store.mdb'), bytes);

  it.each<[string, (whole: Buffer) => Buffer]>([
    ['of something else', () => Buffer.alloc(16_384, 'x')],
    ['of noughts', () => Buffer.alloc(16_384)],
    ['of a few bytes', (whole) => whole.subarray(0, 100)],
    ['cut after its first page', (whole) => whole.subarray(0, 4096)],
    ['cut after its meta pages', (whole) => whole.subarray(0, 8192)],
  ])('%s is refused', async (_what, damage) => {
    write(damage(await grown()));
    await expect(open()).rejects.toMatchObject({ code: 'INTEGRITY' });
  });

  it('a flipped byte in any stored body is noticed when it is read', async () => {
    const whole = await grown();
    const places: number[] = [];
    for (let at = whole.indexOf('body of'); at !== -1; at = whole.indexOf('body of', at + 1)) places.push(at);
    expect(places.length).toBeGreaterThan(0);
    write(Buffer.from(whole.map((byte, at) => (places.includes(at) ? byte ^ 1 : byte))));
    const store = await open();
    await expect(store.get('secretGroup', ['acme', 'p', 'd3'])).rejects.toMatchObject({ code: 'INTEGRITY' });
    await expect(store.list('secretGroup', ['acme'], { limit: 99 })).rejects.toMatchObject({ code: 'INTEGRITY' });
    await store.close();
  });
});
