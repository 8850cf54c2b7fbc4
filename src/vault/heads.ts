import { LRUCache } from 'lru-cache';
import { integrity } from '../kernel/errors.ts';
import type { Keys } from '../keys/keys.ts';
import { sameBytes, verifyHead } from '../store/chain.ts';
import type { Head, Key, Store } from '../store/port.ts';

/** Reads heads that were made under our key and for that very scope; null where there is none. */
export type ReadHead = (scope: Key) => Promise<Head | null>;

export function createHeads({ store, keys }: { readonly store: Store; readonly keys: Keys }): ReadHead {
  /** Heads that passed last time. One that is the same in every part need not be computed again. */
  const passed = new LRUCache<string, Head>({ max: 10_000 });

  /** The same, as the very objects that the store hands out again. */
  const known = new WeakSet<Head>();

  return async function verifiedHead(scope) {
    const head = await store.head(scope);
    if (!head) return null;
    if (known.has(head) && isSameScope(head.scope, scope)) return head;
    const name = scope.join('\0');
    const before = passed.get(name);
    if (before && isSameHead(before, head)) {
      known.add(head);
      return before;
    }
    verifyHead(keys.mac('log'), head);
    if (!isSameScope(head.scope, scope)) throw integrity(`the head of ${scope.join('/')}`);
    passed.set(name, head);
    known.add(head);
    return head;
  };
}

export const isSameScope = (a: Key, b: Key): boolean => a.length === b.length && a.every((part, i) => part === b[i]);

/** Whether two heads agree in everything that their MAC covers, and in the MAC. */
function isSameHead(a: Head, b: Head): boolean {
  if (a === b) return true;
  if (a.seq !== b.seq || a.bytes !== b.bytes || a.sets.size !== b.sets.size || !sameBytes(a.mac, b.mac)) return false;
  if (!sameBytes(a.chain, b.chain) || !isSameScope(a.scope, b.scope)) return false;
  for (const [kind, set] of a.sets) {
    const other = b.sets.get(kind);
    if (!other || other.seq !== set.seq || other.count !== set.count || !sameBytes(other.sum, set.sum)) return false;
  }
  return true;
}
