import type { Clock } from '../kernel/clock.ts';
import { conflict, forbidden, notFound } from '../kernel/errors.ts';
import type { ExpiryClock } from '../kernel/expiry-clock.ts';
import { slugOf } from '../kernel/ids.ts';
import { changesOf } from '../vault/change.ts';
import { idOf, type Stored } from '../vault/document.ts';
import type { View } from '../vault/reading.ts';
import { administers, requireAdministrator } from './administrators.ts';
import type { CreateRoleInput, UpdateRoleInput } from './inputs.ts';
import { type Roles, roleIn, roleOf } from './lookup.ts';
import { can, covers, type Role, type RoleFields, roleDocument, tokenDocument } from './model.ts';
import type { Session } from './session.ts';

const changes = changesOf(roleDocument);

export interface RolesDeps extends Roles {
  readonly clock: Clock;
  readonly expiry: ExpiryClock;
}

function requireAdmin({ principal }: Session): void {
  if (!can(principal, 'admin', 'role')) throw forbidden();
}

function requireCovered(session: Session, grants: Role['grants']): void {
  if (!covers(session.principal.role.grants, grants))
    throw forbidden("A role cannot grant more than its creator's role");
}

/** Roles, as those may see them who may list them. */
function createRoleLookups({ builtIn, named }: Roles) {
  async function listRoles(session: Session): Promise<readonly Role[]> {
    if (!can(session.principal, 'list', 'role')) return [];
    return session.read(async (view) => {
      const { live } = await view.set(roleDocument);
      return [...builtIn.values(), ...(await Promise.all(live.map((stored) => roleIn(stored, view, named))))];
    });
  }

  async function ownRole(id: string, view: View, session: Session): Promise<Stored<RoleFields, null>> {
    requireAdmin(session);
    if (builtIn.has(id)) throw forbidden('A built-in role cannot be changed');
    const stored = (await view.set(roleDocument)).get(id);
    if (!stored || stored.deleted) throw notFound('Role');
    return stored;
  }
  async function roleBySlug(slug: string, session: Session): Promise<Role> {
    const role = await session.read((view) => roleOf(view, slug, { builtIn, named }));
    if (!role || !can(session.principal, 'list', 'role')) throw notFound('Role');
    return role;
  }

  return { listRoles, roleBySlug, ownRole };
}

/** What may be done, as data. */
export function createRoles(deps: RolesDeps) {
  const { ownRole, ...lookups } = createRoleLookups(deps);
  return { ...lookups, ...createRoleChanges({ ...deps, ownRole, roleBySlug: lookups.roleBySlug }) };
}

/** Somebody must be able to administer roles and tokens afterwards, if a role that allowed it changes. */
async function guardsFor(
  before: Stored<RoleFields, null>,
  grants: Role['grants'],
  view: View,
  { expiry, builtIn }: Pick<RolesDeps, 'expiry' | 'builtIn'>,
) {
  if (administers({ grants }) || !administers(before.fields)) return [];
  const role = { slug: idOf(before.key), grants };
  return requireAdministrator({ role }, view, expiry.now(), builtIn);
}

type Lookups = ReturnType<typeof createRoleLookups>;

function createRoleChanges({
  clock,
  expiry,
  builtIn,
  named,
  ownRole,
  roleBySlug,
}: RolesDeps & Pick<Lookups, 'ownRole' | 'roleBySlug'>) {
  async function createRole(input: CreateRoleInput, session: Session) {
    requireAdmin(session);
    requireCovered(session, input.grants);
    const { team } = session.principal;
    const slug = slugOf(input.name);
    const at = clock().toISOString();
    const key = [team, slug];
    const { name, grants } = input;
    const { commit } = await session.run({
      operation: 'role.create',
      subject: key,
      once: { idempotencyKey: input.idempotencyKey, input },
      find: async (view) => (await view.set(roleDocument)).get(slug),
      async decide(taken, view) {
        if (builtIn.has(slug) || (taken && !taken.deleted)) {
          throw conflict('TAKEN', 'There is already a role with that derived identifier', {
            existing: { kind: 'role', key },
          });
        }
        const fields = { name, grants, bindings: await named.bindingsFor(grants, view), createdAt: at };
        return { changes: [taken ? changes.replace(taken, fields, null) : changes.create(key, fields, null)] };
      },
    });
    return { role: await roleBySlug(slug, session), commit };
  }

  async function updateRole(id: string, input: UpdateRoleInput, session: Session) {
    const { commit } = await session.run({
      operation: 'role.update',
      subject: [session.principal.team, id],
      async find(view) {
        const before = await ownRole(id, view, session);
        requireCovered(session, (await roleIn(before, view, named)).grants);
        if (input.grants) requireCovered(session, input.grants);
        return before;
      },
      seen: (present) => ({ expected: input.expectedRevision, present }),
      async decide(before, view) {
        const { name = before.fields.name, grants = before.fields.grants } = input;
        const bindings = input.grants ? await named.bindingsFor(grants, view) : before.fields.bindings;
        const fields = { ...before.fields, name, grants, bindings };
        const guards = input.grants ? await guardsFor(before, grants, view, { expiry, builtIn }) : [];
        const change = changes.replace(before, fields, null);
        return { changes: [change], guards, standing: changes.standing(before, change) };
      },
    });
    return { role: await roleBySlug(id, session), commit };
  }

  async function deleteRole(id: string, expected: number | null | undefined, session: Session) {
    const { made: role, commit } = await session.run({
      operation: 'role.delete',
      subject: [session.principal.team, id],
      find: (view) => ownRole(id, view, session),
      seen: (present) => ({ expected, present }),
      async decide(before, view) {
        const { live } = await view.set(tokenDocument);
        const user = live.find((token) => token.fields.role === id);
        if (user)
          throw conflict('IN_USE', 'Tokens still have this role', { existing: { kind: 'token', key: user.key } });
        return { changes: [changes.erase(before, before.fields)], made: await roleIn(before, view, named) };
      },
    });
    return { role, commit };
  }

  return { createRole, updateRole, deleteRole };
}
