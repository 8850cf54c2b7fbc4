import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import type { MacHolder } from '../../src/keys/mac-holder.ts';
import { openEmbeddedStore, openMemoryStore } from '../../src/store/embedded/open.ts';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import type { OpenedStore } from '../../src/store/port.ts';
import { dropDatabase } from '../support/canaries.ts';
import { KINDS } from '../support/kinds.ts';
import { listen, until } from '../support/listening.ts';
import { aGroup, aProject, aServiceInput, codeOf, done, operation, PUT_SERVICE, run } from '../support/makers.ts';
import { aDatabase } from '../support/mongodb.ts';
import { startApp, type TestApp } from '../support/start-app.ts';
import { CHANGES, ENVIRONMENT_CHANGED } from '../support/stream-queries.ts';

const DAY = 86_400_000;
const mongodbUrl = inject('mongodbUrl');
const database = aDatabase();
const dir = mkdtempSync(join(tmpdir(), 'keyloom-doomed-'));
afterAll(async () => {
  rmSync(dir, { recursive: true, force: true });
  if (mongodbUrl) await dropDatabase(mongodbUrl, database);
});

const STORES: readonly (readonly [string, (holder: MacHolder) => OpenedStore | Promise<OpenedStore>])[] = [
  ['memory', ({ mac }) => openMemoryStore({ mac })],
  ['embedded', ({ mac }) => openEmbeddedStore({ dir, mac, log: silentLog })],
  ...(mongodbUrl
    ? [['MongoDB', ({ mac }: MacHolder) => openMongoStore({ url: mongodbUrl, database, mac, log: silentLog })] as const]
    : []),
];

/** A gateway whose wall clock and monotonic clock are the test's. */
async function aHouse(open: (typeof STORES)[number][1]) {
  let wall = Date.parse('2026-01-01T00:00:00Z');
  let beat = 0;
  const app = await startApp({ open, clock: () => new Date(wall), monotonic: () => beat });
  return {
    app,
    pass(days: number) {
      wall += days * DAY;
      beat += days * DAY;
    },
    jump(days: number) {
      wall += days * DAY;
    },
    destroy: async () => {
      for (const job of app.gateway.jobs.filter(({ name }) => name === 'projects'))
        await job.run(new AbortController().signal);
    },
  };
}

async function remains({ store }: TestApp): Promise<readonly string[]> {
  const found: string[] = [];
  for (const kind of KINDS) {
    const docs = await store.list(kind, ['default'], { limit: 1_000 });
    for (const { key } of docs) if (key[1] === 'doomed' && kind !== 'project') found.push(`${kind} ${key.join('/')}`);
  }
  return found;
}

const files = (folder: string): readonly Buffer[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));

const DELETE = operation('deleteProject', 'project { slug }');
const RESTORE = operation('restoreProject', 'project { slug }');

describe.each(STORES)('case 273, %s store', (_name, open) => {
  it('destroys a project seven days after its deletion, and its cursors are good for no other', async () => {
    const { app, pass, destroy } = await aHouse(open);
    const id = await aProject(app, 'Doomed');
    await aGroup(app, { project: 'doomed', variables: [{ name: 'A', value: 'hunter2doomed' }] });
    const watching = { project: 'doomed', service: 'w' };
    const listener = await listen(app.url, app.owner, ENVIRONMENT_CHANGED, { variables: { ...watching } });
    await done(app, PUT_SERVICE, aServiceInput({ project: 'doomed', id: 'w' }));
    const [{ cursor }] = await listener.count(1);
    await listener.stop();
    await done(app, operation('deleteService', ''), { project: 'doomed', id: 'w' });
    await done(app, DELETE, { id });
    pass(6.9);
    await destroy();
    expect(codeOf(await run(app, RESTORE, { id }))).toBe('OK');
    await done(app, DELETE, { id });
    pass(0.5);
    await destroy();
    expect((await remains(app)).length).toBeGreaterThan(2);
    pass(6.6);
    await destroy();
    expect(await remains(app)).toEqual([]);
    expect(codeOf(await run(app, RESTORE, { id }))).toBe('NOT_FOUND');
    await aProject(app, 'Doomed');
    await done(app, PUT_SERVICE, aServiceInput({ project: 'doomed', id: 'w' }));
    const late = await listen(app.url, app.owner, ENVIRONMENT_CHANGED, { variables: { ...watching, after: cursor } });
    await until(() => late.ended.by !== null, 'the refusal');
    expect(late.ended.by).toEqual(['INVALID_CURSOR']);
    await late.stop();
    await app.close();
  });
});

it('whoever listens on the strength of a role hears nothing of the next project of the slug that it names', async () => {
  const { app, pass, destroy } = await aHouse(({ mac }) => openMemoryStore({ mac }));
  const id = await aProject(app, 'Doomed');
  const grants = [{ resources: ['PROJECT', 'SECRET_GROUP'], verbs: ['LIST', 'LIST_KEYS'], projects: ['doomed'] }];
  await done(app, operation('createRole', 'role { slug }'), { name: 'Of Doomed', grants });
  const listener = await listen(app.url, await app.token('of-doomed'), CHANGES);
  const witness = await listen(app.url, app.owner, CHANGES);
  await aGroup(app, { project: 'doomed', name: 'First' });
  await listener.count(1);
  await done(app, DELETE, { id });
  pass(8);
  await destroy();
  await aProject(app, 'Doomed');
  await aGroup(app, { project: 'doomed', name: 'Second' });
  await aGroup(app, { project: 'doomed', name: 'Third' });
  await until(() => JSON.stringify(witness.events).includes('third'), 'the last event');
  expect(JSON.stringify(listener.events)).toContain('first');
  expect(JSON.stringify(listener.events)).not.toMatch(/second|third/);
  await Promise.all([listener.stop(), witness.stop()]);
  await app.close();
});

it('a project is not destroyed while the clock of the process is known to have jumped', async () => {
  const { app, jump, pass, destroy } = await aHouse(({ mac }) => openMemoryStore({ mac }));
  const id = await aProject(app, 'Doomed');
  await aGroup(app, { project: 'doomed' });
  await done(app, DELETE, { id });
  jump(8);
  await destroy();
  expect((await remains(app)).length).toBeGreaterThan(0);
  jump(-8);
  pass(1);
  expect(codeOf(await run(app, RESTORE, { id }))).toBe('OK');
  await app.close();
});

it('no value of a destroyed project is in the files of the embedded store in plain text', () => {
  const found = files(dir);
  expect(found.length).toBeGreaterThan(0);
  for (const bytes of found) expect(bytes.includes('hunter2doomed')).toBe(false);
});
