import type { Session } from '../../access/session.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, forbidden, limitExceeded } from '../../kernel/errors.ts';
import { slugOf } from '../../kernel/ids.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Key } from '../../store/port.ts';
import { changesOf } from '../../vault/change.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/reading.ts';
import { visibleProject } from '../projects/lookup.ts';
import { projectDocument } from '../projects/model.ts';
import { groupsLinking, stillSo, unlinked } from '../secret-groups/linking.ts';
import { mayOnGroup } from '../secret-groups/rights.ts';
import type { AddonHistory } from './history.ts';
import type { CreateAddonInput, UpdateAddonInput } from './inputs.ts';
import { type AddonKind, documentOf, linksTo, NOUN, OPERATION, type StoredAddon } from './model.ts';
import { requireParams } from './params.ts';
import type { Providers } from './providers.ts';
import { type AddonRef, type AddonUpdate, changeableAddon, deletedAddon, mayOnAddon, visibleAddon } from './rights.ts';
import { paramsRevisionOf } from './values.ts';

interface WritingDeps {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'addonsPerProject'>;
  readonly providers: Providers;
  readonly history: AddonHistory;
}

/** What changes addons. */
export const createAddonWriting = (deps: WritingDeps) => ({ ...createMaking(deps), ...createChanging(deps) });

export const bySlug = (ref: AddonRef, session: Session): Promise<StoredAddon> =>
  session.read((view) => visibleAddon(ref, view, session));

/** What makes an addon, or brings one back. */
function createMaking({ clock, limits, providers }: WritingDeps) {
  function requireRoom(count: number): void {
    const max = limits.addonsPerProject;
    if (count > max) throw limitExceeded('addons in the project', max, count, 'addonsPerProject');
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

  return { create, restore };
}

function createChanging({ clock, providers, history }: WritingDeps) {
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

  return { update, remove };
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
