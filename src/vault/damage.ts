import type { Keys } from '../keys/keys.ts';
import { sameBytes, verifyCommits } from '../store/chain.ts';
import type { Key, Kind, Store, TeamId } from '../store/port.ts';

interface Found {
  readonly stored: { readonly revision: number };
  readonly tag: Uint8Array;
  readonly claimedTag: Uint8Array;
}

export interface DamageQuestion {
  readonly store: Store;
  readonly keys: Keys;
  readonly kind: Kind;
  readonly scope: Key;
  readonly found: ReadonlyMap<string, Found>;
}

/**
 * Which documents of a set that does not add up are to blame: edited (the tag is not ours), of another revision than
 * the log's last, missing, or unknown to the log. Slow, and only run when something is wrong.
 */
export async function damagedAmong({ store, keys, kind, scope, found }: DamageQuestion): Promise<ReadonlySet<string>> {
  const latest = await latestRevisions(store, keys, kind, scope);
  const damaged = new Set<string>();
  for (const [id, { stored, tag, claimedTag }] of found) {
    if (!sameBytes(tag, claimedTag) || latest.get(id) !== stored.revision) damaged.add(id);
  }
  for (const id of latest.keys()) if (!found.has(id)) damaged.add(id);
  return damaged;
}

async function latestRevisions(store: Store, keys: Keys, kind: Kind, scope: Key): Promise<Map<string, number>> {
  const team: TeamId = scope[0] ?? '';
  const latest = new Map<string, number>();
  let chain = new Uint8Array(32);
  for (let seq = 0; ; ) {
    const commits = await store.commitsAfter(team, seq, 1000);
    verifyCommits(keys.mac('log'), chain, commits);
    for (const commit of commits) {
      for (const touched of commit.touched) {
        if (touched.kind !== kind || touched.key.length !== scope.length + 1) continue;
        if (!scope.every((part, i) => touched.key[i] === part)) continue;
        const id = touched.key[scope.length] ?? '';
        if (touched.revision === 0) latest.delete(id);
        else latest.set(id, touched.revision);
      }
    }
    const last = commits[commits.length - 1];
    if (!last) return latest;
    seq = last.seq;
    chain = new Uint8Array(last.mac);
  }
}
