import { randomUUID } from 'node:crypto';
import { can, type Verb } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { Clock } from '../../kernel/clock.ts';
import { type AppError, conflict, forbidden, notFound } from '../../kernel/errors.ts';
import { slugOf } from '../../kernel/ids.ts';
import type { Keys } from '../../keys/keys.ts';
import { changesOf } from '../../vault/change.ts';
import type { View } from '../../vault/reading.ts';
import { jobDocument, serviceDocument } from '../workloads/model.ts';
import { visibleProject, visibleProjectNow } from './lookup.ts';
import { type CreateProjectInput, projectDocument, type StoredProject, type UpdateProjectInput } from './model.ts';

const changes = changesOf(projectDocument);
const GRACE_DAYS = 7;

export interface ProjectsDeps {
  readonly keys: Keys;
  readonly clock: Clock;
}
export type ProjectsService = ReturnType<typeof createProjects>;

const bySlug = (slug: string, session: Session): Promise<StoredProject> =>
  session.read((view) => visibleProject(slug, view, session));

async function list(session: Session): Promise<readonly StoredProject[]> {
  const { live } = await session.read((view) => view.set(projectDocument));
  return live.filter(({ key }) => can(session.principal, 'list', 'project', { project: key[1] ?? '' }));
}

const changeable = (slug: string, verb: Verb, session: Session) => async (view: View) => {
  const before = await visibleProject(slug, view, session);
  if (!can(session.principal, verb, 'project', { project: slug })) throw forbidden();
  return before;
};

export const createProjects = (deps: ProjectsDeps) => ({
  bySlug,
  bySlugNow: visibleProjectNow,
  list,
  ...createMaking(deps),
  ...createChanging(deps),
});

/** What makes a project, or brings one back. */
function createMaking({ keys, clock }: ProjectsDeps) {
  async function create(input: CreateProjectInput, session: Session) {
    const { team } = session.principal;
    const slug = slugOf(input.name);
    if (!can(session.principal, 'write', 'project', { project: slug })) throw forbidden();
    const at = clock().toISOString();
    const key = [team, slug];
    const { commit } = await session.run({
      operation: 'project.create',
      subject: key,
      once: { idempotencyKey: input.idempotencyKey, input },
      find: async (view) => (await view.set(projectDocument)).get(slug),
      decide(taken) {
        if (taken && taken.fields.destruction !== 'done') throw isTaken(taken);
        const fields = { ...newborn(taken), name: input.name, createdAt: at, updatedAt: at };
        const body = { description: input.description };
        const project = taken ? changes.replace(taken, fields, body) : changes.create(key, fields, body);
        return { changes: [{ op: 'raw', write: keys.newDataKey(team, slug).write }, project] };
      },
    });
    return { project: await bySlug(slug, session), commit };
  }

  /** While its keys are there: it comes back with all that it held when it was deleted. */
  async function restore(slug: string, session: Session) {
    const { team } = session.principal;
    const { commit } = await session.run({
      operation: 'project.restore',
      subject: [team, slug],
      async find(view) {
        const stored = (await view.set(projectDocument)).get(slug);
        const maySee = can(session.principal, 'list', 'project', { project: slug });
        if (!stored || !maySee || stored.fields.destruction !== null) throw notFound('Project', slug);
        if (!can(session.principal, 'delete', 'project', { project: slug })) throw forbidden();
        return stored;
      },
      decide(stored) {
        if (!stored.deleted) throw conflict('NOT_DELETED', 'The project is not deleted');
        const now = clock();
        const { shredAfter } = stored.fields;
        if (shredAfter !== null && shredAfter <= now.toISOString())
          throw conflict('TOO_LATE', 'The seven days to restore it are over');
        const fields = { ...stored.fields, updatedAt: now.toISOString(), shredAfter: null };
        return { changes: [changes.replace(stored, fields, stored.body())] };
      },
    });
    return { project: await bySlug(slug, session), commit };
  }

  return { create, restore };
}

function createChanging({ clock }: Pick<ProjectsDeps, 'clock'>) {
  async function update(slug: string, input: UpdateProjectInput, session: Session) {
    const { commit } = await session.run({
      operation: 'project.update',
      subject: [session.principal.team, slug],
      find: changeable(slug, 'write', session),
      seen: (present) => ({ expected: input.expectedRevision, present }),
      decide(before) {
        const { name = before.fields.name, description = before.body().description } = input;
        const fields = { ...before.fields, name, updatedAt: clock().toISOString() };
        const change = changes.replace(before, fields, { description });
        return { changes: [change], standing: changes.standing(before, change) };
      },
    });
    return { project: await bySlug(slug, session), commit };
  }

  /** Refused while workloads are registered. The data keys are destroyed after a grace of seven days. */
  async function remove(slug: string, expected: number | null | undefined, session: Session) {
    const { made: project, commit } = await session.run({
      operation: 'project.delete',
      subject: [session.principal.team, slug],
      find: changeable(slug, 'delete', session),
      seen: (present) => ({ expected, present }),
      async decide(before, view) {
        await requireUnused(slug, view);
        const now = clock();
        const shredAfter = new Date(now.getTime() + GRACE_DAYS * 86_400_000).toISOString();
        const fields = { ...before.fields, updatedAt: now.toISOString(), shredAfter };
        return { changes: [changes.erase(before, fields)], made: before };
      },
    });
    return { project, commit };
  }

  return { update, remove };
}

/** Refuses a project with workloads in it. */
async function requireUnused(slug: string, view: View): Promise<void> {
  const [services, jobs] = await Promise.all([view.set(serviceDocument, slug), view.set(jobDocument, slug)]);
  // A workload that was tampered with may still be there.
  for (const set of [services, jobs]) for (const damaged of set.damaged) set.get(damaged);
  const inUse = services.live[0] ?? jobs.live[0];
  if (!inUse) return;
  const kind = services.live[0] ? 'service' : 'job';
  throw conflict('IN_USE', 'The project still has workloads', { existing: { kind, key: inUse.key } });
}

/** Of a project that is made: after those that had its slug before. */
const newborn = (former: StoredProject | null) => ({
  incarnation: randomUUID(),
  generation: (former?.fields.generation ?? 0) + 1,
  bornAfter: former?.seq ?? 0,
  shredAfter: null,
  destruction: null,
});

function isTaken({ key, deleted, fields }: StoredProject): AppError {
  const existing = { existing: { kind: 'project', key } };
  if (!deleted) return conflict('TAKEN', 'There is already a project with that derived identifier', existing);
  // Whose keys are under their grace.
  const until = fields.shredAfter ?? '';
  return conflict(
    'TAKEN',
    `A deleted project keeps that derived identifier until ${until}: restore it, or wait`,
    existing,
  );
}
