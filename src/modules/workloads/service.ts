import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { FileEntry, WorkloadKind } from '../../domain/types.ts';
import { notFound } from '../../kernel/errors.ts';
import { changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import { requireRoomForWorkload } from '../environment-room.ts';
import { requireMayRefer } from '../global-secrets/references.ts';
import { visibleProject } from '../projects/lookup.ts';
import { projectDocument } from '../projects/model.ts';
import { byId, visibleWorkload, visibleWorkloadNow } from './lookup.ts';
import { type DeleteWorkloadInput, documentOf, type StoredWorkload, workloadWriting } from './model.ts';
import type { WorkloadsDeps } from './registering.ts';
import { createRegistering } from './registering.ts';
import { maySeeDirect, maySeeKeys, requireMayPut, requireVerb } from './rights.ts';

export type WorkloadsService = ReturnType<typeof createWorkloads>;

function list(project: string, kind: WorkloadKind, session: Session): Promise<readonly StoredWorkload[]> {
  return session.read(async (view) => {
    await visibleProject(project, view, session);
    const { live } = await view.set(documentOf(kind), project);
    return live
      .map((stored) => ({ ...stored, kind }))
      .filter(({ key }) => can(session.principal, 'list', 'workload', { project, workload: { kind, id: idOf(key) } }));
  });
}

/** Services and jobs: registered by the platform that runs them. */
export const createWorkloads = (deps: WorkloadsDeps) => ({
  byId,
  byIdNow: visibleWorkloadNow,
  list,
  put: createRegistering(deps),
  ...createRemoving(deps),
  maySeeDirect,
  maySeeKeys,
  fileBytes: (project: string, entry: FileEntry, session: Session): Promise<Uint8Array> =>
    deps.contents.read(project, entry, session),
});

/** What deletes a workload, or brings one back. */
function createRemoving({ clock, limits, services }: WorkloadsDeps) {
  async function remove(kind: WorkloadKind, input: DeleteWorkloadInput, session: Session) {
    const { project, id, expectedRevision: expected } = input;
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
      seen: (present) => ({ expected, present }),
      async decide(before, view) {
        const ended = await services.restarts.endedWith({ project, kind, id }, clock().toISOString(), view);
        return { changes: [changesOf(documentOf(kind)).erase(before, before.fields), ...ended], made: before };
      },
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

  return { remove, restore };
}
