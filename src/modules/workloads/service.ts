import { randomUUID } from 'node:crypto';
import { can, type Target, type Verb } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { verdictOn } from '../../domain/restrict.ts';
import type { DirectValues, FileEntry, Restrictions, WorkloadKind } from '../../domain/types.ts';
import { weightOf } from '../../domain/weight.ts';
import type { Clock } from '../../kernel/clock.ts';
import { forbidden, notFound } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import { changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/reading.ts';
import { requireDistinctPaths } from '../clashes.ts';
import type { Contents } from '../contents.ts';
import { namesOfVariables, requireSafeNames } from '../dangerous-names.ts';
import { requireRoomForWorkload } from '../environment-room.ts';
import { requireMayRefer } from '../global-secrets/references.ts';
import { requireWithinLimits, sizesOf } from '../holdings.ts';
import { visibleProject } from '../projects/lookup.ts';
import { projectDocument } from '../projects/model.ts';
import { groupDocument, groupHeader } from '../secret-groups/model.ts';
import { groupsWanting } from '../secret-groups/reach.ts';
import { visibleWorkload } from './lookup.ts';
import { documentOf, type PutWorkloadInput, type StoredWorkload, workloadWriting } from './model.ts';

export interface WorkloadsDeps {
  readonly contents: Contents;
  readonly clock: Clock;
  readonly limits: Limits;
}
export type WorkloadsService = ReturnType<typeof createWorkloads>;

/** What decides who may register a workload. */
interface Held {
  readonly project: string;
  readonly id: string;
  readonly tags: readonly string[];
  readonly variables: ReadonlyMap<string, string>;
  readonly buildArguments: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, unknown>;
  readonly buildFiles: ReadonlyMap<string, unknown>;
}

const NONE: DirectValues = { variables: new Map(), buildArguments: new Map(), files: new Map(), buildFiles: new Map() };

/** Services and jobs: registered by the platform that runs them. */
export function createWorkloads({ contents, clock, limits }: WorkloadsDeps) {
  const byId = (project: string, kind: WorkloadKind, id: string, session: Session): Promise<StoredWorkload> =>
    session.read((view) => visibleWorkload(project, kind, id, view, session));

  function list(project: string, kind: WorkloadKind, session: Session): Promise<readonly StoredWorkload[]> {
    return session.read(async (view) => {
      await visibleProject(project, view, session);
      const { live } = await view.set(documentOf(kind), project);
      return live
        .map((stored) => ({ ...stored, kind }))
        .filter(({ key }) =>
          can(session.principal, 'list', 'workload', { project, workload: { kind, id: idOf(key) } }),
        );
    });
  }

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
        const held = before ? workloadWriting(before.body()) : null;
        const referred = await requireMayRefer(held, workloadWriting(direct), view, session);
        return {
          changes: [change, ...contentChanges],
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

  async function requireMayPut(
    kind: WorkloadKind,
    input: Held,
    before: StoredWorkload | null,
    view: View,
    session: Session,
  ): Promise<void> {
    const { project, id } = input;
    const target = { project, workload: { kind, id } };
    requireVerb(session, 'write', { ...target, type: 'config' });
    const old = before && !before.deleted ? before : null;
    // A workload's own values count as secret (spec 3.7).
    const given = [input.variables, input.buildArguments, input.files, input.buildFiles];
    const held = old ? Object.values(old.body()) : [];
    if ([...given, ...held].some((map) => map.size > 0)) requireVerb(session, 'write', { ...target, type: 'secret' });
    const groups = await view.set(groupDocument, project);
    // Nobody can tell what a group that was tampered with would ask for.
    if (input.tags.length > 0) for (const damaged of groups.damaged) groups.get(damaged);
    for (const group of groupsWanting(groups, input.tags)) {
      const { type, restrictions } = groupHeader(group);
      if (!restrictions.restricted || (old && admits(restrictions, old.fields.tags))) continue;
      if (!admits(restrictions, input.tags)) continue;
      if (!can(session.principal, 'manageRestrictions', 'secretGroup', { project, type })) {
        throw forbidden('These tags would let the workload into a restricted group');
      }
    }
  }

  async function remove(project: string, kind: WorkloadKind, id: string, session: Session) {
    const { made: workload, commit } = await session.run({
      operation: `${kind}.delete`,
      subject: [session.principal.team, project, id],
      async find(view) {
        const before = await visibleWorkload(project, kind, id, view, session);
        const target = { project, workload: { kind, id } };
        requireVerb(session, 'delete', { ...target, type: 'config' });
        // What is asked for is read off what is held, as for a write.
        if (Object.values(before.body()).some(({ size }) => size > 0)) {
          requireVerb(session, 'delete', { ...target, type: 'secret' });
        }
        return before;
      },
      decide: (before) => ({ changes: [changesOf(documentOf(kind)).erase(before, before.fields)], made: before }),
    });
    return { workload, commit };
  }

  /** Brings a deleted one back as it was, with its tokens. Takes what registering it so would take. */
  async function restore(project: string, kind: WorkloadKind, id: string, session: Session) {
    const type = documentOf(kind);
    const { commit } = await session.run({
      operation: `${kind}.restore`,
      subject: [session.principal.team, project, id],
      async find(view) {
        const parent = await visibleProject(project, view, session);
        const before = (await view.set(type, project)).get(id);
        const maySee = can(session.principal, 'list', 'workload', { project, workload: { kind, id } });
        if (!before?.deleted || !maySee) throw notFound(`Deleted ${kind}`, id);
        await requireMayPut(kind, { project, id, tags: before.fields.tags, ...before.body() }, null, view, session);
        return { parent, before };
      },
      async decide({ parent, before }, view) {
        // Deleted, it held nothing: all its references are written anew.
        const referred = await requireMayRefer(null, workloadWriting(before.body()), view, session);
        const { tags, weight } = before.fields;
        const fields = { ...before.fields, updatedAt: clock().toISOString() };
        return {
          changes: [changesOf(type).replace(before, fields, before.body())],
          guards: [changesOf(projectDocument).unchanged(parent), ...referred],
          room: () => requireRoomForWorkload({ project, view, session, limits }, null, { kind, id, tags, weight }),
        };
      },
    });
    return { workload: await byId(project, kind, id, session), commit };
  }

  /** Whether the caller may see the workload's own values. */
  function maySeeDirect(project: string, { kind, key }: StoredWorkload, session: Session): boolean {
    return can(session.principal, 'read', 'workload', { project, type: 'secret', workload: { kind, id: idOf(key) } });
  }

  const maySeeKeys = (project: string, { kind, key }: StoredWorkload, session: Session): boolean =>
    can(session.principal, 'listKeys', 'workload', { project, workload: { kind, id: idOf(key) } });

  const fileBytes = (project: string, entry: FileEntry, session: Session): Promise<Uint8Array> =>
    contents.read(project, entry, session);

  return { byId, list, put, remove, restore, maySeeDirect, maySeeKeys, fileBytes };
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

function requireVerb(session: Session, verb: Verb, target: Target): void {
  if (!can(session.principal, verb, 'workload', target)) throw forbidden();
}

/** Whether tags alone open a restriction. */
function admits(restrictions: Restrictions, tags: readonly string[]): boolean {
  const group = { id: '', type: 'secret', priority: 0, secretType: 'environment' } as const;
  const direct = () => NONE;
  const workload = { id: '', kind: 'service', tags, direct } as const;
  return verdictOn({ ...group, restrictions: { ...restrictions, workloads: [] } }, 'RUNTIME', workload).applies;
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
