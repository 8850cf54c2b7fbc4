import { systemClock } from '../../src/kernel/clock.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { createMacHolder } from '../../src/keys/mac-holder.ts';
import { openKeys } from '../../src/keys/open-keys.ts';
import type { Fields, Json, Key, Kind, Store } from '../../src/store/port.ts';
import { changesOf } from '../../src/vault/change.ts';
import type { DocumentType } from '../../src/vault/document.ts';
import { createVault } from '../../src/vault/vault.ts';
import { ROOT_KEY } from './start-app.ts';

const asItIs = (kind: Kind): DocumentType<Fields, Json> => ({ kind, encode: (body) => body, decode: (json) => json });
const IN_ONE_COMMIT = 1_000;

/** So many copies of a document beside it, past the services: made one after another they would take the test's time. */
export async function writeCopies(
  store: Store,
  kind: Kind,
  key: Key,
  count: number,
  fieldsOf: (fields: Fields, i: number) => Fields = (fields) => fields,
): Promise<void> {
  const holder = createMacHolder();
  const keys = await openKeys({ store, holder, rootKey: ROOT_KEY, clock: systemClock, initialise: false });
  const vault = createVault({ store, keys, clock: systemClock, log: silentLog, cacheBytes: 0 });
  const type = asItIs(kind);
  const stored = await vault.one(type, key);
  if (!stored) throw new Error(`there is no ${kind} ${key.join('/')}`);
  const changes = Array.from({ length: count }, (_, i) =>
    changesOf(type).create([...key.slice(0, -1), `copy-${i}`], fieldsOf(stored.fields, i), stored.body()),
  );
  for (let i = 0; i < count; i += IN_ONE_COMMIT) {
    const some = changes.slice(i, i + IN_ONE_COMMIT);
    await vault.commit({ team: key[0] ?? '', actor: 'test', operation: 'test', changes: some });
  }
}
