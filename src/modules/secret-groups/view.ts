import type { Session } from '../../access/session.ts';
import { subjectOf } from '../../audit/reveal.ts';
import { type FileRow, fileRows, type VariableRow, variableRows } from '../../audit/rows.ts';
import type { FileEntry } from '../../domain/types.ts';
import { forbidden } from '../../kernel/errors.ts';
import { groupDocument, type StoredGroup } from './model.ts';
import { mayOnGroup } from './rights.ts';

/** What one viewer gets to see of a group, and of its revisions. */

type Body = ReturnType<StoredGroup['body']>;

const projectOf = ({ key }: StoredGroup): string => key[1] ?? '';
const subject = ({ key }: StoredGroup): string => subjectOf(groupDocument.kind, key);
export const mayRead = (group: StoredGroup, session: Session): boolean =>
  mayOnGroup(session, 'read', projectOf(group), group.fields.type);

/** A revision, and the group as it is now: whoever may not read the one may not read the other through it. */
export interface Revision {
  readonly past: StoredGroup;
  readonly now: StoredGroup;
}

function mayReadBoth({ past, now }: Revision, session: Session): boolean {
  return [past, now].every((each) => mayRead(each, session));
}

export const isRevisionShown = ({ past: { key, fields } }: Revision, session: Session): boolean =>
  mayOnGroup(session, 'list', key[1] ?? '', fields.type);

/** The body of a group, for those who may see its keys. */
export function keysOf(group: StoredGroup, session: Session): Body {
  if (!mayOnGroup(session, 'listKeys', projectOf(group), group.fields.type))
    throw forbidden('You do not have permission to list the keys');
  return group.body();
}

export function keysOfBoth({ past, now }: Revision, session: Session): Body {
  keysOf(now, session);
  return keysOf(past, session);
}

export const variablesOf = (group: StoredGroup, session: Session): readonly VariableRow[] =>
  variableRows(keysOf(group, session).variables, subject(group), mayRead(group, session));

export function variableOf(group: StoredGroup, name: string, session: Session): VariableRow | null {
  const value = keysOf(group, session).variables.get(name);
  if (value === undefined) return null;
  return variableRows(new Map([[name, value]]), subject(group), mayRead(group, session))[0] ?? null;
}

export const variablesOfRevision = (row: Revision, session: Session): readonly VariableRow[] =>
  variableRows(keysOfBoth(row, session).variables, subject(row.now), mayReadBoth(row, session));

/** `read`: the bytes of an entry of the project. */
export const filesOf = (
  group: StoredGroup,
  part: 'files' | 'mounts',
  session: Session,
  read: (project: string, entry: FileEntry) => Promise<Uint8Array>,
): readonly FileRow[] =>
  fileRows(keysOf(group, session)[part], subject(group), mayRead(group, session), (entry) =>
    read(projectOf(group), entry),
  );
