import { can } from '../../access/model.ts';
import { requireRevision } from '../../access/revision.ts';
import type { Session } from '../../access/session.ts';
import { conflict, limitExceeded } from '../../kernel/errors.ts';
import { slugOf } from '../../kernel/ids.ts';
import { createOnce } from '../../vault/once.ts';
import { changesOf } from '../../vault/vault.ts';
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

/** Catalog applications. Every use case reads, decides and commits once. */
export function createApps({ vault, keys, clock, limits }: AppsDeps) {
  const once = createOnce(vault, keys);

  const bySlug = (slug: string, session: Session): Promise<StoredApp> =>
    session.read((view) => visibleApp(slug, view, session));

  async function list(session: Session): Promise<readonly StoredApp[]> {
    const { live } = await session.read((view) => view.set(appDocument));
    return can(session.principal, 'list', 'app') ? live : [];
  }

  async function create(input: CreateAppInput, session: Session) {
    requireOnApps(session, 'write');
    const { team, id: actor } = session.principal;
    const slug = slugOf(input.name);
    const key = [team, slug];
    const at = clock().toISOString();
    const operation = 'app.create';
    const asked = { team, actor, operation, at, input, object: key, idempotencyKey: input.idempotencyKey };
    const created = await once(asked, (extra) =>
      session.write(key, async () => {
        const set = await session.read((view) => view.set(appDocument));
        // A deleted app keeps its slug: its secrets would be another app's.
        if (set.get(slug)) throw isTaken(can(session.principal, 'list', 'app') ? key : []);
        const count = set.liveCount + 1;
        if (count > limits.appsPerTeam)
          throw limitExceeded('apps in the team', limits.appsPerTeam, count, 'appsPerTeam');
        const app = changes.create(key, { name: input.name, createdAt: at, updatedAt: at }, null);
        const environments = newEnvironments([team, appScope(slug)], input.environments, at, limits);
        const { write } = keys.newDataKey(team, appScope(slug));
        return session.commit(operation, [{ op: 'raw', write }, app, ...environments, ...extra]);
      }),
    );
    return { app: await bySlug(slug, session), commit: created.commit };
  }

  async function update({ slug, expectedRevision }: AppUpdate, input: UpdateAppInput, session: Session) {
    const commit = await session.write([session.principal.team, slug], async () => {
      const before = await bySlug(slug, session);
      requireOnApps(session, 'write');
      requireRevision(before, expectedRevision);
      const { name = before.fields.name } = input;
      const fields = { ...before.fields, name, updatedAt: clock().toISOString() };
      const change = changes.replace(before, fields, null);
      return session.commit('app.update', [change], changes.standing(before, change));
    });
    return { app: await bySlug(slug, session), commit };
  }

  /** Whoever deletes an app, or brings it back, does so to all that is in it. */
  const requireMayDo = (slug: string, verb: 'delete' | 'write', session: Session): Promise<void> =>
    session.read(async (view) => {
      requireOnApps(session, verb);
      requireProtectedApps(session, whole(await environmentsOf(slug, view)).live);
      if (whole(await secretsOf(slug, view)).liveCount > 0) requireOnSecrets(session, verb);
    });

  function remove({ slug, expectedRevision }: AppUpdate, session: Session) {
    return session.write([session.principal.team, slug], async () => {
      const before = await bySlug(slug, session);
      await requireMayDo(slug, 'delete', session);
      requireRevision(before, expectedRevision);
      const fields = { ...before.fields, updatedAt: clock().toISOString() };
      const commit = await session.commit('app.delete', [changes.erase(before, fields)]);
      return { app: before, commit };
    });
  }

  async function restore({ slug, expectedRevision }: AppUpdate, session: Session) {
    const commit = await session.write([session.principal.team, slug], async () => {
      const before = await session.read((view) => storedApp(slug, view, session));
      await requireMayDo(slug, 'write', session);
      if (!before.deleted) throw conflict('NOT_DELETED', 'The app is not deleted');
      requireRevision(before, expectedRevision);
      const count = (await session.read((view) => view.set(appDocument))).liveCount + 1;
      if (count > limits.appsPerTeam) throw limitExceeded('apps in the team', limits.appsPerTeam, count, 'appsPerTeam');
      const fields = { ...before.fields, updatedAt: clock().toISOString() };
      return session.commit('app.restore', [changes.replace(before, fields, null)]);
    });
    return { app: await bySlug(slug, session), commit };
  }

  return { bySlug, list, create, update, remove, restore };
}

const isTaken = (key: readonly string[]) =>
  conflict('TAKEN', 'There is already an app with the same derived identifier', { existing: { kind: 'app', key } });
