import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Checkpoint, followCheckpoint } from '../../src/app/checkpoint.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { type Log, silentLog } from '../../src/kernel/log.ts';
import { createMacHolder } from '../../src/keys/mac-holder.ts';
import { openKeys } from '../../src/keys/open-keys.ts';
import type { Store } from '../../src/store/port.ts';
import { aCommit, aPut } from '../support/a-commit.ts';
import { changesBetween, type EditableStore, editableStore } from '../support/editable-store.ts';
import { ROOT_KEY } from '../support/start-app.ts';

let folder: string;
let edit: EditableStore;
let store: Store;
let checkpoint: Checkpoint;
let lines: string[];
/** How often the store was looked at. */
let looks: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyloom-checkpoint-'));
  edit = editableStore();
  lines = [];
  looks = 0;
  const holder = createMacHolder();
  store = edit.open(holder);
  const keys = await openKeys({ store, holder, rootKey: ROOT_KEY, clock: systemClock, initialise: true });
  const told = (event: string, facts?: object): void => void lines.push(`${event} ${JSON.stringify(facts ?? {})}`);
  const log: Log = { ...silentLog, error: told, info: told };
  const counted: Store = {
    ...store,
    head(scope) {
      if (scope[0] === 'acme') looks += 1;
      return store.head(scope);
    },
  };
  await put(null);
  const deps = { file: join(folder, 'checkpoint.json'), storeDirectory: null, teams: ['acme'], store: counted, keys };
  checkpoint = await followCheckpoint({ ...deps, made: () => new Map() }, log, 5);
});
afterEach(async () => {
  await checkpoint.close();
  rmSync(folder, { recursive: true, force: true });
});

const put = (expected: number | null) => store.commit(aCommit([aPut(['acme', 'shop', 'group'], expected)]));
/** Two of them may have begun before the call. */
const looked = async (): Promise<void> => {
  const wanted = looks + 6;
  await expect.poll(() => looks, { timeout: 20_000, interval: 5 }).toBeGreaterThan(wanted);
};

it('a store that is put back is told once, however long that lasts, and once more after it was as it should be', async () => {
  await looked();
  const old = await edit.copy();
  await put(1);
  await looked();
  const now = await edit.copy();
  const lost = 'integrity_failure {"kind":"checkpoint","document":"acme"}';
  const found = 'checkpoint_follows_again {"document":"acme"}';
  expect(lines).toEqual([]);
  await edit.apply(changesBetween(now, old));
  await looked();
  await looked();
  expect(lines).toEqual([lost]);
  await edit.apply(changesBetween(old, now));
  await looked();
  await looked();
  expect(lines).toEqual([lost, found]);
  await edit.apply(changesBetween(now, old));
  await looked();
  expect(lines).toEqual([lost, found, lost]);
});
