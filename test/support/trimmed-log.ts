import { sealedHead } from '../../src/store/chain.ts';
import { nextRoot } from '../../src/store/next-heads.ts';
import type { Commit, Head, Mac } from '../../src/store/port.ts';
import type { Nodes } from '../../src/store/tree.ts';
import { testMac } from './a-commit.ts';

/** A team whose log begins after this commit, and the root over it, as whoever trims the log will write them. */
export function trimmed(team: Head, root: Head, { seq, mac }: Commit, nodes: Nodes, key: Mac = testMac) {
  const head = sealedHead(key, { ...team, seq: team.seq, start: { seq, mac } });
  const next = nextRoot(key, { head: () => root, node: (_scope, path) => nodes(path) }, [head]);
  return { heads: [head, next.head], nodes: next.nodes };
}
