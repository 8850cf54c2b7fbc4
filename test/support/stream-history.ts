/**
 * Judges what subscribers were told by the log alone: knows nothing of how events are made or sent. What it finds is told
 * in words, the first few of each kind.
 */

/** One thing that a commit touched. `kind` as the API names it. */
export interface Touch {
  readonly kind: string;
  readonly project: string | null;
  readonly name: string;
  readonly revision: number;
}

export interface LogEntry {
  readonly seq: number;
  readonly operation: string;
  readonly touched: readonly Touch[];
}

/** Where a subscriber began: after some commit from `least` to `most`. Equal when it began with a cursor. */
export interface Begin {
  readonly min: number;
  readonly max: number;
}

/** Whether a touch has to be told, can be (rights changed while it was on its way), or must not be. */
export type Due = 'must' | 'may' | 'never';

export interface ToldCommit {
  readonly seq: number;
  readonly operation: string | null;
  readonly changes: readonly Touch[];
}

export interface CommitHistory {
  readonly begin: Begin;
  /** Over all connections, as they came. */
  readonly told: readonly ToldCommit[];
  readonly due: (touch: Touch, seq: number) => Due;
  /** Whether everything up to the end of the log was due; otherwise only what comes before the last that was told. */
  readonly isWhole: boolean;
}

const MAX_OF_A_KIND = 3;

/** Collects what is wrong without drowning the reader in it. */
function findings() {
  const found = new Map<string, string[]>();
  return {
    add(kind: string, text: string): void {
      const texts = found.get(kind) ?? [];
      found.set(kind, texts);
      texts.push(text);
    },
    all: (): readonly string[] =>
      [...found].flatMap(([kind, texts]) => {
        const shown = texts.slice(0, MAX_OF_A_KIND).map((text) => `${kind}: ${text}`);
        return texts.length > shown.length ? [...shown, `${kind}: ${texts.length - shown.length} more`] : shown;
      }),
  };
}
type Findings = ReturnType<typeof findings>;

/** Each place once, and later than the one before. */
function checkOrder(told: readonly { readonly seq: number }[], begin: Begin, found: Findings): void {
  const seen = new Set<number>();
  let newest = Number.NEGATIVE_INFINITY;
  for (const { seq } of told) {
    if (seen.has(seq)) found.add('duplicate', `${seq} again after ${newest}`);
    else if (seq < newest) found.add('reordering', `${seq} after ${newest}`);
    if (seq <= begin.min) found.add('early', `${seq}, though it began after ${begin.min}`);
    seen.add(seq);
    newest = Math.max(newest, seq);
  }
}

const wordsOf = ({ kind, project, name, revision }: Touch): string => `${kind} ${project ?? '-'}/${name} r${revision}`;

function checkTold(told: ToldCommit, entry: LogEntry | undefined, due: CommitHistory['due'], found: Findings): void {
  const { seq } = told;
  if (!entry) {
    found.add('foreign', `${seq} is not in the log`);
    return;
  }
  if (told.operation !== null && told.operation !== entry.operation) {
    found.add('altered', `${seq} is ${entry.operation}, not ${told.operation}`);
  }
  const verdicts = new Map(entry.touched.map((touch) => [wordsOf(touch), due(touch, seq)]));
  const words = told.changes.map(wordsOf);
  for (const each of words) {
    const verdict = verdicts.get(each);
    if (verdict === undefined) found.add('foreign', `${seq} did not touch ${each}`);
    else if (verdict === 'never') found.add('foreign', `${seq} told of ${each}`);
  }
  if (new Set(words).size < words.length) found.add('altered', `${seq} tells of one thing twice`);
  for (const [each, verdict] of verdicts) {
    if (verdict === 'must' && !words.includes(each)) found.add('altered', `${seq} leaves out ${each}`);
  }
}

/** The last commit of which something must be told; 0: none. */
export const lastDue = (log: readonly LogEntry[], due: CommitHistory['due']): number =>
  log.findLast(({ touched, seq }) => touched.some((touch) => due(touch, seq) === 'must'))?.seq ?? 0;

/** Judges a stream of commits. Answers what is wrong with it: nothing, if nothing. */
export function checkCommits(
  log: readonly LogEntry[],
  { begin, told, due, isWhole }: CommitHistory,
): readonly string[] {
  const found = findings();
  checkOrder(told, begin, found);
  const entries = new Map(log.map((entry) => [entry.seq, entry]));
  for (const each of told) checkTold(each, entries.get(each.seq), due, found);
  const seqs = new Set(told.map(({ seq }) => seq));
  const after = Math.min(begin.max, ...seqs);
  const until = isWhole ? Number.POSITIVE_INFINITY : Math.max(begin.max, ...seqs);
  for (const { seq, touched, operation } of log) {
    if (seq <= Math.max(after, begin.min) || seq > until || seqs.has(seq)) continue;
    const missing = touched.find((touch) => due(touch, seq) === 'must');
    if (missing) found.add('gap', `${seq} ${operation} of ${wordsOf(missing)} is missing`);
  }
  return found.all();
}

/** What a workload got as of a commit. */
export interface EnvironmentState {
  readonly seq: number;
  readonly digest: string | null;
  /** Name -> something that is equal when nothing changed about it. */
  readonly facts: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<string, string>;
}

export interface NameChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

export interface ToldEnvironment {
  readonly seq: number;
  readonly digest: string | null;
  readonly variables: NameChanges;
  /** null: the viewer may not have them. */
  readonly values: ReadonlyMap<string, string> | null;
}

export interface EnvironmentHistory {
  readonly begin: Begin;
  readonly told: readonly ToldEnvironment[];
  /** After every commit that could matter, oldest first, beginning at or before `begin.least`. */
  readonly states: readonly EnvironmentState[];
  /** Fewer commits than this between two events are no storm: each change of the digest is told. */
  readonly storm: number;
}

const sorted = (names: readonly string[]): string => [...names].sort().join(',');
const diffWords = ({ added, removed, changed }: NameChanges): string =>
  `added ${sorted(added)}; removed ${sorted(removed)}; changed ${sorted(changed)}`;
const diffOf = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): NameChanges => ({
  added: [...after.keys()].filter((name) => !before.has(name)),
  removed: [...before.keys()].filter((name) => !after.has(name)),
  changed: [...after.keys()].filter((name) => before.has(name) && before.get(name) !== after.get(name)),
});

function checkEvent(told: ToldEnvironment, before: EnvironmentState | null, now: EnvironmentState, found: Findings) {
  const { seq, digest, variables, values } = told;
  if (digest !== now.digest) found.add('altered', `${seq} has digest ${digest}, not ${now.digest}`);
  const wrong = values ? [...values].find(([name, value]) => now.values.get(name) !== value) : undefined;
  if (wrong) found.add('altered', `${seq} has ${wrong.join(' ')}, not ${now.values.get(wrong[0])}`);
  else if (values && values.size !== now.values.size) found.add('altered', `${seq} leaves out variables`);
  if (!before) return;
  if (before.digest === now.digest) found.add('altered', `${seq} tells of no change since ${before.seq}`);
  const expected = diffWords(diffOf(before.facts, now.facts));
  if (diffWords(variables) !== expected) {
    found.add('altered', `${seq}: ${diffWords(variables)}; but since ${before.seq}: ${expected}`);
  }
}

/** Changes that nobody was told of, though there was no storm to excuse it. */
function checkSpan(span: readonly EnvironmentState[], start: EnvironmentState, storm: number, found: Findings): void {
  if (span.length >= storm) return;
  let before = start.digest;
  for (const { seq, digest } of span) {
    if (digest !== before) found.add('gap', `${seq} changed the digest after ${start.seq}, and was not told`);
    before = digest;
  }
}

/** Judges a stream of what a workload gets. */
export function checkEnvironment({ begin, told, states, storm }: EnvironmentHistory): readonly string[] {
  const found = findings();
  checkOrder(told, begin, found);
  const places = new Map(states.map(({ seq }, place) => [seq, place]));
  const placeOf = (seq: number): number => states.findLastIndex((state) => state.seq <= seq);
  const isExact = begin.min === begin.max;
  let place = isExact ? placeOf(begin.min) : -1;
  for (const each of told) {
    const at = places.get(each.seq);
    const now = at === undefined ? undefined : states[at];
    if (at === undefined || !now) {
      found.add('foreign', `${each.seq} does not concern it`);
      continue;
    }
    const before = states[place] ?? null;
    checkEvent(each, before, now, found);
    if (before) checkSpan(states.slice(place + 1, at), before, storm, found);
    place = at;
  }
  if (place < 0) place = placeOf(begin.max);
  const [from, last] = [states[place], states.at(-1)];
  if (!last || !from) return [...found.all(), 'final state: nothing is known of it'];
  checkSpan(states.slice(place + 1), from, storm, found);
  if (from.digest !== last.digest) found.add('final state', `${from.digest} of ${from.seq}, not ${last.digest}`);
  return found.all();
}
