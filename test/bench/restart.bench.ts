import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadRootKey } from '../../src/crypto/root-key.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLog } from '../../src/kernel/log.ts';
import { createMacHolder } from '../../src/keys/mac-holder.ts';
import { openKeys } from '../../src/keys/open-keys.ts';
import { openEmbeddedStore } from '../../src/store/embedded/open.ts';
import { createVault } from '../../src/vault/vault.ts';
import { build, serving, stopped } from '../support/built.ts';

// Processor time of a start until it listens, after kill -9, of a store that holds nothing and of one with 10,000 documents. The aim is
// 1.3 times at most; what a start reads is counted in test/integration/start-costs.test.ts.
//
//   npx tsx test/bench/restart.bench.ts

const DOCUMENTS = 10_000;
const A_COMMIT = 500;
const ROUNDS = 5;
/** Of the kernel, in its files on processes. */
const TICKS_PER_SECOND = 100;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function fill(dir: string): Promise<void> {
  const holder = createMacHolder();
  const store = await openEmbeddedStore({ dir: join(dir, 'store'), mac: holder.mac });
  const rootKey = await loadRootKey({ file: join(dir, 'root.key') });
  const keys = await openKeys({ store, holder, rootKey, clock: systemClock, initialise: false });
  const vault = createVault({ store, keys, clock: systemClock, log: silentLog, cacheBytes: 0 });
  for (let done = 0; done < DOCUMENTS; done += A_COMMIT) {
    const changes = Array.from({ length: A_COMMIT }, (_, i) => ({
      op: 'put' as const,
      kind: 'content' as const,
      key: ['default', `document${done + i}`],
      expected: null,
      deleted: false,
      fields: {},
      body: Buffer.alloc(600, i),
    }));
    await vault.commit({ team: 'default', actor: 'bench', operation: 'bench.fill', changes });
  }
  await store.close();
}

/** Milliseconds of processor time, the middle of a few starts; each is killed. */
async function startOf(entry: string, dir: string): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const env = { KEYLOOM_PORT: '0', KEYLOOM_DATA: dir, KEYLOOM_DEVELOPMENT: 'true', KEYLOOM_LOG_LEVEL: 'error' };
    const server = await serving(entry, env);
    const stat = readFileSync(`/proc/${server.process.pid}/stat`, 'utf8');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    times.push((((user ?? 0) + (system ?? 0)) * 1_000) / TICKS_PER_SECOND);
    await stopped(server, 'SIGKILL');
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

const entry = build();
const root = mkdtempSync(join(tmpdir(), 'keyloom-bench-restart-'));
try {
  const empty = join(root, 'empty');
  const full = join(root, 'full');
  await startOf(entry, full);
  await fill(full);
  const [least, most] = [await startOf(entry, empty), await startOf(entry, full)];
  print('documents  processor ms until it listens, after kill -9');
  print(`        0  ${least.toFixed(0)}`);
  print(`${String(DOCUMENTS).padStart(9)}  ${most.toFixed(0)}   ${(most / least).toFixed(2)} times`);
} finally {
  rmSync(root, { recursive: true, force: true });
}
