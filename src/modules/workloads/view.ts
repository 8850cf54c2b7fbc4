import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { subjectOf } from '../../audit/reveal.ts';
import { type FileRow, fileRows, type VariableRow, variableRows } from '../../audit/rows.ts';
import type { DirectValues } from '../../domain/types.ts';
import { forbidden } from '../../kernel/errors.ts';
import { idOf } from '../../vault/document.ts';
import type { StoredWorkload } from './model.ts';
import type { WorkloadsService } from './service.ts';

/** What one viewer gets to see of a workload's own values. */

type Deps = Pick<WorkloadsService, 'maySeeDirect' | 'maySeeKeys' | 'fileBytes'>;

const projectOf = ({ key }: StoredWorkload): string => key[1] ?? '';
const subject = ({ kind, key }: StoredWorkload): string => subjectOf(kind, key);

/** Whether the names of what it gets are shown. */
export const mayListKeys = (project: string, { kind, key }: StoredWorkload, { principal }: Session): boolean =>
  can(principal, 'listKeys', 'workload', { project, workload: { kind, id: idOf(key) } });

/** Its own values, for those who may see their keys. */
function directOf(stored: StoredWorkload, workloads: Deps, session: Session): DirectValues {
  if (!workloads.maySeeKeys(projectOf(stored), stored, session))
    throw forbidden('You do not have permission to list the keys');
  return stored.body();
}

export const variablesOf = (
  stored: StoredWorkload,
  part: 'variables' | 'buildArguments',
  workloads: Deps,
  session: Session,
): readonly VariableRow[] =>
  variableRows(
    directOf(stored, workloads, session)[part],
    subject(stored),
    workloads.maySeeDirect(projectOf(stored), stored, session),
  );

export const filesOf = (
  stored: StoredWorkload,
  part: 'files' | 'buildFiles',
  workloads: Deps,
  session: Session,
): readonly FileRow[] =>
  fileRows(
    directOf(stored, workloads, session)[part],
    subject(stored),
    workloads.maySeeDirect(projectOf(stored), stored, session),
    (entry) => workloads.fileBytes(projectOf(stored), entry, session),
  );
