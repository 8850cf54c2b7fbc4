import type { Session } from '../../access/session.ts';
import { conflict, limitExceeded } from '../../kernel/errors.ts';
import { slugOf } from '../../kernel/ids.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Key } from '../../store/port.ts';
import { type Change, changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/reading.ts';
import type { StoredAppSecret } from '../app-secrets/model.ts';
import { requireOnSecrets } from '../app-secrets/rights.ts';
import { secretsOf, slotIn, type ValueSet, valuesOf } from '../app-secrets/slots.ts';
import type { AppsDeps } from './deps.ts';
import { environmentsOf, liveEnvironment, storedEnvironment, visibleApp, whole } from './find.ts';
import type { CreateAppInput, CreateEnvironmentInput, UpdateEnvironmentInput } from './inputs.ts';
import {
  appDocument,
  appScope,
  type EnvironmentFields,
  environmentDocument,
  inOrder,
  type PlaceInApp,
  type StoredApp,
  type StoredEnvironment,
} from './model.ts';
import { requireOnApps, requireProtectedApps } from './rights.ts';

const changes = changesOf(environmentDocument);
const apps = changesOf(appDocument);

export interface EnvironmentUpdate extends PlaceInApp {
  readonly expectedRevision?: number | null | undefined;
}
export type EnvironmentsService = ReturnType<typeof createEnvironments>;

interface Found {
  readonly app: StoredApp;
  readonly environment: StoredEnvironment;
}

const isTaken = (key: Key) =>
  conflict('TAKEN', 'There is already an environment with the same derived identifier', {
    existing: { kind: 'environment', key },
  });

function requireRoom(count: number, limits: Limits): void {
  const max = limits.environmentsPerApp;
  if (count > max) throw limitExceeded('environments of the app', max, count, 'environmentsPerApp');
}

/** The environments that an app is created with, in the order in which they are given unless they say another. */
export function newEnvironments(
  scope: Key,
  given: CreateAppInput['environments'],
  at: string,
  limits: Limits,
): readonly Change[] {
  requireRoom(given.length, limits);
  return given.map(({ name, order, protected: isProtected }, i) =>
    changes.create(
      [...scope, slugOf(name)],
      { name, order: order ?? i, protected: isProtected, incarnation: 1, createdAt: at, updatedAt: at },
      null,
    ),
  );
}

const valuesAmong = (secrets: readonly StoredAppSecret[], of: Found, values: ValueSet): number =>
  secrets.filter((secret) => slotIn(values, { ...of, secret }).value !== null).length;

/** How many values are set in it. */
async function valuesIn(found: Found, view: View): Promise<number> {
  const slug = idOf(found.app.key);
  return valuesAmong(whole(await secretsOf(slug, view)).live, found, await valuesOf(slug, view));
}

/** What a deleted environment holds is lost for good when another takes its place, so that has to be meant. */
async function requireDiscarded(former: Found, isMeant: boolean, view: View, session: Session): Promise<void> {
  const { key } = former.environment;
  const all = whole(await secretsOf(idOf(former.app.key), view)).all;
  if (valuesAmong(all, former, await valuesOf(idOf(former.app.key), view)) === 0) return;
  if (!isMeant) {
    const message =
      'A deleted environment with values has the same derived identifier: restore it, or give discardValues to lose them';
    throw conflict('TAKEN', message, { existing: { kind: 'environment', key } });
  }
  requireProtectedApps(session, [former.environment]);
  requireOnSecrets(session, 'delete');
}

async function found(place: PlaceInApp, view: View, session: Session): Promise<Found> {
  const app = await visibleApp(place.app, view, session);
  return { app, environment: await liveEnvironment(place, view) };
}

const bySlug = (place: PlaceInApp, session: Session): Promise<StoredEnvironment> =>
  session.read(async (view) => (await found(place, view, session)).environment);

/** By their order, then by slug. */
const list = (app: string, session: Session): Promise<readonly StoredEnvironment[]> =>
  session.read(async (view) => {
    await visibleApp(app, view, session);
    return inOrder((await environmentsOf(app, view)).live);
  });

type EnvironmentsDeps = Pick<AppsDeps, 'clock' | 'limits'>;

/** The environments of apps. Whoever may see an app sees its environments. */
export const createEnvironments = (deps: EnvironmentsDeps) => ({
  bySlug,
  list,
  create: createMaking(deps),
  ...createChanging(deps),
});

function createMaking({ clock, limits }: EnvironmentsDeps) {
  return async function create(input: CreateEnvironmentInput, session: Session) {
    const { app, name } = input;
    const slug = slugOf(name);
    const key = [session.principal.team, appScope(app), slug];
    const { commit } = await session.run({
      operation: 'environment.create',
      subject: key,
      once: { idempotencyKey: input.idempotencyKey, input },
      async find(view) {
        const holder = await visibleApp(app, view, session);
        requireOnApps(session, 'write');
        const set = await environmentsOf(app, view);
        const taken = set.get(slug);
        if (taken && !taken.deleted) throw isTaken(key);
        return { holder, set, taken };
      },
      async decide({ holder, set, taken }, view) {
        if (taken) await requireDiscarded({ app: holder, environment: taken }, input.discardValues, view, session);
        const at = clock().toISOString();
        const order = input.order ?? Math.max(-1, ...set.live.map(({ fields }) => fields.order)) + 1;
        const incarnation = (taken?.fields.incarnation ?? 0) + 1;
        const fields = { name, order, protected: input.protected, incarnation, createdAt: at, updatedAt: at };
        const change = taken ? changes.replace(taken, fields, null) : changes.create(key, fields, null);
        return {
          changes: [change],
          guards: [apps.unchanged(holder)],
          room: () => requireRoom(set.liveCount + 1, limits),
        };
      },
    });
    return { environment: await bySlug({ app, slug }, session), commit };
  };
}

function createChanging({ clock, limits }: EnvironmentsDeps) {
  /** The one way to change an environment that is there, or that is to be again. */
  async function change(
    ref: EnvironmentUpdate,
    operation: string,
    session: Session,
    decide: (view: View, before: StoredEnvironment) => Promise<Partial<EnvironmentFields>>,
    find = liveEnvironment,
  ) {
    const { commit } = await session.run({
      operation,
      subject: [session.principal.team, appScope(ref.app), ref.slug],
      async find(view) {
        const app = await visibleApp(ref.app, view, session);
        const before = await find(ref, view);
        requireOnApps(session, 'write');
        requireProtectedApps(session, [before]);
        return { app, before };
      },
      seen: ({ before: present }) => ({ expected: ref.expectedRevision, present }),
      async decide({ app, before }, view) {
        const fields = { ...before.fields, ...(await decide(view, before)), updatedAt: clock().toISOString() };
        const change = changes.replace(before, fields, null);
        return { changes: [change], guards: [apps.unchanged(app)], standing: changes.standing(before, change) };
      },
    });
    return { environment: await bySlug(ref, session), commit };
  }

  function update(ref: EnvironmentUpdate, input: Omit<UpdateEnvironmentInput, 'expectedRevision'>, session: Session) {
    return change(ref, 'environment.update', session, async (_view, { fields }) => {
      const { name = fields.name, order = fields.order, protected: isProtected = fields.protected } = input;
      return { name, order, protected: isProtected };
    });
  }

  const restore = (ref: EnvironmentUpdate, session: Session) =>
    change(
      ref,
      'environment.restore',
      session,
      async (view, before) => {
        if (!before.deleted) throw conflict('NOT_DELETED', 'The environment is not deleted');
        requireRoom((await environmentsOf(ref.app, view)).liveCount + 1, limits);
        return {};
      },
      storedEnvironment,
    );

  /** Refused while values are set in it, unless `force`; they come back with it when it is restored. */
  async function remove(ref: EnvironmentUpdate, force: boolean, session: Session) {
    const { made: environment, commit } = await session.run({
      operation: 'environment.delete',
      subject: [session.principal.team, appScope(ref.app), ref.slug],
      async find(view) {
        const both = await found(ref, view, session);
        requireOnApps(session, 'delete');
        requireProtectedApps(session, [both.environment]);
        return both;
      },
      seen: ({ environment: present }) => ({ expected: ref.expectedRevision, present }),
      async decide({ app, environment: before }, view) {
        if ((await valuesIn({ app, environment: before }, view)) > 0) {
          if (!force) throw conflict('IN_USE', 'Values are set in the environment');
          requireOnSecrets(session, 'delete');
        }
        const fields = { ...before.fields, updatedAt: clock().toISOString() };
        return { changes: [changes.erase(before, fields)], guards: [apps.unchanged(app)], made: before };
      },
    });
    return { environment, commit };
  }

  return { update, remove, restore };
}
