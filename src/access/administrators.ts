import { type AppError, conflict } from '../kernel/errors.ts';
import { type Change, changesOf } from '../vault/change.ts';
import type { Stored } from '../vault/document.ts';
import type { DocumentSet } from '../vault/document-set.ts';
import type { View } from '../vault/reading.ts';
import {
  can,
  endOf,
  type Grant,
  type Role,
  type RoleFields,
  roleDocument,
  type TokenFields,
  tokenDocument,
} from './model.ts';
import type { BuiltInRoles } from './resources.ts';

type StoredToken = Stored<TokenFields, null>;

const idIn = ({ key }: StoredToken): string => key[1] ?? '';

/** Whether a role may administer roles and tokens, and so give every right back. */
export function administers({ grants }: Pick<Role, 'grants'>): boolean {
  const role = { slug: '', name: '', builtIn: false, revision: null, grants };
  const principal = {
    id: '',
    revision: null,
    name: '',
    kind: 'user',
    team: '',
    role,
    workload: null,
    expiresAt: null,
    endsAt: Number.POSITIVE_INFINITY,
  } as const;
  return can(principal, 'admin', 'role') && can(principal, 'admin', 'token');
}

/** Living tokens by which roles and tokens can be administered, those without an end first, then those that end last. */
export function administratorsIn(
  tokens: DocumentSet<TokenFields, null>,
  now: Date,
  grantsOf: (slug: string) => readonly Grant[] | null,
): readonly StoredToken[] {
  const end = ({ fields }: StoredToken): number => endOf(fields.expiresAt);
  // One that is damaged is good for nothing, and keeps nobody from being revoked.
  return tokens.intact
    .filter((token) => {
      if (token.deleted) return false;
      const grants = token.fields.workload === null ? grantsOf(token.fields.role) : null;
      return grants !== null && administers({ grants }) && end(token) > now.getTime();
    })
    .sort((a, b) => end(b) - end(a));
}

/** As they are written: what is administered belongs to the team, so no named project matters. */
export const grantsIn =
  (roles: DocumentSet<RoleFields, null>, builtIn: BuiltInRoles) =>
  (slug: string): readonly Grant[] | null => {
    const own = builtIn.get(slug);
    if (own) return own.grants;
    const stored = roles.get(slug);
    return stored && !stored.deleted ? stored.fields.grants : null;
  };

const nobodyLeft = (): AppError =>
  conflict('LAST_ADMINISTRATOR', 'No other token that is valid could administer roles and tokens: make one before');

/** What a change takes away: tokens, or what a role allows. */
export interface Loss {
  readonly revoked?: ReadonlySet<string>;
  readonly role?: Pick<Role, 'slug' | 'grants'>;
}

/**
 * Refuses a change after which nobody could administer roles and tokens. Answers checks for its commit: the token that remains,
 * and its role, must be as they were seen, or two changes at once could take each other's last one away.
 */
export async function requireAdministrator(
  { revoked, role }: Loss,
  view: View,
  now: Date,
  builtIn: BuiltInRoles,
): Promise<readonly Change[]> {
  const [tokens, roles] = [await view.set(tokenDocument), await view.set(roleDocument)];
  const before = grantsIn(roles, builtIn);
  const after = (slug: string) => (role?.slug === slug ? role.grants : before(slug));
  const [first] = administratorsIn(tokens, now, after).filter((token) => !revoked?.has(idIn(token)));
  if (!first) throw nobodyLeft();
  const own = first.fields.role === role?.slug ? null : roles.get(first.fields.role);
  return [
    changesOf(tokenDocument).unchanged(first),
    ...(own && !own.deleted ? [changesOf(roleDocument).unchanged(own)] : []),
  ];
}

/** A token with all that were made by it, by those, and so on, itself first. */
export function withDescendants(token: StoredToken, tokens: DocumentSet<TokenFields, null>): readonly StoredToken[] {
  const madeBy = new Map<string, StoredToken[]>();
  // Those that were revoked count on the way: what they made may live on.
  for (const each of tokens.intact) {
    const siblings = madeBy.get(each.fields.createdBy);
    if (siblings) siblings.push(each);
    else madeBy.set(each.fields.createdBy, [each]);
  }
  const found = new Set([token]);
  for (const each of found) for (const child of madeBy.get(idIn(each)) ?? []) found.add(child);
  return [...found];
}
