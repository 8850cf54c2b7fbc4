import { byCodePoint } from '../kernel/ids.ts';
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

// Letters outside ASCII have no other case here, as in the environment of a process.
const lowered = (name: string): string => name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** Names that differ only in the case of their ASCII letters: both are kept, and easily taken for one another. */
export function caseTwinWarnings(names: Iterable<string>): readonly ResolutionWarning[] {
  const byLowered = new Map<string, string[]>();
  for (const name of names) {
    const key = lowered(name);
    const twins = byLowered.get(key);
    if (twins === undefined) byLowered.set(key, [name]);
    else twins.push(name);
  }
  return [...byLowered.values()].filter((twins) => twins.length > 1).map(twinWarning);
}

function twinWarning(twins: readonly string[]): ResolutionWarning {
  const names = [...twins].sort(byCodePoint);
  return {
    code: 'CASE_TWINS',
    names,
    groups: [],
    message: `These variables differ only in upper and lower case: ${names.join(', ')}`,
  };
}

export const sortedWarnings = (warnings: readonly ResolutionWarning[]): readonly ResolutionWarning[] =>
  [...warnings].sort(
    (a, b) =>
      byCodePoint(a.code, b.code) ||
      byCodePoint(a.names.join('\n'), b.names.join('\n')) ||
      byCodePoint(a.message, b.message),
  );
