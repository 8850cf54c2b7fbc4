import { Worker } from 'node:worker_threads';
import type { FetchOrder } from './fetch-file.ts';

const LIMITS = { maxOldGenerationSizeMb: 384, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 } as const;

const HERE = new URL('./', import.meta.url);
/** What runs is what was built, also where the sources are run as they are. */
const BUILT = import.meta.url.endsWith('.ts') ? new URL('../../dist/src/git/', HERE) : HERE;
/** `worker.ts` and what it needs in one file, and compiled: a worker begins with every fetch. */
const FILE = new URL('../../bundle/git-worker.cjs', BUILT);

/** A worker that begins with its order at once. It sees nothing of the environment. */
export function startWorker(order: FetchOrder): Worker {
  return new Worker(FILE, { workerData: order, resourceLimits: LIMITS, env: {}, execArgv: [] });
}
