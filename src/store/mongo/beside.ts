import { type AnyBulkWriteOperation, Binary, type ClientSession } from 'mongodb';
import { keyText } from '../keys.ts';
import type { Known, Plan } from '../plan.ts';
import { type Head, type Key, type Level, type Lineage, ROOT } from '../port.ts';
import type { SetState } from '../set-hash.ts';
import { pathsTo, wayTo } from '../tree.ts';
import type { Collections } from './collections.ts';
import * as record from './records.ts';

/** Heads, and what lies beside them, by the ids of their records. */
export interface Beside {
  readonly heads: Map<string, Head>;
  readonly nodes: Map<string, Uint8Array>;
  readonly sums: Map<string, SetState>;
}

export const emptyBeside = (): Beside => ({ heads: new Map(), nodes: new Map(), sums: new Map() });

type HeadWrites = AnyBulkWriteOperation<record.HeadRecord | record.NodeRecord>[];
type SumWrites = AnyBulkWriteOperation<record.SumRecord>[];

/** From the root down to a scope. */
const chainTo = (scope: Key): readonly Key[] => [ROOT, ...(scope.length > 1 ? [scope.slice(0, 1)] : []), scope];

/** Every record that may say something of these scopes: their heads, those above them, and the nodes between. */
function idsOf(scopes: readonly Key[]): readonly string[] {
  const ids = new Set<string>();
  for (const scope of scopes) {
    const chain = chainTo(scope);
    for (const [i, each] of chain.entries()) {
      ids.add(keyText(each));
      const next = chain[i + 1];
      if (next) for (const path of pathsTo(next)) ids.add(record.nodeId(each, path));
    }
  }
  return [...ids];
}

/** One read, so that what it answers belongs together. */
export async function loadHeads(
  heads: Collections['heads'],
  session: ClientSession | null,
  scopes: readonly Key[],
  into: Beside,
): Promise<void> {
  const found = heads.find({ _id: { $in: [...idsOf(scopes)] } }, session ? { session } : {});
  for (const each of await found.toArray()) {
    if ('node' in each) into.nodes.set(each._id, record.nodeOf(each));
    else into.heads.set(each._id, record.headOf(each));
  }
}

export const knownOf = ({ heads, nodes, sums }: Beside): Pick<Known, 'head' | 'node' | 'state'> => ({
  head: (scope) => heads.get(keyText(scope)) ?? null,
  node: (scope, path) => nodes.get(record.nodeId(scope, path)) ?? null,
  state: (scope, kind) => sums.get(record.sumId(scope, kind)) ?? null,
});

/** From now on these are what is there. */
export function take({ heads, nodes, sums }: Beside, plan: Pick<Plan, 'heads' | 'nodes' | 'states'>): void {
  for (const head of plan.heads) heads.set(keyText(head.scope), head);
  for (const { scope, path, bytes } of plan.nodes) nodes.set(record.nodeId(scope, path), bytes);
  for (const { scope, kind, state } of plan.states) sums.set(record.sumId(scope, kind), state);
}

export function headWrites({ heads, nodes }: Beside): HeadWrites {
  const records = [
    ...[...heads.values()].map(record.headRecord),
    ...[...nodes].map(([_id, node]): record.NodeRecord => ({ _id, node: new Binary(node) })),
  ];
  return records.map(({ _id, ...replacement }) => ({ replaceOne: { filter: { _id }, replacement, upsert: true } }));
}

export const sumWrites = ({ sums }: Beside): SumWrites =>
  [...sums].map(([_id, state]) => ({
    replaceOne: { filter: { _id }, replacement: { state: new Binary(state) }, upsert: true },
  }));

export async function readLineage(heads: Collections['heads'], scope: Key): Promise<Lineage> {
  const beside = emptyBeside();
  await loadHeads(heads, null, [scope], beside);
  const { head, node } = knownOf(beside);
  const chain = chainTo(scope);
  const levels = chain.map((each, i): Level => {
    const next = chain[i + 1];
    return { scope: each, head: head(each), way: next ? wayTo(next, (path) => node(each, path)) : [] };
  });
  return { levels, mayLag: true };
}
