import type { AccessService } from '../../access/service.ts';
import type { Session } from '../../access/session.ts';
import { subjectOf, Value } from '../../audit/reveal.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, forbidden, limitExceeded } from '../../kernel/errors.ts';
import { slugOf } from '../../kernel/ids.ts';
import type { Job } from '../../kernel/job.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Log } from '../../kernel/log.ts';
import type { Keys } from '../../keys/keys.ts';
import type { Plugins } from '../../plugin/plugin.ts';
import type { Json, Key } from '../../store/port.ts';
import { changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { Vault } from '../../vault/port.ts';
import type { View } from '../../vault/reading.ts';
import { visibleProject } from '../projects/lookup.ts';
import { projectDocument } from '../projects/model.ts';
import { groupsLinking, stillSo, unlinked } from '../secret-groups/linking.ts';
import { mayOnGroup } from '../secret-groups/rights.ts';
import { createBareHostWarning } from './bare-hosts.ts';
import { createChecks } from './check.ts';
import { createDrawing } from './drawing.ts';
import { createAddonHistory } from './history.ts';
import type { CreateAddonInput, UpdateAddonInput } from './inputs.ts';
import { createLinkRules } from './link-rules.ts';
import { type AddonKind, documentOf, linksTo, NOUN, OPERATION, type StoredAddon } from './model.ts';
import { createObservation } from './observation.ts';
import { maskedParams, requireParams } from './params.ts';
import { createProviders } from './providers.ts';
import { createRetirement } from './retirement.ts';
import { type AddonRef, type AddonUpdate, changeableAddon, deletedAddon, mayOnAddon, visibleAddon } from './rights.ts';
import { createRotation } from './rotation.ts';
import { createSeenDigest } from './seen.ts';
import { createSweep } from './sweep.ts';
import { createAddonValues, paramsRevisionOf } from './values.ts';

export interface AddonsDeps {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  readonly plugins: Plugins;
  readonly cacheBytes: number;
  readonly access: Pick<AccessService, 'system' | 'teams'>;
}
export type AddonsService = ReturnType<typeof createAddons>;

/** Backing services that groups link, and what their providers make of them. */
export function createAddons(deps: AddonsDeps) {
  const { vault, keys, clock, limits } = deps;
  const digestOf = createSeenDigest(keys);
  const now = createAddonValues({ ...deps, digestOf });
  const providers = createProviders(deps.plugins);
  const history = createAddonHistory(deps);
  const sweep = createSweep(deps.access, deps.log);
  const jobs: readonly Job[] = [
    createRetirement({ ...deps, sweep, providers }),
    createObservation({ ...deps, sweep, digestOf, now }),
  ];

  const bySlug = (ref: AddonRef, session: Session): Promise<StoredAddon> =>
    session.read((view) => visibleAddon(ref, view, session));

  function list(kind: AddonKind, project: string, session: Session): Promise<readonly StoredAddon[]> {
    return session.read(async (view) => {
      await visibleProject(project, view, session);
      if (!mayOnAddon(session, 'list', project)) return [];
      const { live } = await view.set(documentOf(kind), project);
      return live.map((stored) => ({ ...stored, kind }));
    });
  }

  function requireRoom(count: number): void {
    const most = limits.addonsPerProject;
    if (count > most) throw limitExceeded('addons in the project', most, count, 'addonsPerProject');
  }

  async function create(kind: AddonKind, input: CreateAddonInput, session: Session) {
    await requireParams(providers.required(kind, input.provider), input.params);
    const { project, name } = input;
    const slug = slugOf(name);
    const key = [session.principal.team, project, slug];
    const changes = changesOf(documentOf(kind));
    const { commit } = await session.run({
      operation: `${OPERATION[kind]}.create`,
      subject: key,
      once: { idempotencyKey: input.idempotencyKey, input },
      find: (view) => freePlace(kind, key, view, session),
      decide({ taken, guard, count }) {
        const { provider, description, params } = input;
        const at = clock().toISOString();
        const fields = { name, provider, createdAt: at, updatedAt: at, paramsRevision: (taken?.revision ?? 0) + 1 };
        const body = { description, params, retiring: [], observed: null };
        const change = taken ? changes.replace(taken, fields, body) : changes.create(key, fields, body);
        return { changes: [change], guards: [guard], room: () => requireRoom(count + 1) };
      },
    });
    return { addon: await bySlug({ kind, project, slug }, session), commit };
  }

  /** What is where an addon is to be made, for whoever may make it. */
  async function freePlace(kind: AddonKind, key: Key, view: View, session: Session) {
    const [, project = '', slug = ''] = key;
    const guard = changesOf(projectDocument).unchanged(await visibleProject(project, view, session));
    if (!mayOnAddon(session, 'write', project)) throw forbidden();
    const set = await view.set(documentOf(kind), project);
    const taken = set.get(slug);
    if (taken && !taken.deleted) throw isTaken(kind, key);
    // Its place holds what is needed to remove them.
    if (taken?.fields.retiringUntil?.length) throw stillRetiring(kind);
    return { taken, guard, count: set.liveCount };
  }

  async function update(ref: AddonUpdate, input: Omit<UpdateAddonInput, 'expectedRevision'>, session: Session) {
    const { kind } = ref;
    const { commit } = await session.run({
      operation: `${OPERATION[kind]}.update`,
      subject: [session.principal.team, ref.project, ref.slug],
      ...changeableAddon(ref, 'write', session),
      async decide(before) {
        const old = before.body();
        const { name = before.fields.name, description = old.description, params = old.params } = input;
        if (input.params) await requireParams(providers.required(kind, before.fields.provider), params);
        const paramsRevision = input.params ? before.revision + 1 : paramsRevisionOf(before);
        const fields = { ...before.fields, name, paramsRevision, updatedAt: clock().toISOString() };
        const changes = changesOf(documentOf(kind));
        const change = changes.replace(before, fields, { ...old, description, params });
        // Parameters are values: given again, they are a change, equal or not.
        return { changes: [change], standing: input.params ? null : changes.standing(before, change) };
      },
      keeps: [history.keeping[kind]],
    });
    return { addon: await bySlug(ref, session), commit };
  }

  /** Refused while groups link it, unless `force` unlinks them in the same commit. */
  async function remove(ref: AddonUpdate, force: boolean, session: Session) {
    const { kind, project } = ref;
    const { made: addon, commit } = await session.run({
      operation: `${OPERATION[kind]}.delete`,
      subject: [session.principal.team, project, ref.slug],
      ...changeableAddon(ref, 'delete', session),
      async decide(before, view) {
        const isMeant = linksTo(before);
        const groups = await groupsLinking(project, isMeant, view);
        if (groups.length > 0 && !force) {
          const known = groups.filter((group) => mayOnGroup(session, 'list', project, group.fields.type));
          throw isLinked(known.map(({ key }) => key));
        }
        const at = clock().toISOString();
        const changes = groups.map((group) => unlinked(group, isMeant, at, session));
        const fields = { ...before.fields, paramsRevision: paramsRevisionOf(before), updatedAt: at };
        const erased = changesOf(documentOf(kind)).erase(before, fields);
        return { changes: [erased, ...changes], guards: await stillSo(project, groups, view), made: before };
      },
    });
    return { addon, commit };
  }

  async function restore(ref: AddonUpdate, session: Session) {
    const { kind, project } = ref;
    const { commit } = await session.run({
      operation: `${OPERATION[kind]}.restore`,
      subject: [session.principal.team, project, ref.slug],
      ...changeableAddon(ref, 'write', session, deletedAddon),
      async decide(before, view) {
        const { liveCount } = await view.set(documentOf(kind), project);
        const fields = { ...before.fields, paramsRevision: paramsRevisionOf(before), updatedAt: clock().toISOString() };
        const change = changesOf(documentOf(kind)).replace(before, fields, before.body());
        return { changes: [change], room: () => requireRoom(liveCount + 1) };
      },
    });
    return { addon: await bySlug(ref, session), commit };
  }

  /** Without a text when nobody knows which of them are secrets. */
  function params(addon: StoredAddon, session: Session): Value<Json> {
    const isSeen = mayOnAddon(session, 'read', addon.key[1] ?? '');
    return new Value(subjectOf(OPERATION[addon.kind], addon.key), isSeen, () => {
      const provider = providers.of(addon);
      return provider ? maskedParams(provider.facts.params, addon.body().params) : null;
    });
  }

  return {
    bySlug,
    list,
    create,
    update,
    remove,
    restore,
    params,
    providers,
    revisions: history.revisions,
    check: createChecks({ limits, providers }),
    ...createRotation({ ...deps, providers }),
    ...createLinkRules(providers),
    drawn: createDrawing(vault, now),
    warnOfBareHosts: createBareHostWarning({ sweep, log: deps.log, providers }),
    jobs,
  };
}

const isTaken = (kind: AddonKind, key: readonly string[]) =>
  conflict('TAKEN', `There is already an ${NOUN[kind].toLowerCase()} with the same derived identifier`, {
    existing: { kind: OPERATION[kind], key },
  });

const stillRetiring = (kind: AddonKind) =>
  conflict(
    'WRONG_STATE',
    `The deleted ${NOUN[kind].toLowerCase()} of this name has old credentials that are not removed yet`,
  );

/** Names only groups that the caller may see. */
function isLinked(keys: readonly (readonly string[])[]) {
  const names = keys.map(idOf).slice(0, 20).join(', ');
  const message = names === '' ? 'Secret groups link it' : `Secret groups link it: ${names}`;
  const [key] = keys;
  return conflict('IN_USE', message, key ? { existing: { kind: 'secretGroup', key } } : {});
}
