import type { Keys } from '../keys/keys.ts';
import { verifyCommits } from '../store/chain.ts';
import type { Key, Kind, Store, TeamId } from '../store/port.ts';

interface Found {
  readonly stored: { readonly revision: number; readonly since: number };
  readonly isGenuine: boolean;
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
 * the log's last or with another beginning of its history, missing, or unknown to the log. Slow, and only run when something is wrong.
 */
export async function damagedAmong({ store, keys, kind, scope, found }: DamageQuestion): Promise<ReadonlySet<string>> {
  const latest = await latestRevisions(store, keys, kind, scope);
  const damaged = new Set<string>();
  for (const [id, { stored, isGenuine }] of found) {
    const last = latest.get(id);
    if (!isGenuine || last?.revision !== stored.revision || last.since !== stored.since) damaged.add(id);
  }
  for (const id of latest.keys()) if (!found.has(id)) damaged.add(id);
  return damaged;
}

interface Latest {
  readonly revision: number;
  readonly since: number;
}

async function latestRevisions(store: Store, keys: Keys, kind: Kind, scope: Key): Promise<Map<string, Latest>> {
  const team: TeamId = scope[0] ?? '';
  const latest = new Map<string, Latest>();
  const isMeant = (place: { readonly kind: Kind; readonly key: Key }): boolean =>
    place.kind === kind && place.key.length === scope.length + 1 && scope.every((part, i) => place.key[i] === part);
  let chain = new Uint8Array(32);
  for (let seq = 0; ; ) {
    const commits = await store.commitsAfter(team, seq, 1000);
    verifyCommits(keys.mac('log'), chain, commits);
    for (const commit of commits) {
      for (const { key, revision } of commit.touched.filter(isMeant)) {
        const id = key[scope.length] ?? '';
        if (revision === 0) latest.delete(id);
        else latest.set(id, { revision, since: latest.get(id)?.since ?? 1 });
      }
      for (const { key, since } of commit.cut.filter(isMeant)) {
        const id = key[scope.length] ?? '';
        latest.set(id, { revision: latest.get(id)?.revision ?? 0, since });
      }
    }
    const last = commits[commits.length - 1];
    if (!last) return latest;
    seq = last.seq;
    chain = new Uint8Array(last.mac);
  }
}
