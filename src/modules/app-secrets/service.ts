import type { Session } from '../../access/session.ts';
import { conflict } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import { changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import { requireCount } from '../../vault/order.ts';
import type { View } from '../../vault/reading.ts';
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

const bySlug = (place: PlaceInApp, session: Session): Promise<StoredAppSecret> =>
  session.read((view) => visibleSecret(place, view, session));

/** Nothing for those who may list none. */
const list = (app: string, session: Session): Promise<readonly StoredAppSecret[]> =>
  session.read(async (view) => {
    await visibleApp(app, view, session);
    return mayOnSecrets(session, 'list') ? (await secretsOf(app, view)).live : [];
  });

function requireRoom(limits: Limits, count: number): void {
  requireCount('secrets of the app', limits, 'appSecretsPerApp', count);
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
async function requireDiscarded(former: StoredAppSecret, input: CreateSecretInput, view: View, session: Session) {
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
}

function createMaking({ clock, limits }: AppSecretsDeps) {
  return async function create({ environmentScopedValues: _none, ...input }: CreateSecretInput, session: Session) {
    const { app, name, providerId, purposeType, idempotencyKey } = input;
    const slug = secretSlugOf(name);
    const key = [session.principal.team, appScope(app), slug];
    const { commit } = await session.run({
      operation: 'appSecret.create',
      subject: key,
      once: { idempotencyKey, input },
      async find(view) {
        const holder = await visibleApp(app, view, session);
        // Before anything else, so that a conflict tells nothing to those who may not write.
        requireOnSecrets(session, 'write');
        const set = await secretsOf(app, view);
        const taken = set.get(slug);
        if (taken && !taken.deleted) throw isTaken(mayOnSecrets(session, 'list') ? key : []);
        return { holder, taken, count: set.liveCount };
      },
      async decide({ holder, taken, count }, view) {
        if (taken) await requireDiscarded(taken, input, view, session);
        const at = clock().toISOString();
        const incarnation = (taken?.fields.incarnation ?? 0) + 1;
        const fields = { name, purposeType, incarnation, createdAt: at, updatedAt: at };
        const body = { providerId };
        const change = taken ? changes.replace(taken, fields, body) : changes.create(key, fields, body);
        return { changes: [change], guards: [apps.unchanged(holder)], room: () => requireRoom(limits, count + 1) };
      },
    });
    return { appSecret: await bySlug({ app, slug }, session), commit };
  };
}

interface Changed {
  readonly fields: AppSecretFields;
  readonly body: AppSecretBody;
  readonly room?: () => void;
}

function createChanging({ clock, limits }: AppSecretsDeps) {
  /** The one way to change a secret itself. Its values change with it only when it comes back. */
  async function change(
    ref: AppSecretUpdate,
    operation: string,
    session: Session,
    decide: (before: StoredAppSecret, view: View) => Promise<Changed>,
    find = visibleSecret,
  ) {
    const { commit } = await session.run({
      operation,
      subject: [session.principal.team, appScope(ref.app), ref.slug],
      async find(view) {
        const app = await visibleApp(ref.app, view, session);
        const before = await find(ref, view, session);
        requireOnSecrets(session, 'write');
        return { app, before };
      },
      seen: ({ before: present }) => ({ expected: ref.expectedRevision, present }),
      async decide({ app, before }, view) {
        const after = await decide(before, view);
        const fields = { ...after.fields, updatedAt: clock().toISOString() };
        const change = changes.replace(before, fields, after.body);
        const { room } = after;
        const standing = changes.standing(before, change);
        return { changes: [change], guards: [apps.unchanged(app)], standing, ...(room ? { room } : {}) };
      },
    });
    return { appSecret: await bySlug(ref, session), commit };
  }

  function update(ref: AppSecretUpdate, input: Omit<UpdateSecretInput, 'expectedRevision'>, session: Session) {
    return change(ref, 'appSecret.update', session, async ({ fields, body }) => {
      const { providerId = body().providerId, purposeType = fields.purposeType } = input;
      return { fields: { ...fields, purposeType }, body: { providerId } };
    });
  }

  const restore = (ref: AppSecretUpdate, session: Session) =>
    change(
      ref,
      'appSecret.restore',
      session,
      async (before, view) => {
        const { liveCount } = await secretsOf(ref.app, view);
        return { fields: before.fields, body: before.body(), room: () => requireRoom(limits, liveCount + 1) };
      },
      async (place, view) => {
        const stored = await storedSecret(place, view, session);
        requireOnSecrets(session, 'write');
        if (!stored.deleted) throw conflict('NOT_DELETED', 'The app secret is not deleted');
        await requireMayDrop(stored, ref, view, session);
        return stored;
      },
    );

  async function remove(ref: AppSecretUpdate, session: Session) {
    const { made: appSecret, commit } = await session.run({
      operation: 'appSecret.delete',
      subject: [session.principal.team, appScope(ref.app), ref.slug],
      async find(view) {
        const secret = await visibleSecret(ref, view, session);
        requireOnSecrets(session, 'delete');
        await requireMayDrop(secret, ref, view, session);
        return secret;
      },
      seen: (present) => ({ expected: ref.expectedRevision, present }),
      decide(before) {
        const fields = { ...before.fields, updatedAt: clock().toISOString() };
        return { changes: [changes.erase(before, fields)], made: before };
      },
    });
    return { appSecret, commit };
  }

  return { update, restore, remove };
}

/** Secrets of apps with a value for each environment. */
export function createAppSecrets(deps: AppSecretsDeps) {
  return {
    bySlug,
    list,
    create: createMaking(deps),
    ...createChanging(deps),
    ...createValues(deps),
    ...createRendering(deps),
    ...createComparisons(),
    ...createCopies(deps),
  };
}
