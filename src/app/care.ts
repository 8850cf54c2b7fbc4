import { join } from 'node:path';
import { loadRootKey } from '../crypto/root-key.ts';
import { systemClock } from '../kernel/clock.ts';
import { integrity, unavailable } from '../kernel/errors.ts';
import type { Keys } from '../keys/keys.ts';
import { createMacHolder } from '../keys/mac-holder.ts';
import { openKeys } from '../keys/open-keys.ts';
import { addTag, EMPTY_SUM, FIRST_CHAIN, sameBytes, verifyCommits, verifyHead } from '../store/chain.ts';
import { backUp, checkBackup, restore } from '../store/embedded/backup.ts';
import { openForReading } from '../store/embedded/copy.ts';
import { createReadOnlyStore } from '../store/embedded/store.ts';
import type { Head, Kind, Store } from '../store/port.ts';
import { expectedTag } from '../vault/seal.ts';
import type { Config } from './config.ts';

const PAGE = 1_000;

function directoryOf({ mongodbUrl, dataDirectory }: Config): string {
  if (mongodbUrl !== null) throw unavailable('That is for the embedded store; MongoDB has tools of its own');
  return join(dataDirectory, 'store');
}

const many = (count: number, noun: string): string => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

/** A copy of the embedded store in a new file; the gateway may serve it meanwhile. */
export async function makeBackup(config: Config, file: string): Promise<readonly string[]> {
  const records = await backUp(directoryOf(config), file);
  return [`${many(records, 'record')} were copied to ${file}. The root key is not in it: keep that elsewhere.`];
}

/** The embedded store as a backup holds it, where there is none. */
export async function restoreBackup(config: Config, file: string): Promise<readonly string[]> {
  const dir = directoryOf(config);
  const records = await restore(file, dir);
  return [
    `${many(records, 'record')} were restored to ${dir}.`,
    'What was revoked or deleted after the backup is as it was before: look through the tokens.',
  ];
}

/** Looks at every byte of a backup, or at everything in the embedded store; a served one as it is at this moment. */
export async function verifyStore(config: Config, file: string | undefined): Promise<readonly string[]> {
  if (file !== undefined) {
    await checkBackup(file);
    return [`${file} is whole.`];
  }
  const holder = createMacHolder();
  const reading = openForReading(join(directoryOf(config), 'store.mdb'));
  try {
    const records = reading.checkRecords();
    const store = createReadOnlyStore(reading, holder.mac);
    const rootKey = await rootKeyOf(config);
    const keys = await openKeys({ store, holder, rootKey, clock: systemClock, initialise: false });
    const heads: Head[] = [];
    for (const scope of reading.scopes()) {
      const head = await store.head(scope);
      if (head) heads.push(head);
    }
    for (const head of heads) await verifyHeadAndLog(store, keys, head);
    const documents = await verifyDocuments(store, keys, heads);
    return [`${many(records, 'record')} and ${many(documents, 'document')} are as they were written.`];
  } finally {
    await reading.close();
  }
}

const rootKeyOf = ({ rootKeyFile, rootKey, dataDirectory }: Config): Promise<Uint8Array> =>
  rootKey === null
    ? loadRootKey({ file: rootKeyFile ?? join(dataDirectory, 'root.key') })
    : loadRootKey({ env: rootKey.reveal() });

async function verifyHeadAndLog(store: Store, keys: Keys, head: Head): Promise<void> {
  verifyHead(keys.mac('log'), head);
  const [team = ''] = head.scope;
  if (head.scope.length === 1) await verifyLog(store, keys, head, team);
}

interface Sum {
  readonly sum: Uint8Array;
  readonly count: number;
}
const NONE: Sum = { sum: EMPTY_SUM, count: 0 };
const plus = (a: Sum, b: Sum): Sum => ({ sum: addTag(a.sum, b.sum), count: a.count + b.count });

/** INTEGRITY unless all documents are genuine and, of each kind, as many and those that the heads speak of. */
async function verifyDocuments(store: Store, keys: Keys, heads: readonly Head[]): Promise<number> {
  const spoken = new Map<Kind, Sum>();
  for (const head of heads) {
    for (const [kind, set] of head.sets) spoken.set(kind, plus(spoken.get(kind) ?? NONE, set));
  }
  let documents = 0;
  for (const [kind, { sum, count }] of spoken) {
    const found = await sumOf(store, keys, kind);
    if (found.count !== count || !sameBytes(found.sum, sum)) throw integrity(`the documents of kind ${kind}`);
    documents += count;
  }
  return documents;
}

async function verifyLog(store: Store, keys: Keys, head: Head, team: string): Promise<void> {
  const mac = keys.mac('log');
  let chain = FIRST_CHAIN;
  for (let seq = 0; seq < head.seq; ) {
    const commits = await store.commitsAfter(team, seq, PAGE);
    if (commits.length === 0) break;
    verifyCommits(mac, chain, commits);
    chain = commits.at(-1)?.mac ?? chain;
    seq += commits.length;
  }
  if (!sameBytes(chain, head.chain)) throw integrity(`the end of the log of ${team}`);
}

async function sumOf(store: Store, keys: Keys, kind: Kind): Promise<Sum> {
  let all = NONE;
  for (let after: readonly string[] | undefined; ; ) {
    const page = await store.list(kind, [], { limit: PAGE, ...(after && { after }) });
    for (const doc of page) {
      if (!sameBytes(expectedTag(keys, doc), doc.tag)) throw integrity(`a document of kind ${kind}`);
      all = plus(all, { sum: doc.tag, count: 1 });
    }
    if (page.length < PAGE) return all;
    after = page.at(-1)?.key;
  }
}
