import type { Session } from '../../access/session.ts';
import type { NameDiff } from '../../domain/diff.ts';
import { byCodePoint } from '../../kernel/ids.ts';
import type { GroupState, StoredGroup } from './model.ts';
import { keysOf, mayRead } from './view.ts';

/** Variables that a text says, and what they do to those that are there. */
export interface Imported {
  readonly variables: ReadonlyMap<string, string>;
  /** What is not given goes. */
  readonly replaces: boolean;
}

export const withImported = (state: GroupState, { variables, replaces }: Imported): GroupState => ({
  ...state,
  variables: replaces ? variables : new Map([...state.variables, ...variables]),
});

/** What an import does, by names. */
export interface ImportedNames {
  readonly names: NameDiff;
  readonly unchanged: readonly string[];
}

/** Whether a value is what somebody thinks is told to those who may read it; to others each that is given is a change. */
export function importedNames(group: StoredGroup, { variables, replaces }: Imported, session: Session): ImportedNames {
  const before = keysOf(group, session).variables;
  const given = [...variables.keys()].sort(byCodePoint);
  const there = given.filter((name) => before.has(name));
  const unchanged = mayRead(group, session) ? there.filter((name) => before.get(name) === variables.get(name)) : [];
  const same = new Set(unchanged);
  const names = {
    added: given.filter((name) => !before.has(name)),
    removed: replaces ? [...before.keys()].filter((name) => !variables.has(name)).sort(byCodePoint) : [],
    changed: there.filter((name) => !same.has(name)),
  };
  return { names, unchanged };
}
