import { Worker } from 'node:worker_threads';
import type { FetchOrder } from './fetch-file.ts';

const LIMITS = { maxOldGenerationSizeMb: 384, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 } as const;

/** Built, or as the sources are when they are run as they are. */
const FROM_SOURCE = import.meta.url.endsWith('.ts');
const FILE = new URL(FROM_SOURCE ? './worker.ts' : './worker.js', import.meta.url);
/** Node 20 takes no loaders for a worker but from within. */
const RUN_SOURCE = `import('tsx/esm/api').then((tsx) => { tsx.register(); return import(${JSON.stringify(FILE.href)}); })`;

/** A worker that begins with its order at once. It sees nothing of the environment. */
export function startWorker(order: FetchOrder): Worker {
  const options = { workerData: order, resourceLimits: LIMITS, env: {}, execArgv: [] };
  return FROM_SOURCE ? new Worker(RUN_SOURCE, { ...options, eval: true }) : new Worker(FILE, options);
}
