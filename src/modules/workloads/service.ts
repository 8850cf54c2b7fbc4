import { randomUUID } from 'node:crypto';
import { can, type Target, type Verb } from '../../access/model.ts';
import { requireRevision } from '../../access/revision.ts';
import type { Session } from '../../access/session.ts';
import { verdictOn } from '../../domain/restrict.ts';
import type { DirectValues, FileEntry, Restrictions, WorkloadKind } from '../../domain/types.ts';
import { weightOf } from '../../domain/weight.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, forbidden, notFound } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Keys } from '../../keys/keys.ts';
import { idOf } from '../../vault/document.ts';
import { createOnce } from '../../vault/once.ts';
import { changesOf, type Vault, type View } from '../../vault/vault.ts';
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
import { documentOf, type PutWorkloadInput, type StoredWorkload, workloadWriting } from './model.ts';

export interface WorkloadsDeps {
  readonly vault: Vault;
  readonly keys: Keys;
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

/** The workload if it lives and the caller may see it. */
export async function visibleWorkload(
  project: string,
  kind: WorkloadKind,
  id: string,
  view: View,
  session: Session,
): Promise<StoredWorkload> {
  await visibleProject(project, view, session);
  const stored = (await view.set(documentOf(kind), project)).get(id);
  if (!stored || stored.deleted || !can(session.principal, 'list', 'workload', { project, workload: { kind, id } })) {
    throw notFound(kind, id);
  }
  return { ...stored, kind };
}

/** Services and jobs: registered by the platform that runs them. */
export function createWorkloads({ vault, keys, contents, clock, limits }: WorkloadsDeps) {
  const once = createOnce(vault, keys);

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
    const { team, id: actor } = session.principal;
    const { project, id } = input;
    const type = documentOf(kind);
    const at = clock().toISOString();
    const key = [team, project, id];
    const operation = `${kind}.put`;
    const asked = { team, actor, operation, at, input: requestOf(input), object: key };
    const created = await once({ ...asked, idempotencyKey: input.idempotencyKey }, (extra) =>
      session.write(key, async () => {
        const { parent, before } = await session.read(async (view) => {
          const parent = await visibleProject(project, view, session);
          const stored = (await view.set(type, project)).get(id);
          const before = stored ? { ...stored, kind } : null;
          await requireMayPut(kind, input, before, view, session);
          return { parent, before };
        });
        if (before && !before.deleted) requireRevision(before, input.expectedRevision);
        else if (input.expectedRevision) throw conflict('NOT_THERE', `There is no ${kind} ${id} yet`);
        requireSafe(input, before);
        const { direct, changes: contentChanges } = await directOf(input, before, session);
        const old = before && !before.deleted ? before.fields : { createdAt: at, registration: randomUUID() };
        const { name, tags, stageId } = input;
        const { createdAt, registration } = old;
        const weight = weightOf(workloadWriting(direct));
        const fields = { name, tags, stageId, registration, weight, createdAt, updatedAt: at };
        await session.read((view) =>
          requireRoomForWorkload({ project, view, session, limits }, before, { kind, id, tags, weight }),
        );
        const changes = changesOf(type);
        const change = before ? changes.replace(before, fields, direct) : changes.create(key, fields, direct);
        const guard = changesOf(projectDocument).unchanged(parent);
        const held = before && !before.deleted ? workloadWriting(before.body()) : null;
        const referred = await session.read((view) => requireMayRefer(held, workloadWriting(direct), view, session));
        // Values that are given again are a change, equal or not, and so is a request that is to be remembered.
        const isPlain = extra.length === 0 && Object.values(direct).every(({ size }) => size === 0);
        const standing = isPlain ? changes.standing(before, change) : null;
        return session.commit(operation, [change, guard, ...referred, ...contentChanges, ...extra], standing);
      }),
    );
    return { workload: await byId(project, kind, id, session), commit: created.commit };
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

  function remove(project: string, kind: WorkloadKind, id: string, session: Session) {
    return session.write([session.principal.team, project, id], async () => {
      const before = await byId(project, kind, id, session);
      const target = { project, workload: { kind, id } };
      requireVerb(session, 'delete', { ...target, type: 'config' });
      // What is asked for is read off what is held, as for a write.
      if (Object.values(before.body()).some(({ size }) => size > 0)) {
        requireVerb(session, 'delete', { ...target, type: 'secret' });
      }
      const change = changesOf(documentOf(kind)).erase(before, before.fields);
      return { workload: before, commit: await session.commit(`${kind}.delete`, [change]) };
    });
  }

  /** Brings a deleted one back as it was, with its tokens. Takes what registering it so would take. */
  async function restore(project: string, kind: WorkloadKind, id: string, session: Session) {
    const type = documentOf(kind);
    const commit = await session.write([session.principal.team, project, id], async () => {
      const { parent, before, referred } = await session.read(async (view) => {
        const parent = await visibleProject(project, view, session);
        const stored = (await view.set(type, project)).get(id);
        const maySee = can(session.principal, 'list', 'workload', { project, workload: { kind, id } });
        if (!stored?.deleted || !maySee) throw notFound(`Deleted ${kind}`, id);
        await requireMayPut(kind, { project, id, tags: stored.fields.tags, ...stored.body() }, null, view, session);
        // Deleted, it held nothing: all its references are written anew.
        const referred = await requireMayRefer(null, workloadWriting(stored.body()), view, session);
        const { tags, weight } = stored.fields;
        await requireRoomForWorkload({ project, view, session, limits }, null, { kind, id, tags, weight });
        return { parent, before: stored, referred };
      });
      const fields = { ...before.fields, updatedAt: clock().toISOString() };
      const guard = changesOf(projectDocument).unchanged(parent);
      return session.commit(`${kind}.restore`, [
        changesOf(type).replace(before, fields, before.body()),
        guard,
        ...referred,
      ]);
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
