import { sameBytes } from './chain.ts';
import type { Head, Key } from './port.ts';
import { entryOf } from './tree.ts';

/**
 * How a head stands to the one above it. `behind`: the one above knows an older one, or none. `misfit`: what was read does not belong
 * together, or the head is older than the one above says.
 */
export type Fit = 'fits' | 'behind' | 'misfit';

/** `way`: nodes of the tree below `parent`, on the way to `scope`. Both heads are known to be ours. */
export function fitOf(parent: Head | null, way: readonly Uint8Array[], scope: Key, head: Head | null): Fit {
  const entry = parent ? entryOf(parent.below, way, scope) : null;
  if (entry === 'misfit') return 'misfit';
  if (entry === null) return head === null ? 'fits' : parent ? 'behind' : 'misfit';
  if (head === null || head.seq < entry.seq) return 'misfit';
  if (head.seq > entry.seq) return 'behind';
  return sameBytes(head.mac, entry.mac) ? 'fits' : 'misfit';
}
