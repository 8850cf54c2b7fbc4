import { integrity } from '../kernel/errors.ts';
import type { Keys } from '../keys/keys.ts';
import { sameBytes, verifyCommits } from '../store/chain.ts';
import { createHeads } from '../store/heads.ts';
import { keyText, scopeOf } from '../store/keys.ts';
import { type Doc, type Head, type Key, type Kind, ROOT, type Store } from '../store/port.ts';
import { EMPTY_STATE, EMPTY_SUM, movedState, type SetState, sumOf } from '../store/set-hash.ts';
import { placeOf } from '../vault/document.ts';
import { isGenuine } from '../vault/seal.ts';

const PAGE = 1_000;
/** What the keys are kept in is of no life of a team or project: it says which one there is. */
const OF_KEYS: ReadonlySet<Kind> = new Set<Kind>(['instance', 'kek', 'dek']);

/** INTEGRITY unless everything below these heads is there and as it was written; answers how many documents that are. */
export async function verifyAll(store: Store, keys: Keys, scopes: readonly Key[]): Promise<number> {
  const headOf = createHeads({ store, mac: () => keys.mac('log') });
  const heads: Head[] = [];
  for (const scope of scopes) {
    if (keyText(scope) === keyText(ROOT)) continue;
    const head = await headOf(scope);
    if (head) heads.push(head);
  }
  const teams = heads.filter(({ scope }) => scope.length === 1);
  requireCount((await store.head(ROOT)) ?? null, teams.length);
  for (const team of teams) {
    requireCount(team, heads.filter(({ scope }) => scope.length > 1 && scope[0] === team.scope[0]).length);
    await verifyLog(store, keys, team);
  }
  let documents = 0;
  for (const kind of new Set(heads.flatMap(({ sets }) => [...sets.keys()]))) {
    documents += await verifyDocuments(store, keys, kind, heads);
  }
  return documents;
}

/** A head that is gone is still counted by the one above it. */
function requireCount(head: Head | null, count: number): void {
  if (head?.below.count !== count) throw integrity(`the heads below ${head?.scope.join('/') ?? 'the root'}`);
}

async function verifyLog(
  store: Store,
  keys: Keys,
  { scope: [team = ''], seq: end, chain: last, start }: Head,
): Promise<void> {
  let chain = start.mac;
  for (let seq = start.seq; seq < end; ) {
    const commits = await store.commitsAfter(team, seq, PAGE);
    if (commits.length === 0) break;
    verifyCommits(keys.mac('log'), chain, commits);
    chain = commits.at(-1)?.mac ?? chain;
    seq += commits.length;
  }
  if (!sameBytes(chain, last)) throw integrity(`the end of the log of ${team}`);
}

interface Sum {
  readonly state: SetState;
  readonly count: number;
}
const NONE: Sum = { state: EMPTY_STATE, count: 0 };

async function verifyDocuments(store: Store, keys: Keys, kind: Kind, heads: readonly Head[]): Promise<number> {
  const sums = new Map<string, Sum>();
  for (let after: Key | undefined; ; ) {
    const page = await store.list(kind, [], { limit: PAGE, ...(after && { after }) });
    for (const [name, leaves] of await leavesOf(keys, page)) {
      const { state, count } = sums.get(name) ?? NONE;
      sums.set(name, { state: movedState(keys.mac('log'), state, [], leaves), count: count + leaves.length });
    }
    if (page.length < PAGE) break;
    after = page.at(-1)?.key;
  }
  let documents = 0;
  for (const { scope, sets } of heads) {
    const { sum, count } = sets.get(kind) ?? { sum: EMPTY_SUM, count: 0 };
    const found = sums.get(keyText(scope)) ?? NONE;
    sums.delete(keyText(scope));
    if (found.count !== count || !sameBytes(sumOf(found.state), sum)) throw integrity(`the documents of kind ${kind}`);
    documents += count;
  }
  if (sums.size > 0) throw integrity(`the documents of kind ${kind}`);
  return documents;
}

/** Leaves by the scope that counts them. */
async function leavesOf(keys: Keys, docs: readonly Doc[]): Promise<ReadonlyMap<string, readonly Uint8Array[]>> {
  const leaves = new Map<string, Uint8Array[]>();
  for (const doc of docs) {
    const { team, project } = placeOf(doc.kind, doc.key);
    const incarnation = OF_KEYS.has(doc.kind) ? '' : await keys.incarnationOf(team, project);
    if (!isGenuine(keys, incarnation, doc)) throw integrity(`a document of kind ${doc.kind}`);
    const name = keyText(scopeOf(team, doc.key));
    const those = leaves.get(name) ?? [];
    those.push(doc.leaf);
    leaves.set(name, those);
  }
  return leaves;
}
