import type { Log } from '../kernel/log.ts';
import { openEmbeddedStore } from './embedded/open.ts';
import { openMongoStore } from './mongo/store.ts';
import type { Mac, OpenedStore } from './port.ts';

export interface StoreOptions {
  /** Of MongoDB; the embedded store in `dir` when not given. */
  readonly mongodbUrl?: string;
  readonly database?: string;
  readonly dir: string;
  readonly mac: Mac;
  readonly log: Log;
}

/** The store that the configuration asks for. */
export function openStore({ mongodbUrl, database = 'keyloom', dir, mac, log }: StoreOptions): Promise<OpenedStore> {
  return mongodbUrl === undefined
    ? openEmbeddedStore({ dir, mac, log })
    : openMongoStore({ url: mongodbUrl, database, mac, log });
}
