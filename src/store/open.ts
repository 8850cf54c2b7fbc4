import type { Log } from '../kernel/log.ts';
import { openEmbeddedStore } from './embedded/open.ts';
import type { Quotas } from './kept.ts';
import type { Mac, OpenedStore } from './port.ts';

export interface StoreOptions {
  /** Of MongoDB; the embedded store in `dir` when not given. */
  readonly mongodbUrl?: string;
  readonly database?: string;
  readonly dir: string;
  readonly mac: Mac;
  readonly log: Log;
  /** How much may be kept; as much as is usual unless given. */
  readonly quotas?: Quotas;
}

/** The store that the configuration asks for; the driver of the other is not loaded. */
export async function openStore({
  mongodbUrl,
  database = 'keyloom',
  dir,
  ...options
}: StoreOptions): Promise<OpenedStore> {
  if (mongodbUrl === undefined) return openEmbeddedStore({ dir, ...options });
  const { openMongoStore } = await import('./mongo/store.ts');
  return openMongoStore({ url: mongodbUrl, database, ...options });
}
