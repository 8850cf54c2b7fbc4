import type { Stored } from '../vault/document.ts';
import type { DocumentSet } from '../vault/sets.ts';
import type { View } from '../vault/vault.ts';
import { BUILT_IN_ROLES, type Role, type RoleFields, roleDocument } from './model.ts';

/** A role by its slug, built-in ones first. */
export async function roleOf(view: View, slug: string): Promise<Role | null> {
  return BUILT_IN_ROLES.get(slug) ?? roleIn(await view.set(roleDocument), slug);
}

/** The same among roles that were read. */
export function roleIn(roles: DocumentSet<RoleFields, null>, slug: string): Role | null {
  const own = BUILT_IN_ROLES.get(slug);
  if (own) return own;
  const stored = roles.get(slug);
  return stored && !stored.deleted ? roleFrom(stored) : null;
}

export const roleFrom = ({ key, fields, revision }: Stored<RoleFields, null>): Role => ({
  slug: key[1] ?? '',
  name: fields.name,
  builtIn: false,
  revision,
  grants: fields.grants,
});
