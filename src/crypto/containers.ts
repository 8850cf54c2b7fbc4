import { Worker } from 'node:worker_threads';
import type { CertificateFacts } from '../kernel/certificate.ts';
import { MAX_PKCS12_BYTES } from './certificate.ts';
import type { FromWorker, ToWorker } from './container-worker.ts';

/** The certificate of a PKCS#12 file that ends first; null when there is none, or the file cannot be opened. */
export type OpenContainer = (file: Uint8Array) => Promise<CertificateFacts | null>;

const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 } as const;
/** A file takes some ten milliseconds; past this the library hangs. */
const HUNG_MS = 10_000;
/** How long the worker waits for the next file. */
const IDLE_MS = 10_000;

const HERE = new URL('./', import.meta.url);
/** What runs is what was built, also where the sources are run as they are. */
const BUILT = import.meta.url.endsWith('.ts') ? new URL('../../dist/src/crypto/', HERE) : HERE;
const FILE = new URL('container-worker.js', BUILT);

/** Opens containers in a thread of their own, one at a time; it begins with the first and ends when none comes any more. */
export function createContainers(): OpenContainer {
  let worker: Worker | null = null;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function end(): void {
    const ended = worker;
    worker = null;
    void ended?.terminate();
  }

  function start(): Worker {
    const started = new Worker(FILE, { resourceLimits: LIMITS, env: {}, execArgv: [] });
    // Nobody waits for it when the gateway ends. A fault is seen by whoever asked; one that nobody asked for ends it alone.
    started.unref();
    started.on('error', () => {});
    return started;
  }

  async function ask(file: Uint8Array): Promise<CertificateFacts | null> {
    clearTimeout(idle);
    worker ??= start();
    const asked = worker;
    const answer = await new Promise<FromWorker | null>((resolve) => {
      const lost = (): void => resolve(null);
      const timer = setTimeout(lost, HUNG_MS);
      asked.once('message', (message: FromWorker) => {
        clearTimeout(timer);
        asked.off('exit', lost);
        resolve(message);
      });
      asked.once('exit', lost);
      // A copy: what the view is of holds other things, too.
      const question: ToWorker = { file: new Uint8Array(file) };
      asked.postMessage(question);
    });
    if (answer === null) end();
    idle = setTimeout(end, IDLE_MS).unref();
    return answer?.facts ?? null;
  }

  return (file) => {
    if (file.length > MAX_PKCS12_BYTES) return Promise.resolve(null);
    const mine = last.then(() => ask(file));
    last = mine.catch(() => {});
    return mine;
  };
}
