import { byCodePoint } from '../kernel/ids.ts';
import { fileFacts } from './canonical.ts';
import type { Resolution, ResolvedFile, ResolvedVariable, UnresolvedReference } from './types.ts';

/** Names only, each list in code point order. */
export interface NameDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

export interface ResolutionDiff {
  readonly variables: NameDiff;
  readonly files: NameDiff;
  readonly mounts: NameDiff;
  /** Listed as unresolved after, but not before. */
  readonly broken: readonly UnresolvedReference[];
}

/** Which names came, went, or now stand for something else. */
export function diffMaps<T extends NonNullable<unknown>>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  isSame: (before: T, after: T) => boolean = Object.is,
): NameDiff {
  const added: string[] = [];
  const changed: string[] = [];
  for (const [name, value] of after) {
    const old = before.get(name);
    if (old === undefined) added.push(name);
    else if (!isSame(old, value)) changed.push(name);
  }
  const removed = [...before.keys()].filter((name) => !after.has(name));
  return { added: added.sort(byCodePoint), removed: removed.sort(byCodePoint), changed: changed.sort(byCodePoint) };
}

/** The same for whoever may not see what names stand for: of those that stay, each counts as changed once it was written. */
export function writtenNames(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): NameDiff {
  const [old, now] = [before, after].map((map) => new Map([...map.keys()].map((name) => [name, name])));
  return diffMaps(old ?? new Map(), now ?? new Map(), () => false);
}

/** What changed for a workload between two resolutions of one scope, by the facts that its digest covers. */
export function diffResolutions(before: Resolution, after: Resolution): ResolutionDiff {
  const isSameFile = (a: ResolvedFile, b: ResolvedFile): boolean =>
    isSameList(fileFacts(a, before.render), fileFacts(b, after.render));
  const known = new Set(before.unresolved.map(identity));
  return {
    variables: diffMaps(before.variables, after.variables, isSameVariable),
    files: diffMaps(before.files, after.files, isSameFile),
    mounts: diffMaps(before.mounts, after.mounts, isSameFile),
    broken: after.unresolved.filter((reference) => !known.has(identity(reference))),
  };
}

const identity = ({ name, reference }: UnresolvedReference): string => `${name.length}:${name}${reference}`;

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, i) => text === b[i]);

const isSameVariable = (a: ResolvedVariable, b: ResolvedVariable): boolean =>
  a.value === b.value && a.error?.code === b.error?.code && isSameList(a.error?.path ?? [], b.error?.path ?? []);
