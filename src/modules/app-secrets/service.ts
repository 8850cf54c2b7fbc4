import { requireRevision } from '../../access/revision.ts';
import type { Session } from '../../access/session.ts';
import { conflict, limitExceeded } from '../../kernel/errors.ts';
import { idOf } from '../../vault/document.ts';
import { createOnce } from '../../vault/once.ts';
import { changesOf, type View } from '../../vault/vault.ts';
import { environmentsOf, visibleApp, whole } from '../apps/find.ts';
import { appDocument, appScope, type PlaceInApp } from '../apps/model.ts';
import { createComparisons } from './compare.ts';
import { createCopies } from './copy.ts';
import type { AppSecretsDeps } from './deps.ts';
import type { CreateSecretInput, UpdateSecretInput } from './inputs.ts';
import {
  type AppSecretBody,
  type AppSecretFields,
  appSecretDocument,
  type StoredAppSecret,
  secretSlugOf,
} from './model.ts';
import { createRendering } from './rendered.ts';
import { mayOnSecrets, requireOnSecrets, requireProtected } from './rights.ts';
import { secretsOf, slotIn, storedSecret, valuesOf, visibleSecret } from './slots.ts';
import { createValues } from './values.ts';

const changes = changesOf(appSecretDocument);
const apps = changesOf(appDocument);

export type AppSecretsService = ReturnType<typeof createAppSecrets>;

/** An update: which secret, and the revision that the caller saw. */
export interface AppSecretUpdate extends PlaceInApp {
  readonly expectedRevision?: number | null | undefined;
}

const isTaken = (key: readonly string[]) =>
  conflict('TAKEN', 'There is already a secret with the same derived identifier', {
    existing: { kind: 'appSecret', key },
  });

/** Secrets of apps with a value for each environment. */
export function createAppSecrets(deps: AppSecretsDeps) {
  const { vault, keys, clock, limits } = deps;
  const once = createOnce(vault, keys);

  const bySlug = (place: PlaceInApp, session: Session): Promise<StoredAppSecret> =>
    session.read((view) => visibleSecret(place, view, session));

  /** Nothing for those who may list none. */
  const list = (app: string, session: Session): Promise<readonly StoredAppSecret[]> =>
    session.read(async (view) => {
      await visibleApp(app, view, session);
      return mayOnSecrets(session, 'list') ? (await secretsOf(app, view)).live : [];
    });

  function requireRoom(count: number): void {
    const most = limits.appSecretsPerApp;
    if (count > most) throw limitExceeded('secrets of the app', most, count, 'appSecretsPerApp');
  }

  async function create({ environmentScopedValues: _none, ...input }: CreateSecretInput, session: Session) {
    const { team, id: actor } = session.principal;
    const { app, name, providerId, purposeType, idempotencyKey } = input;
    const slug = secretSlugOf(name);
    const key = [team, appScope(app), slug];
    const at = clock().toISOString();
    const operation = 'appSecret.create';
    const created = await once({ team, actor, operation, at, input, object: key, idempotencyKey }, (extra) =>
      session.write(key, async () => {
        const holder = await session.read((view) => visibleApp(app, view, session));
        // Before anything else, so that a conflict tells nothing to those who may not write.
        requireOnSecrets(session, 'write');
        const set = await session.read((view) => secretsOf(app, view));
        const taken = set.get(slug);
        if (taken && !taken.deleted) throw isTaken(mayOnSecrets(session, 'list') ? key : []);
        if (taken) await requireDiscarded(taken, input, session);
        requireRoom(set.liveCount + 1);
        const incarnation = (taken?.fields.incarnation ?? 0) + 1;
        const fields = { name, purposeType, incarnation, createdAt: at, updatedAt: at };
        const change = taken
          ? changes.replace(taken, fields, { providerId })
          : changes.create(key, fields, { providerId });
        return session.commit(operation, [change, apps.unchanged(holder), ...extra]);
      }),
    );
    return { appSecret: await bySlug({ app, slug }, session), commit: created.commit };
  }

  interface Changed {
    readonly fields: AppSecretFields;
    readonly body: AppSecretBody;
  }

  /** The one way to change a secret itself. Its values change with it only when it comes back. */
  async function change(
    ref: AppSecretUpdate,
    operation: string,
    session: Session,
    decide: (before: StoredAppSecret, view: View) => Promise<Changed>,
    find = visibleSecret,
  ) {
    const commit = await session.write([session.principal.team, appScope(ref.app), ref.slug], async () => {
      const { app, before, after } = await session.read(async (view) => {
        const app = await visibleApp(ref.app, view, session);
        const before = await find(ref, view, session);
        requireOnSecrets(session, 'write');
        const after = await decide(before, view);
        requireRevision(before, ref.expectedRevision);
        return { app, before, after };
      });
      const fields = { ...after.fields, updatedAt: clock().toISOString() };
      const change = changes.replace(before, fields, after.body);
      return session.commit(operation, [change, apps.unchanged(app)], changes.standing(before, change));
    });
    return { appSecret: await bySlug(ref, session), commit };
  }

  function update(ref: AppSecretUpdate, input: Omit<UpdateSecretInput, 'expectedRevision'>, session: Session) {
    return change(ref, 'appSecret.update', session, async ({ fields, body }) => {
      const { providerId = body().providerId, purposeType = fields.purposeType } = input;
      return { fields: { ...fields, purposeType }, body: { providerId } };
    });
  }

  /** Whoever deletes a secret, or brings it back, does so in every environment where a value of it is set. */
  async function requireMayDrop(secret: StoredAppSecret, ref: PlaceInApp, view: View, session: Session): Promise<void> {
    const app = await visibleApp(ref.app, view, session);
    const values = await valuesOf(ref.app, view);
    const { live } = whole(await environmentsOf(ref.app, view));
    requireProtected(
      session,
      live.filter((environment) => slotIn(values, { app, environment, secret }).value !== null),
    );
  }

  /** What a deleted secret holds is lost for good when another takes its place, so that has to be meant. */
  function requireDiscarded(former: StoredAppSecret, input: CreateSecretInput, session: Session): Promise<void> {
    return session.read(async (view) => {
      const app = await visibleApp(input.app, view, session);
      const values = await valuesOf(input.app, view);
      const { all } = whole(await environmentsOf(input.app, view));
      if (all.every((environment) => slotIn(values, { app, environment, secret: former }).value === null)) return;
      if (!input.discardValues) {
        const message =
          'A deleted app secret with values has the same derived identifier: restore it, or give discardValues to lose them';
        throw conflict('TAKEN', message, {
          existing: { kind: 'appSecret', key: mayOnSecrets(session, 'list') ? former.key : [] },
        });
      }
      requireOnSecrets(session, 'delete');
      await requireMayDrop(former, { app: input.app, slug: idOf(former.key) }, view, session);
    });
  }

  const restore = (ref: AppSecretUpdate, session: Session) =>
    change(
      ref,
      'appSecret.restore',
      session,
      async (before, view) => {
        if (!before.deleted) throw conflict('NOT_DELETED', 'The app secret is not deleted');
        await requireMayDrop(before, ref, view, session);
        requireRoom((await secretsOf(ref.app, view)).liveCount + 1);
        return { fields: before.fields, body: before.body() };
      },
      storedSecret,
    );

  function remove(ref: AppSecretUpdate, session: Session) {
    return session.write([session.principal.team, appScope(ref.app), ref.slug], async () => {
      const before = await session.read(async (view) => {
        const secret = await visibleSecret(ref, view, session);
        requireOnSecrets(session, 'delete');
        await requireMayDrop(secret, ref, view, session);
        requireRevision(secret, ref.expectedRevision);
        return secret;
      });
      const fields = { ...before.fields, updatedAt: clock().toISOString() };
      const commit = await session.commit('appSecret.delete', [changes.erase(before, fields)]);
      return { appSecret: before, commit };
    });
  }

  return {
    bySlug,
    list,
    create,
    update,
    remove,
    restore,
    ...createValues(deps),
    ...createRendering(deps),
    ...createComparisons(),
    ...createCopies(deps),
  };
}
