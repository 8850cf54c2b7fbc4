import type { Clock } from '../kernel/clock.ts';
import { conflict, forbidden, notFound } from '../kernel/errors.ts';
import type { ExpiryClock } from '../kernel/expiry-clock.ts';
import { slugOf } from '../kernel/ids.ts';
import type { Keys } from '../keys/keys.ts';
import { idOf, type Stored } from '../vault/document.ts';
import { createOnce } from '../vault/once.ts';
import { changesOf, type Vault } from '../vault/vault.ts';
import { administers, requireAdministrator } from './administrators.ts';
import { bindingsFor } from './bindings.ts';
import type { CreateRoleInput, UpdateRoleInput } from './inputs.ts';
import { roleIn, roleOf } from './lookup.ts';
import { can, covers, type Role, type RoleFields, roleDocument, tokenDocument } from './model.ts';
import type { BuiltInRoles } from './resources.ts';
import { requireRevision } from './revision.ts';
import type { Session } from './session.ts';

const changes = changesOf(roleDocument);

export interface RolesDeps {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly expiry: ExpiryClock;
  readonly builtIn: BuiltInRoles;
}

/** What may be done, as data. */
export function createRoles({ vault, keys, clock, expiry, builtIn }: RolesDeps) {
  const once = createOnce(vault, keys);

  function requireAdmin(session: Session): void {
    if (!can(session.principal, 'admin', 'role')) throw forbidden();
  }

  async function listRoles(session: Session): Promise<readonly Role[]> {
    if (!can(session.principal, 'list', 'role')) return [];
    return session.read(async (view) => {
      const { live } = await view.set(roleDocument);
      return [...builtIn.values(), ...(await Promise.all(live.map((stored) => roleIn(stored, view))))];
    });
  }

  async function ownRole(id: string, session: Session): Promise<Stored<RoleFields, null>> {
    requireAdmin(session);
    if (builtIn.has(id)) throw forbidden('A built-in role cannot be changed');
    const stored = await session.read(async (view) => (await view.set(roleDocument)).get(id));
    if (!stored || stored.deleted) throw notFound('Role');
    return stored;
  }

  function requireCovered(session: Session, grants: Role['grants']): void {
    if (!covers(session.principal.role.grants, grants))
      throw forbidden("A role cannot grant more than its creator's role");
  }

  async function createRole(input: CreateRoleInput, session: Session) {
    requireAdmin(session);
    requireCovered(session, input.grants);
    const { team, id: actor } = session.principal;
    const slug = slugOf(input.name);
    const at = clock().toISOString();
    const key = [team, slug];
    const { name, grants } = input;
    const created = await once(
      { team, actor, operation: 'role.create', at, input, object: key, idempotencyKey: input.idempotencyKey },
      async (extra) => {
        const taken = await session.read(async (view) => (await view.set(roleDocument)).get(slug));
        if (builtIn.has(slug) || (taken && !taken.deleted)) {
          throw conflict('TAKEN', 'There is already a role with that derived identifier', {
            existing: { kind: 'role', key },
          });
        }
        const bindings = await session.read((view) => bindingsFor(grants, view));
        const fields = { name, grants, bindings, createdAt: at };
        const change = taken ? changes.replace(taken, fields, null) : changes.create(key, fields, null);
        return session.commit('role.create', [change, ...extra]);
      },
    );
    return { role: await roleBySlug(slug, session), commit: created.commit };
  }

  async function roleBySlug(slug: string, session: Session): Promise<Role> {
    const role = await session.read((view) => roleOf(view, slug, builtIn));
    if (!role || !can(session.principal, 'list', 'role')) throw notFound('Role');
    return role;
  }

  /** Somebody must be able to administer roles and tokens afterwards, if a role that allowed it changes. */
  async function guardsFor(before: Stored<RoleFields, null>, grants: Role['grants'], session: Session) {
    if (administers({ grants }) || !administers(before.fields)) return [];
    const role = { slug: idOf(before.key), grants };
    return session.read((view) => requireAdministrator({ role }, view, expiry.now(), builtIn));
  }

  async function updateRole(id: string, input: UpdateRoleInput, session: Session) {
    const commit = await session.write([session.principal.team, id], async () => {
      const before = await ownRole(id, session);
      requireCovered(session, (await session.read((view) => roleIn(before, view))).grants);
      if (input.grants) requireCovered(session, input.grants);
      requireRevision(before, input.expectedRevision);
      const { name = before.fields.name, grants = before.fields.grants } = input;
      const bindings = input.grants ? await session.read((view) => bindingsFor(grants, view)) : before.fields.bindings;
      const fields = { ...before.fields, name, grants, bindings };
      const guards = input.grants ? await guardsFor(before, grants, session) : [];
      const change = changes.replace(before, fields, null);
      return session.commit('role.update', [change, ...guards], changes.standing(before, change));
    });
    return { role: await roleBySlug(id, session), commit };
  }

  function deleteRole(id: string, session: Session) {
    return session.write([session.principal.team, id], async () => {
      const before = await ownRole(id, session);
      const { live } = await session.read((view) => view.set(tokenDocument));
      const user = live.find((token) => token.fields.role === id);
      if (user) throw conflict('IN_USE', 'Tokens still have this role', { existing: { kind: 'token', key: user.key } });
      const role = await session.read((view) => roleIn(before, view));
      const commit = await session.commit('role.delete', [changes.erase(before, before.fields)]);
      return { role, commit };
    });
  }

  return { listRoles, roleBySlug, createRole, updateRole, deleteRole };
}
