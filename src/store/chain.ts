import { timingSafeEqual } from 'node:crypto';
import { integrity } from '../kernel/errors.ts';
import { byCodePoint } from '../kernel/ids.ts';
import type { Commit, Cut, Doc, Head, Key, LogStart, Mac, NewCommit, Seq, TeamId, Touched } from './port.ts';

/** Of tags, leaves, MACs and digests. */
export const DIGEST_BYTES = 32;
/** The chain before the first commit. */
export const FIRST_CHAIN: Uint8Array = new Uint8Array(DIGEST_BYTES);
/** Of a log that nothing was forgotten of. */
export const WHOLE_LOG: LogStart = { seq: 0, mac: FIRST_CHAIN };

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

type Part = string | number | Uint8Array;

const LENGTH = 4;
const lengthOf = (part: string | Uint8Array): number =>
  typeof part === 'string' ? Buffer.byteLength(part) : part.length;

/** Each part after its length, so that no two lists of parts have the same bytes. */
function lengthPrefixed(given: readonly Part[]): Uint8Array {
  const parts = given.map((part) => (typeof part === 'number' ? String(part) : part));
  let size = 0;
  for (const part of parts) size += LENGTH + lengthOf(part);
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const part of parts) {
    const start = at + LENGTH;
    const end = start + (typeof part === 'string' ? bytes.write(part, start) : lengthOf(part));
    if (typeof part !== 'string') bytes.set(part, start);
    bytes.writeUInt32BE(end - start, at);
    at = end;
  }
  return bytes;
}

const listed = (key: Key): readonly Part[] => [key.length, ...key];

/**
 * What stands for a revision, wherever it is kept: its writer's tag bound to the number of its commit, which nobody knew before. So
 * a revision cannot be told to be of another commit.
 */
export const numberedTag = (mac: Mac, tag: Uint8Array, seq: Seq): Uint8Array =>
  new Uint8Array(mac(lengthPrefixed(['keyloom.revision.1', tag, seq])));

/** What its set adds up of a document: its present revision, and where its history begins, so that none of that is erased unseen. */
export const leafOf = (mac: Mac, { tag, since }: Pick<Doc, 'tag' | 'since'>): Uint8Array =>
  new Uint8Array(mac(lengthPrefixed(['keyloom.leaf.1', tag, since])));

/** What the MAC of a commit is computed over. */
function commitBytes(previous: Uint8Array, commit: Omit<Commit, 'mac'>): Uint8Array {
  const { id, team, seq, at, actor, operation, touched, cut } = commit;
  const touches = touched.flatMap(({ kind, key, revision }) => [kind, revision, ...listed(key)]);
  const cuts = cut.flatMap(({ kind, key, since }) => [kind, since, ...listed(key)]);
  return lengthPrefixed([
    'keyloom.commit.2',
    previous,
    id,
    team,
    seq,
    at,
    actor,
    operation,
    touched.length,
    ...touches,
    cut.length,
    ...cuts,
  ]);
}

/** What the MAC of a head is computed over. */
function headBytes({ scope, seq, chain, start, sets, below, bytes }: Omit<Head, 'mac'>): Uint8Array {
  const byKind = [...sets].sort(([a], [b]) => byCodePoint(a, b));
  const counted = byKind.flatMap(([kind, set]) => [kind, set.sum, set.count, set.seq]);
  const log = [chain, start.seq, start.mac];
  const kept = [bytes, sets.size, ...counted, below.digest, below.count];
  return lengthPrefixed(['keyloom.head.2', ...listed(scope), seq, ...log, ...kept]);
}

/** Stands for the key of a MAC: what was computed under it once need not be again. */
export const keyOf = (mac: Mac): Mac => mac.behind ?? mac;

/** Heads that were made or verified in this process, and under which key: these very objects, which never change. */
const ours = new WeakMap<Head, Mac>();

export function sealedHead(mac: Mac, head: Omit<Head, 'mac'>): Head {
  const sealed = { ...head, mac: new Uint8Array(mac(headBytes(head))) };
  ours.set(sealed, keyOf(mac));
  return sealed;
}

/** What a commit says of the documents that it writes. */
export interface Written {
  readonly touched: readonly Touched[];
  readonly cut: readonly Cut[];
}

/** The commit that follows the team's head (null: the first). */
export function nextCommit(mac: Mac, head: Head | null, request: NewCommit, { touched, cut }: Written): Commit {
  const { id, team, at, actor, operation } = request;
  const body = { id, team, seq: (head?.seq ?? 0) + 1, at, actor, operation, touched, cut };
  return { ...body, mac: new Uint8Array(mac(commitBytes(head?.chain ?? FIRST_CHAIN, body))) };
}

/** INTEGRITY unless the head was made under our key. */
export function verifyHead(mac: Mac, head: Head): void {
  if (ours.get(head) === keyOf(mac)) return;
  if (!sameBytes(new Uint8Array(mac(headBytes(head))), head.mac)) throw integrity(`head of ${head.scope.join('/')}`);
  ours.set(head, keyOf(mac));
}

/** INTEGRITY unless the commits follow each other without a gap, the first of them the one whose MAC is `previous`. */
export function verifyCommits(mac: Mac, previous: Uint8Array, commits: readonly Commit[]): void {
  let chain = previous;
  let seq: Seq | null = null;
  const team: TeamId | undefined = commits[0]?.team;
  for (const commit of commits) {
    const follows = seq === null || commit.seq === seq + 1;
    const genuine = sameBytes(new Uint8Array(mac(commitBytes(chain, commit))), commit.mac);
    if (!follows || commit.team !== team || !genuine) throw integrity(`commit ${commit.seq} of the log`);
    chain = commit.mac;
    seq = commit.seq;
  }
}
