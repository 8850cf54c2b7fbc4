import { integrity } from '../kernel/errors.ts';
import { sameBytes, sealedHead, verifyHead, WHOLE_LOG } from './chain.ts';
import { loggedBytes } from './kept.ts';
import { keyText, scopeOf } from './keys.ts';
import { type Fit, fitOf } from './lineage.ts';
import {
  type Commit,
  type Head,
  type Key,
  type Kind,
  type Mac,
  ROOT,
  type Seq,
  type SetHead,
  type StateWritten,
} from './port.ts';
import { EMPTY_STATE, EMPTY_SUM, movedState, type SetState, sumOf } from './set-hash.ts';
import { NOTHING_BELOW, type NodeWrite, wayTo, withHead } from './tree.ts';

/** What a write does to the sum of its set: takes the old leaf out, puts the new one in. `isCut`: the document is what it was. */
export interface LeafChange {
  readonly kind: Kind;
  readonly key: Key;
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
  readonly isCut: boolean;
}

/** What a write adds to what its scope keeps, or takes away. */
export interface Growth {
  readonly key: Key;
  readonly bytes: number;
}

export interface NodeWritten extends NodeWrite {
  readonly scope: Key;
}

interface KnownHeads {
  readonly head: (scope: Key) => Head | null;
  readonly node: (scope: Key, path: string) => Uint8Array | null;
  readonly state: (scope: Key, kind: Kind) => SetState | null;
  readonly rootLags: boolean;
}

const parentOf = (scope: Key): Key => (scope.length === 1 ? ROOT : scope.slice(0, 1));

/** INTEGRITY unless each head of these is ours, and the one that the head above it knows. All were read at once. */
export function requireVouched(mac: Mac, known: KnownHeads, scopes: readonly Key[]): void {
  for (const scope of [ROOT, ...scopes]) {
    const head = known.head(scope);
    if (head) verifyHead(mac, head);
  }
  for (const scope of scopes) {
    const parent = parentOf(scope);
    const fit = fitOf(
      known.head(parent),
      wayTo(scope, (path) => known.node(parent, path)),
      scope,
      known.head(scope),
    );
    if (!isFine(fit, known.rootLags && parent === ROOT)) throw integrity(`head of ${scope.join('/')}`);
  }
}

const isFine = (fit: Fit, mayLag: boolean): boolean => fit === 'fits' || (fit === 'behind' && mayLag);

interface Next {
  readonly heads: readonly Head[];
  readonly nodes: readonly NodeWritten[];
  readonly states: readonly StateWritten[];
}

/** Heads after a commit: those of projects whose documents or histories changed, the team's always, and the root's unless it lags. */
export function nextHeads(
  mac: Mac,
  commit: Commit,
  known: KnownHeads,
  changes: readonly LeafChange[],
  growth: readonly Growth[],
): Next {
  const { team, seq } = commit;
  const teamScope: Key = [team];
  const byScope = new Map<string, { readonly scope: Key; readonly changes: LeafChange[] }>();
  for (const change of changes) {
    const scope = scopeOf(team, change.key);
    const group = byScope.get(keyText(scope)) ?? { scope, changes: [] };
    group.changes.push(change);
    byScope.set(keyText(scope), group);
  }
  const own = byScope.get(keyText(teamScope))?.changes ?? [];
  byScope.delete(keyText(teamScope));
  const projects = [...byScope.values()].map(({ scope, changes: those }) => {
    const { sets, states } = nextSets(mac, known, scope, those, seq);
    const grown = growth.filter(({ key }) => keyText(scopeOf(team, key)) === keyText(scope));
    const log = { chain: new Uint8Array(), start: WHOLE_LOG };
    const bytes = keptAfter(known.head(scope), grown, 0);
    return { head: sealedHead(mac, { scope, seq, ...log, sets, below: NOTHING_BELOW, bytes }), states };
  });
  const heads = projects.map(({ head }) => head);
  const { sets, states } = nextSets(mac, known, teamScope, own, seq);
  const before = known.head(teamScope);
  const { below, nodes } = withHeads(known, teamScope, heads);
  const log = { chain: commit.mac, start: before?.start ?? WHOLE_LOG };
  const bytes = keptAfter(before, growth, loggedBytes(commit));
  const teamHead = sealedHead(mac, { scope: teamScope, seq, ...log, sets, below, bytes });
  const root = known.rootLags && before ? null : nextRoot(mac, known, [teamHead]);
  return {
    heads: [...heads, teamHead, ...(root ? [root.head] : [])],
    nodes: [...nodes, ...(root?.nodes ?? [])],
    states: [...projects.flatMap((each) => each.states), ...states],
  };
}

/** Never below nothing: whoever edits former revisions may make them look larger when they are erased. */
const keptAfter = (before: Head | null, growth: readonly Growth[], logged: number): number =>
  Math.max(
    0,
    growth.reduce((sum, { bytes }) => sum + bytes, (before?.bytes ?? 0) + logged),
  );

/** The root once it knows these heads of teams. */
export function nextRoot(mac: Mac, known: Pick<KnownHeads, 'head' | 'node'>, teams: readonly Head[]) {
  const { below, nodes } = withHeads(known, ROOT, teams);
  const seq = (known.head(ROOT)?.seq ?? 0) + 1;
  const head = { scope: ROOT, seq, chain: new Uint8Array(), start: WHOLE_LOG, sets: new Map(), below, bytes: 0 };
  return { head: sealedHead(mac, head), nodes };
}

function withHeads({ head, node }: Pick<KnownHeads, 'head' | 'node'>, scope: Key, heads: readonly Head[]) {
  const written = new Map<string, Uint8Array>();
  let below = head(scope)?.below ?? NOTHING_BELOW;
  for (const each of heads) {
    const next = withHead(below, (path) => written.get(path) ?? node(scope, path), each);
    below = next.below;
    for (const { path, bytes } of next.nodes) written.set(path, bytes);
  }
  return { below, nodes: [...written].map(([path, bytes]): NodeWritten => ({ scope, path, bytes })) };
}

function nextSets(mac: Mac, { head, state }: KnownHeads, scope: Key, changes: readonly LeafChange[], seq: Seq) {
  const sets = new Map(head(scope)?.sets);
  const states: StateWritten[] = [];
  for (const kind of new Set(changes.map((change) => change.kind))) {
    const before = sets.get(kind);
    const now = before ? state(scope, kind) : EMPTY_STATE;
    if (now === null || !sameBytes(sumOf(now), before?.sum ?? EMPTY_SUM))
      throw integrity(`the sum of ${kind} in ${scope.join('/')}`);
    const those = changes.filter((change) => change.kind === kind);
    const next = movedState(
      mac,
      now,
      those.flatMap((change) => change.before ?? []),
      those.flatMap((change) => change.after ?? []),
    );
    sets.set(kind, nextSet(before, those, sumOf(next), seq));
    states.push({ scope, kind, state: next, before: before ?? null });
  }
  return { sets, states };
}

function nextSet(set: SetHead | undefined, changes: readonly LeafChange[], sum: Uint8Array, seq: Seq): SetHead {
  let count = set?.count ?? 0;
  for (const { before, after } of changes) count += (after ? 1 : 0) - (before ? 1 : 0);
  if (count < 0) throw integrity('more documents than a head counts');
  // Whoever waits for a change of documents is not woken because old history went.
  return { sum, count, seq: changes.every(({ isCut }) => isCut) ? (set?.seq ?? seq) : seq };
}
