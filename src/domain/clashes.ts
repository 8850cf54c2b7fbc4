import { namesOf } from './layer.ts';
import type { AddonLink } from './types.ts';

// Letters outside ASCII have no other case here, as in the environment of a process.
export const lowered = (name: string): string => name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** A path of a file that is also a folder of another file. */
export interface FolderClash {
  readonly file: string;
  readonly below: string;
}

/** Each file that lies below another file, with the topmost such one. `fold` says which paths count as the same. */
export function folderClashes(
  paths: Iterable<string>,
  fold: (path: string) => string = (path) => path,
): readonly FolderClash[] {
  const byFolded = new Map<string, string>();
  const all = [...paths];
  for (const path of all) if (!byFolded.has(fold(path))) byFolded.set(fold(path), path);
  return all.flatMap((below) => {
    const folded = fold(below);
    for (let slash = folded.indexOf('/', 1); slash !== -1; slash = folded.indexOf('/', slash + 1)) {
      const file = byFolded.get(folded.slice(0, slash));
      if (file !== undefined) return [{ file, below }];
    }
    return [];
  });
}

/** Two keys of one addon that take one name: `later` never gets it. */
export interface LinkClash {
  readonly link: AddonLink;
  readonly name: string;
  readonly first: string;
  readonly later: string;
}

/** Keys of one addon under one name. Keys of different addons may meet: that is warned of, not refused. */
export function linkClashes(links: readonly AddonLink[]): readonly LinkClash[] {
  const taken = new Map<string, string>();
  return links.flatMap((link) =>
    link.keys.flatMap((key) =>
      namesOf(link, key).flatMap((name) => {
        const place = [link.addonKind, link.addonId, name].join('\0');
        const first = taken.get(place);
        if (first === undefined) taken.set(place, key.keyName);
        return first === undefined || first === key.keyName ? [] : [{ link, name, first, later: key.keyName }];
      }),
    ),
  );
}
