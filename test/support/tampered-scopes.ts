import { keyText, scopeOf } from '../../src/store/keys.ts';
import { type Changes, type CopiedStore, type Copy, changesBetween, keyAt } from './editable-store.ts';

/** Whole scopes, one, two or three of them, put back to what they were, laid over each other, or taken away. */
export interface ScopeMutation {
  readonly name: string;
  readonly changes: Changes;
}

/** What a store held after each step, the present one not among the past. */
export interface Timeline {
  readonly team: string;
  readonly past: readonly Copy[];
  readonly now: Copy;
}

/** What of a scope is meant: the letters that places begin with. */
const PARTS: Readonly<Record<string, RegExp>> = {
  'all of it': /^/,
  'documents and head': /^[hbsd]/,
  'documents, former revisions and head': /^[hbsdr]/,
  'the head': /^[hbs]/,
  'the head without what lies beside it': /^h/,
  documents: /^d/,
  'the log': /^[ci]/,
  'documents and log': /^[dci]/,
  'head and log': /^[hbsci]/,
};

/** The scope whose head is about a place. */
function scopeAt(team: string, place: string): string {
  const key = keyAt(place);
  if (/^[hbs]/.test(place)) return key.join('/');
  return key[0]?.startsWith('~') ? key[0] : scopeOf(team, key).join('/');
}

/** All choices of one to `most` of these. */
function choices<T>(items: readonly T[], max: number): readonly (readonly T[])[] {
  const [first, ...rest] = items;
  if (first === undefined || max === 0) return [];
  return [[first], ...choices(rest, max - 1).map((each) => [first, ...each]), ...choices(rest, max)];
}

const scopesIn = ({ team, now }: Timeline): readonly string[] =>
  [...new Set([...now.keys()].filter((place) => place.startsWith('h')).map((place) => scopeAt(team, place)))].sort();

function only(changes: Changes, isMeant: (place: string) => boolean): Changes {
  return new Map([...changes].filter(([place]) => isMeant(place)));
}

/** A change of many places once; not at all where it changes nothing, or makes the whole of a store what it was. */
function distinct(found: readonly ScopeMutation[], timeline: Timeline): readonly ScopeMutation[] {
  const { past, now } = timeline;
  const known = new Set(['']);
  const headsOf = (changes: Changes): string => nameOf(only(changes, (place) => place.startsWith('h')));
  // With every head that differs, the root among them, it is the whole store to whoever asks for no more than those bind.
  const wholes = new Set(past.map((copy) => headsOf(changesBetween(now, copy))));
  return found.filter(({ changes }) => {
    const name = nameOf(changes);
    const isNew = !known.has(name) && !wholes.has(headsOf(changes));
    known.add(name);
    return isNew;
  });
}

const nameOf = (changes: Changes): string =>
  [...changes]
    .map(([place, value]) => `${place}=${value === null ? '' : Buffer.from(value).toString('base64')}`)
    .sort()
    .join('\n');

/** Every choice of one to three scopes and of a part of them, put back to every moment, or erased. */
export function backMutations(timeline: Timeline): readonly ScopeMutation[] {
  const { team, past, now } = timeline;
  const moments = [...past.map((copy, i) => [`put back to step ${i}`, copy] as const), ['erased', new Map()] as const];
  const found = moments.flatMap(([what, copy]) => {
    const changes = changesBetween(now, copy);
    return choices(scopesIn(timeline), 3).flatMap((scopes) =>
      Object.entries(PARTS).map(
        ([part, isPart]): ScopeMutation => ({
          name: `${scopes.join(' and ')}: ${part} ${what}`,
          changes: only(changes, (place) => isPart.test(place) && scopes.includes(scopeAt(team, place))),
        }),
      ),
    );
  });
  return distinct(found, timeline);
}

/** Every document put back, or erased, together with the head of its scope. */
export function pairMutations(timeline: Timeline): readonly ScopeMutation[] {
  const { team, past, now } = timeline;
  const found = past.flatMap((copy, i) => {
    const changes = changesBetween(now, copy);
    const places = [...changes.keys()].filter((place) => place.startsWith('d'));
    return places.map((own): ScopeMutation => {
      const head = `h${keyText(scopeAt(team, own) === '~instance' ? ['~instance'] : scopeOf(team, keyAt(own)))}`;
      const name = `${own.slice(1).split('\0').join(' ')}with its head put back to step ${i}`;
      return { name, changes: only(changes, (place) => place === own || place === head) };
    });
  });
  return distinct(found, timeline);
}

/** Each project laid over each other one, and each two exchanged. */
export function crossMutations(timeline: Timeline, { movedTo }: CopiedStore): readonly ScopeMutation[] {
  const { team, now } = timeline;
  const projects = scopesIn(timeline).filter((scope) => scope.includes('/'));
  const over = (from: string, to: string): Changes => {
    const changes = new Map<string, Uint8Array | null>();
    for (const place of now.keys()) if (scopeAt(team, place) === to) changes.set(place, null);
    for (const [place, value] of now) {
      if (scopeAt(team, place) !== from) continue;
      const there = place.replace(from.replace('/', '\0'), to.replace('/', '\0'));
      changes.set(there, movedTo(there, place, value));
    }
    return changes;
  };
  const found = projects.flatMap((from) =>
    projects
      .filter((to) => to !== from)
      .flatMap((to): readonly ScopeMutation[] => [
        { name: `${from} laid over ${to}`, changes: over(from, to) },
        { name: `${from} exchanged with ${to}`, changes: new Map([...over(from, to), ...over(to, from)]) },
      ]),
  );
  return distinct(found, timeline);
}
