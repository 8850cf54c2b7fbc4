import { afterPrefix, keyText, ordinal } from '../keys.ts';
import type { Key, Kind, Seq, TeamId } from '../port.ts';

/** Where everything stands in the engine: one letter per sort, then texts that end with NUL. */

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

export interface Range {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
}

/** What is about the store itself lies between the others. */
export const CONTENT: readonly Range[] = [
  { start: bytes('a'), end: bytes('m') },
  { start: bytes('n'), end: bytes('z') },
];
export const VERSION_AT = bytes('m\0version\0');
export const docAt = (kind: Kind, key: Key): Uint8Array => bytes(`d${kind}\0${keyText(key)}`);
/** Heads of all scopes. */
export const HEADS: Range = { start: bytes('h'), end: bytes('i') };
export const headAt = (scope: Key): Uint8Array => bytes(`h${keyText(scope)}`);
export const commitAt = (team: TeamId, seq: Seq): Uint8Array => bytes(`c${keyText([team])}${ordinal(seq)}`);
export const commitIdAt = (team: TeamId, id: string): Uint8Array => bytes(`i${keyText([team, id])}`);
/** Heads of a team and of its projects. */
export const headRange = (team: TeamId): Range => ({
  start: headAt([team]),
  end: bytes(afterPrefix(`h${keyText([team])}`)),
});
/** Of the tree of heads below one. An empty part keeps nodes of longer scopes apart. */
export const nodeAt = (scope: Key, path: string): Uint8Array => bytes(`b${keyText(scope)}\0${path}\0`);
export const stateAt = (scope: Key, kind: Kind): Uint8Array => bytes(`s${keyText(scope)}\0${kind}\0`);

/** Documents of a kind whose keys begin with `prefix`, after the key `after`. */
export function docRange(kind: Kind, prefix: Key, after: Key | undefined): Range {
  const all = `d${kind}\0${keyText(prefix)}`;
  const start = bytes(all);
  // NUL follows no key, so a key and NUL is the least text after it.
  const next = after ? bytes(`d${kind}\0${keyText(after)}\0`) : start;
  return { start: Buffer.compare(start, next) < 0 ? next : start, end: bytes(afterPrefix(all)) };
}

export function commitRange(team: TeamId, after: Seq): Range {
  return { start: commitAt(team, after + 1), end: bytes(afterPrefix(`c${keyText([team])}`)) };
}

/** Newest first: the greater the revision, the smaller its place. An empty part keeps longer keys apart. */
export function revisionAt(kind: Kind, key: Key, revision: number): Uint8Array {
  return bytes(`r${kind}\0${keyText(key)}\0${ordinal(Number.MAX_SAFE_INTEGER - revision)}`);
}

/** Replaced revisions below `below` (null: all). */
export function revisionRange(kind: Kind, key: Key, below: number | null): Range {
  const all = `r${kind}\0${keyText(key)}\0`;
  return { start: below === null ? bytes(all) : revisionAt(kind, key, below - 1), end: bytes(afterPrefix(all)) };
}
