import { type Log, silentLog } from '../../kernel/log.ts';
import { FORMAT } from '../format.ts';
import type { Quotas } from '../kept.ts';
import type { Mac, OpenedStore } from '../port.ts';
import type { Engine } from './engine.ts';
import { openLmdbEngine } from './lmdb-engine.ts';
import { openMemoryEngine } from './memory-engine.ts';
import { VERSION_AT } from './places.ts';
import { checkFormat, encodeNumber } from './records.ts';
import { createEmbeddedStore } from './store.ts';

export interface MemoryOptions {
  readonly mac: Mac;
  /** How much may be kept; as much as is usual unless given. */
  readonly quotas?: Quotas;
  readonly log?: Log;
}

export interface EmbeddedOptions extends MemoryOptions {
  readonly dir: string;
}

/** The embedded store without its file. */
export function openMemoryStore({ mac, quotas }: MemoryOptions): OpenedStore {
  return createEmbeddedStore(openMemoryEngine(), mac, quotas);
}

/** The store in a directory of its own. UNAVAILABLE when another process has it, or another version of Keyloom wrote it. */
export async function openEmbeddedStore({ dir, mac, quotas, log = silentLog }: EmbeddedOptions): Promise<OpenedStore> {
  const engine = openLmdbEngine(dir, log);
  try {
    await takeFormat(engine);
    // Takes the reserve while it can be had, and says from the start when it cannot.
    await engine.makeRoom?.([]);
  } catch (error) {
    await engine.close();
    throw error;
  }
  return createEmbeddedStore(engine, mac, quotas);
}

async function takeFormat(engine: Engine): Promise<void> {
  const stored = engine.get(VERSION_AT);
  if (stored) checkFormat(stored);
  else await engine.apply([[VERSION_AT, encodeNumber(VERSION_AT, FORMAT)]]);
}
