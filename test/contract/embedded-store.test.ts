import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../src/kernel/log.ts';
import { openLmdbEngine } from '../../src/store/embedded/lmdb-engine.ts';
import { storeOverEngine } from '../support/engine-store.ts';
import { storeContract } from './store.contract.ts';

storeContract('embedded', async (quotas) => {
  const dir = mkdtempSync(join(tmpdir(), 'keyloom-store-'));
  return storeOverEngine(openLmdbEngine(dir, silentLog), () => rmSync(dir, { recursive: true, force: true }), quotas);
});
