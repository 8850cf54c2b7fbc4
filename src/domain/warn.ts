import { byCodePoint } from '../kernel/ids.ts';
import { folderClashes, lowered } from './clashes.ts';
import type { VariableContent } from './layer.ts';
import type { Merged } from './merge.ts';
import type { ResolutionWarning } from './types.ts';

export type Kind = 'variable' | 'file' | 'mount';

/** Warnings about who won a key. A workload's own value is meant to override, so it never warns. */
export function mergeWarnings<T>(kind: Kind, name: string, merged: Merged<T>): readonly ResolutionWarning[] {
  const { group, priority, tied, shadowedSecrets } = merged;
  const warnings: ResolutionWarning[] = [];
  if (group === null) return warnings;
  if (tied.length > 0) {
    warnings.push({
      code: 'TIE',
      names: [name],
      groups: [group, ...tied],
      message: `Several groups hold ${kind} ${name} with priority ${priority}; ${group} wins because its id sorts first`,
    });
  }
  if (shadowedSecrets.length > 0) {
    warnings.push({
      code: 'SHADOWED_SECRET',
      names: [name],
      groups: [group, ...shadowedSecrets].sort(byCodePoint),
      message: `A value of type config in group ${group} hides a value of type secret for ${kind} ${name}`,
    });
  }
  return warnings;
}

/** Names that differ only in the case of their ASCII letters: both are kept, and easily taken for one another. */
export function caseTwinWarnings(kind: Kind, names: Iterable<string>): readonly ResolutionWarning[] {
  const byLowered = new Map<string, string[]>();
  for (const name of names) {
    const key = lowered(name);
    const twins = byLowered.get(key);
    if (twins === undefined) byLowered.set(key, [name]);
    else twins.push(name);
  }
  return [...byLowered.values()].filter((twins) => twins.length > 1).map((twins) => twinWarning(kind, twins));
}

function twinWarning(kind: Kind, twins: readonly string[]): ResolutionWarning {
  const names = [...twins].sort(byCodePoint);
  return {
    code: 'CASE_TWINS',
    names,
    groups: [],
    message: `These ${kind}s differ only in upper and lower case: ${names.join(', ')}`,
  };
}

/** Files in a folder that is a file itself, in the same or in another case: not all of them can be written to one disk. */
export const folderWarnings = (paths: Iterable<string>): readonly ResolutionWarning[] =>
  folderClashes([...paths].sort(byCodePoint), lowered).map(({ file, below }) => ({
    code: 'FILE_AND_FOLDER',
    names: [file, below].sort(byCodePoint),
    groups: [],
    message: `${below} lies in a folder that is the file ${file}`,
  }));

/** Several linked keys of the winning group under one name: only the first is delivered. */
export function linkWarnings(name: string, merged: Merged<VariableContent>): readonly ResolutionWarning[] {
  const { group, entry } = merged;
  if (group === null || !entry.sameName) return [];
  const message = `Several linked keys of group ${group} take the name ${name}; the first by addon and key wins`;
  return [{ code: 'LINKED_TWICE', names: [name], groups: [group], message }];
}

/** What POSIX calls a name; a shell cannot hold any other. */
const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function shellNameWarnings(names: Iterable<string>): readonly ResolutionWarning[] {
  const odd = [...names].filter((name) => !SHELL_NAME.test(name)).sort(byCodePoint);
  if (odd.length === 0) return [];
  const message = `No shell can hold variables with these names: ${odd.join(', ')}`;
  return [{ code: 'NOT_A_SHELL_NAME', names: odd, groups: [], message }];
}

export const sortedWarnings = (warnings: readonly ResolutionWarning[]): readonly ResolutionWarning[] =>
  [...warnings].sort(
    (a, b) =>
      byCodePoint(a.code, b.code) ||
      byCodePoint(a.names.join('\n'), b.names.join('\n')) ||
      byCodePoint(a.message, b.message),
  );
