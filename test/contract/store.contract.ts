import { describe } from 'vitest';
import { commitsContract } from './store-commits.contract.ts';
import { concurrencyContract, type Scale } from './store-concurrency.contract.ts';
import { logContract } from './store-log.contract.ts';
import { quotasContract } from './store-quotas.contract.ts';
import { readsContract } from './store-reads.contract.ts';
import type { OpenStore } from './store-under-test.ts';

/** The promises of `src/store/port.ts`, for one adapter. `open` makes an empty store. */
export function storeContract(name: string, open: OpenStore, scale: Scale = { updates: 1000, clients: 40 }): void {
  describe(`${name} store`, () => {
    readsContract(open);
    commitsContract(open);
    logContract(open);
    quotasContract(open);
    concurrencyContract(open, scale);
  });
}
