import { timingSafeEqual } from 'node:crypto';
import { integrity } from '../kernel/errors.ts';
import { byCodePoint } from '../kernel/ids.ts';
import { loggedBytes } from './kept.ts';
import { keyText, scopeOf } from './keys.ts';
import type { Commit, Head, Key, Kind, Mac, NewCommit, Seq, SetHead, TeamId, Touched } from './port.ts';

export const SUM_BYTES = 32;
/** The sum of no documents, and the chain before the first commit. */
export const EMPTY_SUM: Uint8Array = new Uint8Array(SUM_BYTES);
export const FIRST_CHAIN: Uint8Array = new Uint8Array(SUM_BYTES);

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Sum modulo 2^256 of two big-endian numbers. */
export function addTag(sum: Uint8Array, tag: Uint8Array): Uint8Array {
  return combine(sum, tag, 1);
}

/** Difference modulo 2^256 of two big-endian numbers. */
export function subtractTag(sum: Uint8Array, tag: Uint8Array): Uint8Array {
  return combine(sum, tag, -1);
}

function combine(sum: Uint8Array, tag: Uint8Array, sign: 1 | -1): Uint8Array {
  if (sum.length !== SUM_BYTES || tag.length !== SUM_BYTES) throw integrity('a tag of the wrong length');
  const result = new Uint8Array(SUM_BYTES);
  let carry = 0;
  for (let i = SUM_BYTES - 1; i >= 0; i -= 1) {
    const digit = (sum[i] ?? 0) + sign * (tag[i] ?? 0) + carry;
    result[i] = digit & 0xff;
    carry = digit >> 8;
  }
  return result;
}

type Part = string | number | Uint8Array;

/** Each part after its length, so that no two lists of parts have the same bytes. */
function lengthPrefixed(parts: readonly Part[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const part of parts) {
    const bytes = part instanceof Uint8Array ? part : Buffer.from(String(part), 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    pieces.push(length, bytes);
  }
  return Buffer.concat(pieces);
}

const listed = (key: Key): readonly Part[] => [key.length, ...key];

/**
 * What stands for a revision in its set, and beside it wherever it is kept: its writer's tag bound to the number of its commit,
 * which nobody knew before. So a revision cannot be told to be of another commit.
 */
export const numberedTag = (mac: Mac, tag: Uint8Array, seq: Seq): Uint8Array =>
  new Uint8Array(mac(lengthPrefixed(['keyloom.revision.1', tag, seq])));

/** What the MAC of a commit is computed over. */
function commitBytes(previous: Uint8Array, commit: Omit<Commit, 'mac'>): Uint8Array {
  const { id, team, seq, at, actor, operation, touched } = commit;
  const touches = touched.flatMap(({ kind, key, revision }) => [kind, revision, ...listed(key)]);
  return lengthPrefixed([
    'keyloom.commit.1',
    previous,
    id,
    team,
    seq,
    at,
    actor,
    operation,
    touched.length,
    ...touches,
  ]);
}

/** What the MAC of a head is computed over. */
function headBytes({ scope, seq, chain, sets, bytes }: Omit<Head, 'mac'>): Uint8Array {
  const byKind = [...sets].sort(([a], [b]) => byCodePoint(a, b));
  const counted = byKind.flatMap(([kind, set]) => [kind, set.sum, set.count, set.seq]);
  return lengthPrefixed(['keyloom.head.1', ...listed(scope), seq, chain, bytes, sets.size, ...counted]);
}

/** The commit that follows the team's head (null: the first). */
export function nextCommit(mac: Mac, head: Head | null, request: NewCommit, touched: readonly Touched[]): Commit {
  const { id, team, at, actor, operation } = request;
  const body = { id, team, seq: (head?.seq ?? 0) + 1, at, actor, operation, touched };
  return { ...body, mac: new Uint8Array(mac(commitBytes(head?.chain ?? FIRST_CHAIN, body))) };
}

/** What a write does to the sum of its set: takes the old tag out, puts the new one in. */
export interface TagChange {
  readonly kind: Kind;
  readonly key: Key;
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
}

/** What a write adds to what its scope keeps, or takes away. */
export interface Growth {
  readonly key: Key;
  readonly bytes: number;
}

/** Heads after a commit: the team's always, those of projects whose documents or histories changed. */
export function nextHeads(
  mac: Mac,
  commit: Commit,
  previous: (scope: Key) => Head | null,
  changes: readonly TagChange[],
  growth: readonly Growth[],
): readonly Head[] {
  const teamScope: Key = [commit.team];
  const grown = new Map([[keyText(teamScope), loggedBytes(commit)]]);
  const grow = (name: string, bytes: number) => grown.set(name, (grown.get(name) ?? 0) + bytes);
  const scopes = new Map<string, Key>([[keyText(teamScope), teamScope]]);
  const changed = new Map<string, TagChange[]>();
  for (const change of changes) {
    const scope = scopeOf(commit.team, change.key);
    const name = keyText(scope);
    scopes.set(name, scope);
    const list = changed.get(name) ?? [];
    list.push(change);
    changed.set(name, list);
  }
  for (const { key, bytes } of growth) {
    const scope = scopeOf(commit.team, key);
    scopes.set(keyText(scope), scope);
    grow(keyText(scope), bytes);
    if (scope.length > 1) grow(keyText(teamScope), bytes);
  }
  return [...scopes].map(([name, scope]) => {
    const sets = new Map(previous(scope)?.sets);
    for (const change of changed.get(name) ?? []) {
      sets.set(change.kind, nextSet(sets.get(change.kind), change, commit.seq));
    }
    const chain = scope.length === 1 ? commit.mac : new Uint8Array();
    // Never below nothing: whoever edits former revisions may make them look larger when they are erased.
    const bytes = Math.max(0, (previous(scope)?.bytes ?? 0) + (grown.get(name) ?? 0));
    const head = { scope, seq: commit.seq, chain, sets, bytes };
    return { ...head, mac: new Uint8Array(mac(headBytes(head))) };
  });
}

function nextSet(set: SetHead | undefined, { kind, before, after }: TagChange, seq: Seq): SetHead {
  let { sum, count } = set ?? { sum: EMPTY_SUM, count: 0 };
  if (before) sum = subtractTag(sum, before);
  if (after) sum = addTag(sum, after);
  count += (after ? 1 : 0) - (before ? 1 : 0);
  if (count < 0) throw integrity(`more documents of kind ${kind} than its head counts`);
  return { sum, count, seq };
}

/** INTEGRITY unless the head was made under our key. */
export function verifyHead(mac: Mac, head: Head): void {
  if (!sameBytes(new Uint8Array(mac(headBytes(head))), head.mac)) throw integrity(`head of ${head.scope.join('/')}`);
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
