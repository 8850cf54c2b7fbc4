import { openMemoryEngine } from '../../src/store/embedded/memory-engine.ts';
import { storeOverEngine } from '../support/engine-store.ts';
import { storeContract } from './store.contract.ts';

storeContract('memory', async (quotas) => storeOverEngine(openMemoryEngine(), () => {}, quotas));
