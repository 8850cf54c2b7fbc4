import { isKey } from '../keys.ts';
import type { Commit, Doc, Head, Key, Kind, Seq, TeamId } from '../port.ts';
import type { EngineReader } from './engine.ts';
import * as at from './places.ts';
import * as record from './records.ts';

const HEADS_PAGE = 1_000;

export function readDoc(view: EngineReader, kind: Kind, key: Key): Doc | null {
  if (!isKey(key)) return null;
  const place = at.docAt(kind, key);
  const value = view.get(place);
  return value && record.decodeDoc(place, value);
}

export function readHead(view: EngineReader, scope: Key): Head | null {
  if (!isKey(scope)) return null;
  const place = at.headAt(scope);
  const value = view.get(place);
  return value && record.decodeHead(place, value);
}

export function newestOf(view: EngineReader, team: TeamId): Seq {
  if (!isKey([team])) return 0;
  let newest = 0;
  let { start, end } = at.headRange(team);
  for (;;) {
    const page = view.range(start, end, HEADS_PAGE);
    for (const { key, value } of page) newest = Math.max(newest, record.decodeHead(key, value).seq);
    const last = page[page.length - 1];
    if (!last || page.length < HEADS_PAGE) break;
    start = Buffer.concat([last.key, Buffer.of(0)]);
  }
  const after = at.commitRange(team, newest);
  const [more] = view.range(after.start, after.end, 1);
  return more ? record.decodeCommit(more.key, more.value).seq : newest;
}

export function readNumber(view: EngineReader, place: Uint8Array): number | null {
  const value = view.get(place);
  return value && record.decodeNumber(place, value);
}

export function readCommit(view: EngineReader, team: TeamId, seq: Seq): Commit | null {
  const place = at.commitAt(team, seq);
  const value = view.get(place);
  return value && record.decodeCommit(place, value);
}

export function readRevisions(
  view: EngineReader,
  kind: Kind,
  key: Key,
  below: number | null,
  limit: number,
): readonly Doc[] {
  const present = readDoc(view, kind, key);
  if (!present) return [];
  const first = below === null || present.revision < below ? [present] : [];
  const { start, end } = at.revisionRange(kind, key, below);
  const older = view.range(start, end, limit).map((entry) => record.decodeDoc(entry.key, entry.value));
  return [...first, ...older].slice(0, limit);
}

/** The first revision after a commit and the one before it, by the order of their numbers: a few reads, however many there are. */
export function readAsOf(view: EngineReader, kind: Kind, key: Key, seq: Seq): readonly Doc[] {
  const present = readDoc(view, kind, key);
  if (!present) return [];
  if (present.seq <= seq) return [present];
  const revision = (number: number): Doc | null => {
    const place = at.revisionAt(kind, key, number);
    const value = view.get(place);
    return value && record.decodeDoc(place, value);
  };
  let [found, next]: [Doc | null, Doc] = [null, present];
  // What is not kept any more is older than all that is.
  let [low, high] = [1, present.revision - 1];
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    const doc = revision(middle);
    if (doc === null || doc.seq <= seq) {
      if (doc !== null) found = doc;
      low = middle + 1;
    } else {
      next = doc;
      high = middle - 1;
    }
  }
  return found ? [next, found] : [next];
}
