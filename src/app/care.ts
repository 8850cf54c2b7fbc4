import { join } from 'node:path';
import { loadRootKey } from '../crypto/root-key.ts';
import { systemClock } from '../kernel/clock.ts';
import { unavailable } from '../kernel/errors.ts';
import { silentLog } from '../kernel/log.ts';
import { createMacHolder } from '../keys/mac-holder.ts';
import { openKeys } from '../keys/open-keys.ts';
import { backUp, checkBackup, restore } from '../store/embedded/backup.ts';
import { openForReading } from '../store/embedded/copy.ts';
import { openEmbeddedStore } from '../store/embedded/open.ts';
import { createReadOnlyStore } from '../store/embedded/store.ts';
import type { Config } from './config.ts';
import { verifyAll } from './verify.ts';

function directoryOf({ mongodbUrl, dataDirectory }: Config): string {
  if (mongodbUrl !== null) throw unavailable('That is for the embedded store; MongoDB has tools of its own');
  return join(dataDirectory, 'store');
}

const many = (count: number, noun: string): string => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

/** A copy of the embedded store in a new file; the gateway may serve it meanwhile. */
export async function makeBackup(config: Config, file: string): Promise<readonly string[]> {
  const records = await backUp(directoryOf(config), file);
  return [`${many(records, 'record')} were copied to ${file}. The root key is not in it: keep that elsewhere.`];
}

/** The embedded store as a backup holds it, where there is none: the root key must be that of the backup. */
export async function restoreBackup(config: Config, file: string): Promise<readonly string[]> {
  const dir = directoryOf(config);
  const rootKey = await rootKeyOf(config);
  const records = await restore(file, dir, (copy) => reincarnated(copy, rootKey));
  return [
    `${many(records, 'record')} were restored to ${dir}.`,
    'What was revoked or deleted after the backup is as it was before: look through the tokens.',
    "A checkpoint file is another store's now: `keyloom checkpoint --accept` takes this one as it is.",
  ];
}

/** Looks at every byte of a backup, or at everything in the embedded store; a served one as it is at this moment. */
export async function verifyStore(config: Config, file: string | undefined): Promise<readonly string[]> {
  if (file !== undefined) {
    await checkBackup(file);
    return [`${file} is whole.`];
  }
  const holder = createMacHolder();
  const reading = openForReading(join(directoryOf(config), 'store.mdb'));
  try {
    const records = reading.checkRecords();
    const store = createReadOnlyStore(reading, holder.mac);
    const rootKey = await rootKeyOf(config);
    const keys = await openKeys({ store, holder, rootKey, clock: systemClock, initialise: false });
    const documents = await verifyAll(store, keys, reading.scopes());
    return [`${many(records, 'record')} and ${many(documents, 'document')} are as they were written.`];
  } finally {
    await reading.close();
  }
}

/** From here on it is another life of the store: whoever keeps a checkpoint of the one before has to accept it. */
async function reincarnated(dir: string, rootKey: Uint8Array): Promise<void> {
  const holder = createMacHolder();
  const store = await openEmbeddedStore({ dir, mac: holder.mac, log: silentLog });
  try {
    const keys = await openKeys({ store, holder, rootKey, clock: systemClock, initialise: false });
    await keys.reincarnate('system:restore');
  } finally {
    await store.close();
  }
}

const rootKeyOf = ({ rootKeyFile, rootKey, dataDirectory }: Config): Promise<Uint8Array> =>
  rootKey === null
    ? loadRootKey({ file: rootKeyFile ?? join(dataDirectory, 'root.key') })
    : loadRootKey({ env: rootKey.reveal() });
