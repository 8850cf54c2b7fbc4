import type { Commit } from '../store/port.ts';

/** What a stream is about, as the first words of the place of a document: all of a kind, all of a kind in one scope, or one. */
export const topic = (kind: string, ...place: readonly string[]): string => [kind, ...place].join(' ');

/** Everything that a commit is about: a stream that it concerns has one of these. */
export function topicsOf({ touched }: Commit): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { kind, key } of touched) {
    const [, ...place] = key;
    for (let words = 0; words <= place.length; words += 1) found.add(topic(kind, ...place.slice(0, words)));
  }
  return found;
}
