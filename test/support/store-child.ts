/**
 * A process that writes to the embedded store until it is killed: several writers move amounts between documents, and each
 * commit is told on stdout once it is acknowledged. `hold`: only opens the store and says so; `claim`: takes it, too.
 */
import { writeSync } from 'node:fs';
import { isAppError } from '../../src/kernel/errors.ts';
import { openEmbeddedStore } from '../../src/store/embedded/open.ts';
import { aCommit, aPut, testMac } from './a-commit.ts';

const ACCOUNTS = 6;
const WRITERS = 8;
const [dir = '', mode] = process.argv.slice(2);

const store = await openEmbeddedStore({ dir, mac: testMac }).catch((error: unknown) => {
  writeSync(1, `refused ${String((error as { code?: unknown }).code)}\n`);
  return process.exit(3);
});
if (mode === 'claim') await store.claim?.();
writeSync(1, 'open\n');

const keyOf = (i: number) => ['acme', 'bank', `account${i % ACCOUNTS}`];
const amountOf = (fields: unknown): number => Number((fields as { amount: number }).amount);

async function prepare(): Promise<void> {
  if (await store.get('secretGroup', keyOf(0))) return;
  const accounts = Array.from({ length: ACCOUNTS }, (_, i) => aPut(keyOf(i), null, { fields: { amount: 100 } }));
  const { seq, id } = await store.commit(aCommit(accounts));
  writeSync(1, `${seq} ${id}\n`);
}

async function transfer(from: number, to: number): Promise<void> {
  const [a, b] = await store.getMany('secretGroup', [keyOf(from), keyOf(to)]);
  if (!a || !b || a.key.join() === b.key.join()) return;
  const move = aCommit([
    aPut(a.key, a.revision, { fields: { amount: amountOf(a.fields) - 1 } }),
    aPut(b.key, b.revision, { fields: { amount: amountOf(b.fields) + 1 } }),
  ]);
  try {
    const { seq, id } = await store.commit(move);
    // Synchronously: what is in the pipe outlives the process.
    writeSync(1, `${seq} ${id}\n`);
  } catch (error) {
    if (!isAppError(error) || error.code !== 'CONFLICT') throw error;
  }
}

async function write(writer: number): Promise<void> {
  for (let i = writer; ; i += 1) await transfer(i * 7 + writer, i * 3 + 1);
}

if (mode !== 'write') setInterval(() => {}, 1000);
else {
  await prepare();
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
}
