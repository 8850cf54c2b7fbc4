import type { AddonLink, AddonValues } from '../../domain/types.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, forbidden, invalidInput, limitExceeded, notFound } from '../../kernel/errors.ts';
import { slugOf } from '../../kernel/ids.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Log } from '../../kernel/log.ts';
import type { LoadedPlugin, Plugins } from '../../plugin/plugin.ts';
import type { Json } from '../../store/port.ts';
import { idOf } from '../../vault/document.ts';
import { createOnce } from '../../vault/once.ts';
import { changesOf, type Vault, type View } from '../../vault/vault.ts';
import { can, type Verb } from '../access/model.ts';
import { requireRevision } from '../access/revision.ts';
import type { Session } from '../access/session.ts';
import type { Keys } from '../keys/keys.ts';
import { projectDocument } from '../projects/model.ts';
import { visibleProject } from '../projects/service.ts';
import { groupsLinking, unlinked } from '../secret-groups/linking.ts';
import { mayOnGroup } from '../secret-groups/rights.ts';
import type { CreateAddonInput, UpdateAddonInput } from './inputs.ts';
import { type AddonKind, documentOf, linksTo, type StoredAddon } from './model.ts';
import { maskedParams, requireParams } from './params.ts';
import { createAddonValues, type Outcome } from './values.ts';

export interface AddonsDeps {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  readonly plugins: Plugins;
  readonly cacheBytes: number;
}
export type AddonsService = ReturnType<typeof createAddons>;

/** An addon by address. */
export interface AddonRef {
  readonly kind: AddonKind;
  readonly project: string;
  readonly slug: string;
}
export interface AddonUpdate extends AddonRef {
  readonly expectedRevision?: number | null | undefined;
}

/** What linked addons bring to a resolution. */
export interface Drawn {
  readonly addons: AddonValues;
  /** The same objects as long as nothing in them changed. */
  readonly outcomes: readonly Outcome[];
  /** Those that gave their last good values, as in `addons`. */
  readonly stale: ReadonlySet<string>;
}

const NOUN = { addon: 'Addon', 'external-addon': 'External addon' } as const;
const OPERATION = { addon: 'addon', 'external-addon': 'externalAddon' } as const;

/** Addons are guarded as secret groups of type secret are. */
const mayOnAddon = (session: Session, verb: Verb, project: string): boolean =>
  can(session.principal, verb, 'addon', { project, type: 'secret' });

/** Backing services that groups link, and what their providers make of them. */
export function createAddons(deps: AddonsDeps) {
  const { vault, keys, clock, limits, plugins } = deps;
  const once = createOnce(vault, keys);
  const valuesOf = createAddonValues(deps);

  async function visible({ kind, project, slug }: AddonRef, view: View, session: Session): Promise<StoredAddon> {
    await visibleProject(project, view, session);
    const stored = (await view.set(documentOf(kind), project)).get(slug);
    if (!stored || stored.deleted || !mayOnAddon(session, 'list', project)) throw notFound(`${NOUN[kind]} ${slug}`);
    return { ...stored, kind };
  }

  const bySlug = (ref: AddonRef, session: Session): Promise<StoredAddon> =>
    session.read((view) => visible(ref, view, session));

  function list(kind: AddonKind, project: string, session: Session): Promise<readonly StoredAddon[]> {
    return session.read(async (view) => {
      await visibleProject(project, view, session);
      if (!mayOnAddon(session, 'list', project)) return [];
      const { live } = await view.set(documentOf(kind), project);
      return live.map((stored) => ({ ...stored, kind }));
    });
  }

  /** The providers that are loaded, by id. */
  function providers(kind: AddonKind | null): readonly LoadedPlugin[] {
    const all = [...plugins.byId.values()];
    return all
      .filter(({ facts }) => kind === null || facts.kind === kind)
      .sort((a, b) => (a.facts.id < b.facts.id ? -1 : 1));
  }

  /** null: it is not loaded. */
  function providerOf({ kind, fields }: Pick<StoredAddon, 'kind' | 'fields'>): LoadedPlugin | null {
    const provider = plugins.byId.get(fields.provider);
    return provider?.facts.kind === kind ? provider : null;
  }

  function requireProvider(kind: AddonKind, provider: string): LoadedPlugin {
    const found = plugins.byId.get(provider);
    if (found?.facts.kind === kind) return found;
    throw invalidInput([{ path: ['provider'], rule: 'enum', message: 'is not the id of a provider of this kind' }]);
  }

  async function create(kind: AddonKind, input: CreateAddonInput, session: Session) {
    await requireParams(requireProvider(kind, input.provider), input.params);
    const { team, id: actor } = session.principal;
    const { project, name, provider, description, params } = input;
    const slug = slugOf(name);
    const key = [team, project, slug];
    const at = clock().toISOString();
    const operation = `${OPERATION[kind]}.create`;
    const changes = changesOf(documentOf(kind));
    const asked = { team, actor, operation, at, input, object: key, idempotencyKey: input.idempotencyKey };
    const created = await once(asked, (extra) =>
      session.write(key, async () => {
        const { taken, guard } = await session.read(async (view) => {
          const guard = changesOf(projectDocument).unchanged(await visibleProject(project, view, session));
          if (!mayOnAddon(session, 'write', project)) throw forbidden();
          const set = await view.set(documentOf(kind), project);
          const count = set.live.length + 1;
          const taken = set.get(slug);
          if (taken && !taken.deleted) throw isTaken(kind, key);
          if (count > limits.addonsPerProject)
            throw limitExceeded('addons in the project', limits.addonsPerProject, count);
          return { taken, guard };
        });
        const fields = { name, provider, createdAt: at, updatedAt: at };
        const body = { description, params };
        const change = taken ? changes.replace(taken, fields, body) : changes.create(key, fields, body);
        return session.commit(operation, [change, guard, ...extra]);
      }),
    );
    return { addon: await bySlug({ kind, project, slug }, session), commit: created.commit };
  }

  /** The addon, for whoever may do this to it and saw its present revision. */
  async function changeable(ref: AddonUpdate, verb: Verb, session: Session): Promise<StoredAddon> {
    const before = await bySlug(ref, session);
    if (!mayOnAddon(session, verb, ref.project)) throw forbidden();
    requireRevision(before, ref.expectedRevision);
    return before;
  }

  async function update(ref: AddonUpdate, input: Omit<UpdateAddonInput, 'expectedRevision'>, session: Session) {
    const { kind } = ref;
    const commit = await session.write([session.principal.team, ref.project, ref.slug], async () => {
      const before = await changeable(ref, 'write', session);
      const old = before.body();
      const { name = before.fields.name, description = old.description, params = old.params } = input;
      if (input.params) await requireParams(requireProvider(kind, before.fields.provider), params);
      const fields = { ...before.fields, name, updatedAt: clock().toISOString() };
      const change = changesOf(documentOf(kind)).replace(before, fields, { description, params });
      return session.commit(`${OPERATION[kind]}.update`, [change]);
    });
    return { addon: await bySlug(ref, session), commit };
  }

  /** Refused while groups link it, unless `force` unlinks them in the same commit. */
  function remove(ref: AddonUpdate, force: boolean, session: Session) {
    const { kind, project } = ref;
    return session.write([session.principal.team, project, ref.slug], async () => {
      const before = await changeable(ref, 'delete', session);
      const isMeant = linksTo(before);
      const groups = await session.read((view) => groupsLinking(project, isMeant, view));
      if (groups.length > 0 && !force) {
        const known = groups.filter((group) => mayOnGroup(session, 'list', project, group.fields.type));
        throw isLinked(known.map(({ key }) => key));
      }
      const at = clock().toISOString();
      const changes = groups.map((group) => unlinked(group, isMeant, at, session));
      const erased = changesOf(documentOf(kind)).erase(before, { ...before.fields, updatedAt: at });
      const commit = await session.commit(`${OPERATION[kind]}.delete`, [erased, ...changes]);
      return { addon: before, commit };
    });
  }

  /** null: the caller may not read them, or nobody knows which of them are secrets. */
  function params(addon: StoredAddon, session: Session): Json {
    const provider = providerOf(addon);
    if (!provider || !mayOnAddon(session, 'read', addon.key[1] ?? '')) return null;
    return maskedParams(provider.facts.params, addon.body().params);
  }

  /** Refuses keys that the linked addon's provider does not have. What is not there yet may be linked. */
  async function requireLinkable(link: AddonLink, project: string, view: View): Promise<void> {
    const stored = (await view.set(documentOf(link.addonKind), project)).get(link.addonId);
    const provider = stored && !stored.deleted ? providerOf({ ...stored, kind: link.addonKind }) : null;
    if (!provider) return;
    const fields = link.keys.flatMap(({ keyName }, i) =>
      provider.keys.has(keyName)
        ? []
        : [
            {
              path: ['link', 'keys', String(i), 'keyName'],
              rule: 'enum',
              message: 'is not a key of the addon`s provider',
            },
          ],
    );
    if (fields.length > 0) throw invalidInput(fields);
  }

  /** What these links draw on, each addon asked once; `at` an earlier commit: by the parameters of then. */
  async function drawn(links: readonly AddonLink[], project: string, view: View, at: number | null): Promise<Drawn> {
    const found = await Promise.all(
      [...byAddon(links)].map(async ([name, { kind, id, keyNames }]) => {
        const present = (await view.set(documentOf(kind), project)).get(id);
        const stored = present && at !== null ? await vault.asOf(documentOf(kind), present, at) : present;
        if (!stored || stored.deleted) return null;
        return [name, await valuesOf({ ...stored, kind }, keyNames)] as const;
      }),
    );
    const outcomes = new Map(found.filter((each) => each !== null));
    const addons = new Map([...outcomes].map(([name, { values }]) => [name, values]));
    const stale = new Set([...outcomes].filter(([, outcome]) => outcome.stale).map(([name]) => name));
    return { addons, outcomes: [...outcomes.values()], stale };
  }

  return { bySlug, list, create, update, remove, params, providers, providerOf, requireLinkable, drawn };
}

const isTaken = (kind: AddonKind, key: readonly string[]) =>
  conflict(`There is already an ${NOUN[kind].toLowerCase()} with the same derived identifier`, {
    existing: { kind: OPERATION[kind], key },
  });

/** Names only groups that the caller may see. */
function isLinked(keys: readonly (readonly string[])[]) {
  const names = keys.map(idOf).slice(0, 20).join(', ');
  const message = names === '' ? 'Secret groups link it' : `Secret groups link it: ${names}`;
  const [key] = keys;
  return conflict(message, key ? { existing: { kind: 'secretGroup', key } } : {});
}

function byAddon(links: readonly AddonLink[]) {
  const addons = new Map<string, { readonly kind: AddonKind; readonly id: string; readonly keyNames: string[] }>();
  for (const { addonKind: kind, addonId: id, keys } of links) {
    const name = `${kind}/${id}`;
    const addon = addons.get(name) ?? { kind, id, keyNames: [] };
    addon.keyNames.push(...keys.map(({ keyName }) => keyName));
    addons.set(name, addon);
  }
  return addons;
}
