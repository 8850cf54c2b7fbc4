import { folderClashes, linkClashes } from '../domain/clashes.ts';
import type { AddonLink } from '../domain/types.ts';
import { type FieldError, invalidInput } from '../kernel/errors.ts';

/** Paths of files before a change and in its input, and where each given one is in the input. */
export interface PathsChange {
  readonly before: Iterable<string>;
  readonly given: readonly string[];
  readonly pathOf: (i: number) => readonly string[];
}

/** Refuses files in a folder that is a file itself, unless they were there before: no disk can hold both. */
export function requireDistinctPaths(changes: readonly PathsChange[]): void {
  const fields = changes.flatMap(({ before, given, pathOf }) => {
    const known = new Set(folderClashes(before).map(({ file, below }) => `${file}\0${below}`));
    return folderClashes(given)
      .filter(({ file, below }) => !known.has(`${file}\0${below}`))
      .map(({ below }): FieldError => {
        const message = 'lies in a folder that is a file of the same list';
        return { path: pathOf(given.indexOf(below)), rule: 'folder', message };
      });
  });
  if (fields.length > 0) throw invalidInput(fields);
}

/** Refuses two keys of one addon under one name, unless they were there before: only one of them could be delivered. */
export function requireDistinctLinkNames(
  before: readonly AddonLink[],
  after: readonly AddonLink[],
  pathOf: (link: AddonLink) => readonly string[],
): void {
  const nameOf = ({ link, name, later }: ReturnType<typeof linkClashes>[number]): string =>
    [link.addonKind, link.addonId, name, later].join('\0');
  const known = new Set(linkClashes(before).map(nameOf));
  const fields = linkClashes(after)
    .filter((clash) => !known.has(nameOf(clash)))
    .map(({ link, name, first, later }): FieldError => {
      const i = link.keys.findIndex(({ keyName }) => keyName === later);
      const key = link.keys[i];
      const at = key && key.aliases.length > 0 ? ['aliases', String(key.aliases.indexOf(name))] : ['keyName'];
      const message = `takes the name that the key ${first} of this addon has already`;
      return { path: [...pathOf(link), 'keys', String(i), ...at], rule: 'distinct', message };
    });
  if (fields.length > 0) throw invalidInput(fields);
}
