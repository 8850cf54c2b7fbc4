import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { silentLog } from '../../src/kernel/log.ts';
import { openEmbeddedStore, openMemoryStore } from '../../src/store/embedded/open.ts';
import { openMongoStore } from '../../src/store/mongo/store.ts';
import type { Doc, Key } from '../../src/store/port.ts';
import { done, operation, run } from '../support/makers.ts';
import { aDatabase } from '../support/mongodb.ts';
import { type AppOptions, startApp, type TestApp } from '../support/start-app.ts';

const url = inject('mongodbUrl') ?? '';
const directory = mkdtempSync(join(tmpdir(), 'keyloom-idempotency-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const STORES: readonly { readonly name: string; readonly there: boolean; readonly open: AppOptions['open'] }[] = [
  { name: 'memory', there: true, open: ({ mac }) => openMemoryStore({ mac }) },
  {
    name: 'the embedded store',
    there: true,
    open: ({ mac }) => openEmbeddedStore({ dir: directory, mac, log: silentLog }),
  },
  {
    name: 'MongoDB',
    there: url !== '',
    open: ({ mac }) => openMongoStore({ url, database: aDatabase(), mac }),
  },
];
const HOUR = 3_600_000;
const CREATE = operation('createProject', 'project { id slug } commit { seq }');
const MANY = 110;

for (const { name, there, open } of STORES) {
  describe.skipIf(!there)(`idempotency keys on ${name}`, () => {
    let app: TestApp;
    let now = Date.parse('2026-03-04T05:06:07Z');
    beforeAll(async () => {
      app = await startApp({ clock: () => new Date(now), ...(open ? { open } : {}) });
    });
    afterAll(() => app.close());

    const forget = (signal = new AbortController().signal) =>
      app.gateway.jobs.find((each) => each.name === 'forget idempotency keys')?.run(signal);
    const kept = async (): Promise<readonly Doc[]> => app.store.list('idempotency', ['default'], { limit: 1_000 });
    const seq = async () => (await app.store.head(['default']))?.seq ?? 0;
    const plant = (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, i) =>
          done(app, operation('createTag', 'tag { id }'), { name: `t${now}-${i}`, idempotencyKey: `key ${now} ${i}` }),
        ),
      );

    it('are remembered for a day, however often old ones are forgotten, and stand for a new request then', async () => {
      const input = { name: 'Only Once', idempotencyKey: 'k' };
      const first = await done(app, CREATE, input);
      now += 24 * HOUR - 1;
      const before = await seq();
      await forget();
      expect(await seq()).toBe(before);
      expect(await done(app, CREATE, input)).toEqual(first);
      now += 1;
      await forget();
      expect(await seq()).toBe(before + 1);
      expect(await kept()).toEqual([]);
      // What it made is there; asked again, it is made again, or is a conflict as of any taken name.
      expect(await run(app, CREATE, input)).toMatchObject({ code: 'CONFLICT' });
      const other = await done(app, CREATE, { name: 'Another', idempotencyKey: 'k' });
      expect(await done(app, CREATE, { name: 'Another', idempotencyKey: 'k' })).toEqual(other);
    });

    it('are forgotten at most 100 in a commit, and only those that are old', async () => {
      now += 24 * HOUR;
      await forget();
      await plant(MANY);
      now += 23 * HOUR;
      await plant(3);
      now += HOUR;
      const before = await seq();
      await forget();
      const commits = await app.store.commitsAfter('default', before, 100);
      expect(commits.map(({ operation: of, touched }) => [of, touched.length])).toEqual(
        [100, 10].map((count) => ['idempotency.forget', count]),
      );
      expect(commits.every(({ touched }) => touched.every(({ kind }) => kind === 'idempotency'))).toBe(true);
      expect(await kept()).toHaveLength(3);
      const ids: readonly Key[] = (await kept()).map(({ key }) => key);
      now += 24 * HOUR;
      // Two processes at once: each record goes once, and neither fails.
      await Promise.all([forget(), forget()]);
      for (const key of ids) expect(await app.store.get('idempotency', key)).toBeNull();
    });

    it('stay when the gateway ends before the work begins', async () => {
      await plant(2);
      now += 25 * HOUR;
      const stopped = new AbortController();
      stopped.abort();
      await forget(stopped.signal);
      expect(await kept()).toHaveLength(2);
    });
  });
}
