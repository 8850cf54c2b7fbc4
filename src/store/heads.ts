import { setTimeout as pause } from 'node:timers/promises';
import { integrity, unavailable } from '../kernel/errors.ts';
import { sameBytes, verifyHead } from './chain.ts';
import { fitOf } from './lineage.ts';
import { type Head, type Key, type Lineage, type Mac, ROOT, type Seq, type Store, type TeamId } from './port.ts';

/**
 * Reads heads that were made under our key, for that very scope, and that the root knows; null where there is none. INTEGRITY for one
 * that was put back, or taken away, behind the heads above it.
 */
export type ReadHead = (scope: Key) => Promise<Head | null>;

export interface Heads extends ReadHead {
  /** The same of a team, where it is known without reading anything that nothing was written since; undefined: it has to be read. */
  readonly now: (team: TeamId) => Head | null | undefined;
}

/** A team that is written to all the time may move between two reads. */
const ATTEMPTS = 16;
/** A primary that was elsewhere a moment ago may answer what was before, for as long as it takes to commit for the first time. */
const LAGGING_READS = 3;
const LAGGING_MS = 100;
const MAX = 10_000;

export interface HeadsDeps {
  readonly store: Pick<Store, 'lineage' | 'newest' | 'isCurrent'>;
  readonly mac: () => Mac;
}

export function createHeads({ store, mac }: HeadsDeps): Heads {
  /** Heads that passed last time. One that is the same in every part need not be computed again. */
  const passed = new Map<string, Head>();
  /** The same, as the very objects that the store hands out again. */
  const known = new WeakSet<Lineage>();
  /** How far each scope was seen: nothing goes back while a process runs. */
  const seen = new Map<string, Seq>();
  const looked = new Set<string>();
  /** The lineage of each team that passed last. */
  const latest = new Map<TeamId, Lineage>();

  function requireOurs(head: Head, scope: Key): void {
    const name = scope.join('\0');
    const before = passed.get(name);
    if (before && isSameHead(before, head)) return;
    verifyHead(mac(), head);
    if (!isSameScope(head.scope, scope)) throw integrity(`the head of ${scope.join('/')}`);
    if (passed.size >= MAX) passed.clear();
    passed.set(name, head);
  }

  /** Where heads do not fit those above; null: they do. */
  function misfit({ levels, mayLag }: Lineage, before: readonly Seq[]): Key | null {
    for (const { head, scope } of levels) if (head) requireOurs(head, scope);
    for (const [i, { scope, head }] of levels.entries()) {
      if ((head?.seq ?? 0) < (before[i] ?? 0)) return scope;
      const above = levels[i - 1];
      if (!above) continue;
      const fit = fitOf(above.head, above.way, scope, head);
      if (fit === 'misfit' || (fit === 'behind' && !(mayLag && i === 1))) return scope;
    }
    return null;
  }

  function note({ levels }: Lineage): void {
    for (const { scope, head } of levels) {
      const name = scope.join('\0');
      if (head && head.seq > (seen.get(name) ?? 0)) seen.set(name, head.seq);
    }
  }

  async function verifiedHead(scope: Key): Promise<Head | null> {
    const above = scope.length > 1 ? [ROOT, scope.slice(0, 1)] : [ROOT];
    const names = [...above, scope].map((each) => each.join('\0'));
    const [team = ''] = scope;
    // A team that was put back together with the root is older than projects that were not: looked for once a process.
    const newest = looked.has(team) ? 0 : await store.newest(team);
    let last: Lineage | null = null;
    let same = 0;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const before = names.map((name, i) => Math.max(seen.get(name) ?? 0, i === 1 ? newest : 0));
      const lineage = await store.lineage(scope);
      const head = headIn(lineage);
      if (known.has(lineage)) return head;
      const where = misfit(lineage, before);
      if (where === null) {
        note(lineage);
        looked.add(team);
        known.add(lineage);
        if (scope.length === 1) latest.set(team, lineage);
        return head;
      }
      // It may have moved while it was read; not if all that is above it is what it was.
      same = last && isSameLineage(last, lineage) ? same + 1 : 0;
      if (same >= (lineage.mayLag ? LAGGING_READS : 1)) throw integrity(`the head of ${where.join('/')}`);
      if (same > 0) await pause(LAGGING_MS);
      last = lineage;
    }
    throw unavailable('The data changed while it was read; try again');
  }

  const now: Heads['now'] = (team) => {
    const lineage = latest.get(team);
    return lineage && store.isCurrent?.(lineage) ? headIn(lineage) : undefined;
  };
  return Object.assign(verifiedHead, { now });
}

const headIn = ({ levels }: Lineage): Head | null => levels[levels.length - 1]?.head ?? null;

const isSameLineage = (a: Lineage, b: Lineage): boolean =>
  a.levels.every(({ head }, i) => {
    const other = b.levels[i]?.head ?? null;
    return head === null || other === null ? head === other : sameBytes(head.mac, other.mac);
  });

export const isSameScope = (a: Key, b: Key): boolean => a.length === b.length && a.every((part, i) => part === b[i]);

/** Whether two heads agree in everything that their MAC covers, and in the MAC. */
function isSameHead(a: Head, b: Head): boolean {
  if (a === b) return true;
  if (a.seq !== b.seq || a.bytes !== b.bytes || a.sets.size !== b.sets.size || !sameBytes(a.mac, b.mac)) return false;
  if (!sameBytes(a.chain, b.chain) || !isSameScope(a.scope, b.scope)) return false;
  if (a.start.seq !== b.start.seq || !sameBytes(a.start.mac, b.start.mac)) return false;
  if (a.below.count !== b.below.count || !sameBytes(a.below.digest, b.below.digest)) return false;
  for (const [kind, set] of a.sets) {
    const other = b.sets.get(kind);
    if (!other || other.seq !== set.seq || other.count !== set.count || !sameBytes(other.sum, set.sum)) return false;
  }
  return true;
}
