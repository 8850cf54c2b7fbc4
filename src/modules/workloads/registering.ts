import { randomUUID } from 'node:crypto';
import type { Session } from '../../access/session.ts';
import type { DirectValues, WorkloadKind } from '../../domain/types.ts';
import { weightOf } from '../../domain/weight.ts';
import type { Services } from '../../graphql/types/services.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Limits } from '../../kernel/limits.ts';
import { changesOf } from '../../vault/change.ts';
import { requireDistinctPaths } from '../clashes.ts';
import type { Contents } from '../contents.ts';
import { namesOfVariables, requireSafeNames } from '../dangerous-names.ts';
import { requireRoomForWorkload } from '../environment-room.ts';
import { requireMayRefer } from '../global-secrets/references.ts';
import { requireWithinLimits, sizesOf } from '../holdings.ts';
import { visibleProject } from '../projects/lookup.ts';
import { projectDocument } from '../projects/model.ts';
import { byId } from './lookup.ts';
import { documentOf, NONE, type PutWorkloadInput, type StoredWorkload, workloadWriting } from './model.ts';

import { requireMayPut } from './rights.ts';

export interface WorkloadsDeps {
  readonly contents: Contents;
  readonly clock: Clock;
  readonly limits: Limits;
  /** What of others ends with a workload; they come later. */
  readonly services: Pick<Services, 'restarts'>;
}

export function createRegistering({ contents, clock, limits, services }: WorkloadsDeps) {
  /** Registers or replaces. Entering a restricted group by a tag needs `restrict` on that group. */
  async function put(kind: WorkloadKind, input: PutWorkloadInput, session: Session) {
    const { project, id } = input;
    const key = [session.principal.team, project, id];
    const { commit } = await session.run({
      operation: `${kind}.put`,
      subject: key,
      once: { idempotencyKey: input.idempotencyKey, input: requestOf(input) },
      async find(view) {
        const parent = await visibleProject(project, view, session);
        const stored = (await view.set(documentOf(kind), project)).get(id);
        const taken = stored ? { ...stored, kind } : null;
        await requireMayPut(kind, input, taken, view, session);
        return { parent, taken, before: taken?.deleted ? null : taken };
      },
      seen: ({ before: present }) => ({
        expected: input.expectedRevision,
        present,
        absent: `There is no ${kind} ${id} yet`,
      }),
      async decide({ parent, taken, before }, view) {
        requireSafe(input, before);
        const { direct, changes: contentChanges } = await directOf(input, before, session);
        const fields = fieldsOf(input, before, direct);
        const { tags, weight } = fields;
        const changes = changesOf(documentOf(kind));
        const change = taken ? changes.replace(taken, fields, direct) : changes.create(key, fields, direct);
        // Of who had its id before.
        const former = taken?.deleted
          ? await services.restarts.endedWith({ project, kind, id }, fields.updatedAt, view)
          : [];
        const held = before ? workloadWriting(before.body()) : null;
        const referred = await requireMayRefer(held, workloadWriting(direct), view, session);
        return {
          changes: [change, ...contentChanges, ...former],
          guards: [changesOf(projectDocument).unchanged(parent), ...referred],
          room: () => requireRoomForWorkload({ project, view, session, limits }, before, { kind, id, tags, weight }),
          // Values that are given again are a change, equal or not.
          standing: Object.values(direct).every(({ size }) => size === 0) ? changes.standing(before, change) : null,
        };
      },
    });
    return { workload: await byId(project, kind, id, session), commit };
  }

  function fieldsOf({ name, tags, stageId }: PutWorkloadInput, before: StoredWorkload | null, direct: DirectValues) {
    const updatedAt = clock().toISOString();
    const { createdAt, registration } = before?.fields ?? { createdAt: updatedAt, registration: randomUUID() };
    return { name, tags, stageId, registration, weight: weightOf(workloadWriting(direct)), createdAt, updatedAt };
  }

  async function directOf(input: PutWorkloadInput, before: StoredWorkload | null, session: Session) {
    const { variables, buildArguments, project } = input;
    requireWithinLimits(limits, [variables, buildArguments], [sizesOf(input.files), sizesOf(input.buildFiles)]);
    const old = before && !before.deleted ? before.body() : NONE;
    const files = await contents.keep(project, input.files, [old.files, old.buildFiles], session);
    const buildFiles = await contents.keep(
      project,
      input.buildFiles,
      [old.files, old.buildFiles, files.entries],
      session,
    );
    const direct = { variables, buildArguments, files: files.entries, buildFiles: buildFiles.entries };
    return { direct, changes: [...files.changes, ...buildFiles.changes] };
  }

  return put;
}

/** Names that change what a workload runs must be meant, and files must fit on one disk, or have been there before. */
function requireSafe(
  { variables, buildArguments, files, buildFiles, allowDangerousNames }: PutWorkloadInput,
  before: StoredWorkload | null,
) {
  const old = before && !before.deleted ? before.body() : NONE;
  const changes = [
    { before: old.variables.keys(), given: namesOfVariables('variables', variables) },
    { before: old.buildArguments.keys(), given: namesOfVariables('buildArguments', buildArguments) },
  ];
  requireSafeNames(changes, allowDangerousNames);
  const paths = (name: 'files' | 'buildFiles', given: ReadonlyMap<string, unknown>) => ({
    before: old[name].keys(),
    given: [...given.keys()],
    pathOf: (i: number) => [name, String(i), 'path'],
  });
  requireDistinctPaths([paths('files', files), paths('buildFiles', buildFiles)]);
}

/** What makes two requests the same: maps as lists, bytes as base64. */
function requestOf(input: PutWorkloadInput): unknown {
  const files = (map: PutWorkloadInput['files']) =>
    [...map].map(([name, { bytes, encoding }]) => [name, encoding, Buffer.from(bytes).toString('base64')]);
  return {
    ...input,
    variables: [...input.variables],
    buildArguments: [...input.buildArguments],
    files: files(input.files),
    buildFiles: files(input.buildFiles),
  };
}
