import type { Stored } from '../vault/document.ts';
import type { DocumentSet } from '../vault/document-set.ts';
import type { View } from '../vault/reading.ts';
import { type Role, type RoleFields, roleDocument } from './model.ts';
import type { Effective, Named } from './named.ts';
import type { BuiltInRoles } from './resources.ts';

/** What roles are made of beside what is stored. */
export interface Roles {
  readonly builtIn: BuiltInRoles;
  readonly named: Named;
}

/** A role by its slug, built-in ones first. */
export async function roleOf(view: View, slug: string, { builtIn, named }: Roles): Promise<Role | null> {
  const own = builtIn.get(slug);
  if (own) return own;
  const stored = (await view.set(roleDocument)).get(slug);
  return stored && !stored.deleted ? roleIn(stored, view, named) : null;
}

const asWritten: Effective = (grants) => grants;

/** A stored role as of a view. The projects are read for one that names some. */
export async function roleIn(stored: Stored<RoleFields, null>, view: View, named: Named): Promise<Role> {
  const namesProjects = stored.fields.grants.some(({ projects }) => projects !== null);
  return roleFrom(stored, namesProjects ? await named.effectiveIn(view) : asWritten);
}

/** The same among roles that were read. */
export function roleAmong(
  roles: DocumentSet<RoleFields, null>,
  slug: string,
  effective: Effective,
  builtIn: BuiltInRoles,
): Role | null {
  const own = builtIn.get(slug);
  if (own) return own;
  const stored = roles.get(slug);
  return stored && !stored.deleted ? roleFrom(stored, effective) : null;
}

function roleFrom({ key, fields, revision }: Stored<RoleFields, null>, effective: Effective): Role {
  const grants = effective(fields.grants, fields.bindings);
  return { slug: key[1] ?? '', name: fields.name, builtIn: false, revision, grants };
}
