import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { conflict } from '../../kernel/errors.ts';
import { slugOf } from '../../kernel/ids.ts';
import type { Limits } from '../../kernel/limits.ts';
import { changesOf } from '../../vault/change.ts';
import { requireCount } from '../../vault/order.ts';
import type { View } from '../../vault/reading.ts';
import { requireOnSecrets } from '../app-secrets/rights.ts';
import { secretsOf } from '../app-secrets/slots.ts';
import type { AppsDeps } from './deps.ts';
import { newEnvironments } from './environments.ts';
import { environmentsOf, storedApp, visibleApp, whole } from './find.ts';
import type { CreateAppInput, UpdateAppInput } from './inputs.ts';
import { appDocument, appScope, type StoredApp } from './model.ts';
import { requireOnApps, requireProtectedApps } from './rights.ts';

const changes = changesOf(appDocument);

export type AppsService = ReturnType<typeof createApps>;

/** An update: which app, and the revision that the caller saw. */
export interface AppUpdate {
  readonly slug: string;
  readonly expectedRevision?: number | null | undefined;
}

const bySlug = (slug: string, session: Session): Promise<StoredApp> =>
  session.read((view) => visibleApp(slug, view, session));

async function list(session: Session): Promise<readonly StoredApp[]> {
  const { live } = await session.read((view) => view.set(appDocument));
  return can(session.principal, 'list', 'app') ? live : [];
}

function requireRoom(limits: Limits, count: number): void {
  requireCount('apps in the team', limits, 'appsPerTeam', count);
}

/** Whoever deletes an app, or brings it back, does so to all that is in it. */
async function requireMayDo(slug: string, verb: 'delete' | 'write', view: View, session: Session): Promise<void> {
  requireOnApps(session, verb);
  requireProtectedApps(session, whole(await environmentsOf(slug, view)).live);
  if (whole(await secretsOf(slug, view)).liveCount > 0) requireOnSecrets(session, verb);
}

/** Catalog applications. Every use case reads, decides and commits once. */
export const createApps = (deps: AppsDeps) => ({ bySlug, list, create: createMaking(deps), ...createChanging(deps) });

function createMaking({ keys, clock, limits }: AppsDeps) {
  return async function create(input: CreateAppInput, session: Session) {
    requireOnApps(session, 'write');
    const { team } = session.principal;
    const slug = slugOf(input.name);
    const key = [team, slug];
    const { commit } = await session.run({
      operation: 'app.create',
      subject: key,
      once: { idempotencyKey: input.idempotencyKey, input },
      find: (view) => view.set(appDocument),
      decide(set) {
        // A deleted app keeps its slug: its secrets would be another app's.
        if (set.get(slug)) throw isTaken(can(session.principal, 'list', 'app') ? key : []);
        const at = clock().toISOString();
        const app = changes.create(key, { name: input.name, createdAt: at, updatedAt: at }, null);
        const environments = newEnvironments([team, appScope(slug)], input.environments, at, limits);
        const { write } = keys.newDataKey(team, appScope(slug));
        return {
          changes: [{ op: 'raw', write }, app, ...environments],
          room: () => requireRoom(limits, set.liveCount + 1),
        };
      },
    });
    return { app: await bySlug(slug, session), commit };
  };
}

function createChanging({ clock, limits }: AppsDeps) {
  async function update({ slug, expectedRevision }: AppUpdate, input: UpdateAppInput, session: Session) {
    const { commit } = await session.run({
      operation: 'app.update',
      subject: [session.principal.team, slug],
      async find(view) {
        const before = await visibleApp(slug, view, session);
        requireOnApps(session, 'write');
        return before;
      },
      seen: (present) => ({ expected: expectedRevision, present }),
      decide(before) {
        const { name = before.fields.name } = input;
        const fields = { ...before.fields, name, updatedAt: clock().toISOString() };
        const change = changes.replace(before, fields, null);
        return { changes: [change], standing: changes.standing(before, change) };
      },
    });
    return { app: await bySlug(slug, session), commit };
  }

  async function remove({ slug, expectedRevision }: AppUpdate, session: Session) {
    const { made: app, commit } = await session.run({
      operation: 'app.delete',
      subject: [session.principal.team, slug],
      async find(view) {
        const before = await visibleApp(slug, view, session);
        await requireMayDo(slug, 'delete', view, session);
        return before;
      },
      seen: (present) => ({ expected: expectedRevision, present }),
      decide(before) {
        const fields = { ...before.fields, updatedAt: clock().toISOString() };
        return { changes: [changes.erase(before, fields)], made: before };
      },
    });
    return { app, commit };
  }

  async function restore({ slug, expectedRevision }: AppUpdate, session: Session) {
    const { commit } = await session.run({
      operation: 'app.restore',
      subject: [session.principal.team, slug],
      async find(view) {
        const before = await storedApp(slug, view, session);
        await requireMayDo(slug, 'write', view, session);
        if (!before.deleted) throw conflict('NOT_DELETED', 'The app is not deleted');
        return before;
      },
      seen: (present) => ({ expected: expectedRevision, present }),
      async decide(before, view) {
        const { liveCount } = await view.set(appDocument);
        const fields = { ...before.fields, updatedAt: clock().toISOString() };
        return { changes: [changes.replace(before, fields, null)], room: () => requireRoom(limits, liveCount + 1) };
      },
    });
    return { app: await bySlug(slug, session), commit };
  }

  return { update, remove, restore };
}

const isTaken = (key: readonly string[]) =>
  conflict('TAKEN', 'There is already an app with the same derived identifier', { existing: { kind: 'app', key } });
