import { diffMaps, type NameDiff } from '../../domain/diff.ts';
import { byCodePoint } from '../../kernel/ids.ts';
import { type Entries, type EntryFacts, LaidEntries, type PackedEntries } from './entry-facts.ts';
import type { Sight } from './sight.ts';

/** What is equal as long as the viewer sees the same, and nothing was written that is hidden. */
const seenFact = (entry: EntryFacts, sight: Sight): string =>
  sight.sees(entry) ? `seen ${entry.content}` : `hidden ${sight.typeOf(entry)} ${entry.written}`;

const seenFacts = (entries: Entries, sight: Sight): ReadonlyMap<string, string> =>
  new Map([...entries].map(([name, entry]) => [name, seenFact(entry, sight)]));

const KINDS = ['added', 'removed', 'changed'] as const;
const NO_DIFFERENCE: NameDiff = { added: [], removed: [], changed: [] };

interface Difference {
  readonly before: Entries;
  readonly after: Entries;
  readonly key: string;
  readonly made: NameDiff;
}

/** Of the few that all ask for who are told of one commit, each with its variables, files and mounts. */
let recent: readonly Difference[] = [];
const MAX_RECENT = 6;

/** Of what many share, by what they see: from what to what. */
const differences = new WeakMap<Entries, WeakMap<Entries, Map<string, NameDiff>>>();

function sharedDifference(before: PackedEntries, after: PackedEntries, sight: Sight): NameDiff {
  if (before === after) return NO_DIFFERENCE;
  for (const each of recent)
    if (each.before === before && each.after === after && each.key === sight.key) return each.made;
  const made = keptDifference(before, after, sight);
  recent = [{ before, after, key: sight.key, made }, ...recent.slice(0, MAX_RECENT - 1)];
  return made;
}

function keptDifference(before: PackedEntries, after: PackedEntries, sight: Sight): NameDiff {
  const found = differences.get(after)?.get(before)?.get(sight.key);
  if (found) return found;
  const byBefore = differences.get(after) ?? new WeakMap<Entries, Map<string, NameDiff>>();
  differences.set(after, byBefore);
  const bySight = byBefore.get(before) ?? new Map<string, NameDiff>();
  byBefore.set(before, bySight);
  const made = packedDifference(before, after, sight);
  bySight.set(sight.key, made);
  return made;
}

const packedDifference = (before: PackedEntries, after: PackedEntries, sight: Sight): NameDiff =>
  before.isSame(after) ? NO_DIFFERENCE : diffMaps(seenFacts(before, sight), seenFacts(after, sight));

/** The difference that all see who share the same, where nothing happened to its own entries or under them; else null. */
export function commonDifference(before: Entries, after: Entries, sight: Sight): NameDiff | null {
  const own = ownIn(after);
  if (ownIn(before) !== own) return null;
  const common = sharedDifference(overIn(before), overIn(after), sight);
  const isUnder = own !== null && KINDS.some((kind) => common[kind].some((name) => own.get(name) !== undefined));
  return isUnder ? null : common;
}

/** Which names came, went, or now stand for something else for the viewer. */
export function seenDifference(before: Entries, after: Entries, sight: Sight): NameDiff {
  const common = sharedDifference(overIn(before), overIn(after), sight);
  const own = new Set([...(ownIn(before)?.names ?? []), ...(ownIn(after)?.names ?? [])]);
  if (own.size === 0) return common;
  const ownFacts = (entries: Entries): ReadonlyMap<string, string> => {
    const found = new Map<string, string>();
    for (const name of own) {
      const entry = entries.get(name);
      if (entry) found.set(name, seenFact(entry, sight));
    }
    return found;
  };
  return joined(common, diffMaps(ownFacts(before), ownFacts(after)), own);
}

const ownIn = (entries: Entries): PackedEntries | null => (entries instanceof LaidEntries ? entries.own : null);
const overIn = (entries: Entries): PackedEntries =>
  entries instanceof LaidEntries ? entries.over : (entries as PackedEntries);

/** The difference of what is shared, but for names of one's own, of which another one tells. */
function joined(common: NameDiff, mine: NameDiff, own: ReadonlySet<string>): NameDiff {
  const isUntouched = KINDS.every((kind) => mine[kind].length === 0 && !common[kind].some((name) => own.has(name)));
  // The same object for all to whom nothing else happened.
  if (isUntouched) return common;
  const [added = [], removed = [], changed = []] = KINDS.map((kind) =>
    [...common[kind].filter((name) => !own.has(name)), ...mine[kind]].sort(byCodePoint),
  );
  return { added, removed, changed };
}
