import { parseToken } from '../crypto/tokens.ts';
import { unauthenticated } from '../kernel/errors.ts';
import type { ExpiryClock } from '../kernel/expiry-clock.ts';
import { recent } from '../kernel/recent.ts';
import type { Keys } from '../keys/keys.ts';
import type { Seq, Store, TeamId } from '../store/port.ts';
import { idOf, type Stored } from '../vault/document.ts';
import type { Vault } from '../vault/port.ts';
import type { View } from '../vault/reading.ts';
import { retryingStale } from '../vault/stale.ts';
import { type Roles, roleAmong, roleOf } from './lookup.ts';
import {
  endOf,
  type Principal,
  type Role,
  type RoleFields,
  roleDocument,
  type TokenFields,
  tokenDocument,
  tokenIndexDocument,
} from './model.ts';
import { type Standing, stampOf } from './standing.ts';
import { tokenHash } from './tokens.ts';

/** Who tokens stand for: as of a view, and as that is renewed. */

/** What is known of a token that was seen. */
interface Known {
  readonly team: TeamId;
  readonly token: string;
  /** Who it stood for, as of a commit. */
  last: { readonly seq: Seq; readonly principal: Principal; readonly stamp: string } | null;
}

/** Who stands for what as of a view. */
export interface StandingNow {
  /** Who somebody is now; null: nobody any more. */
  readonly of: (principal: Pick<Principal, 'id' | 'via'>) => Principal | null;
  /** Slugs of the roles whose grants name one of these projects: what they grant depends on which project that is. */
  readonly rolesNaming: (projects: ReadonlySet<string>) => readonly string[];
  /** Whether tokens or roles were tampered with: then nothing is known about whom a commit concerns. */
  readonly isDamaged: boolean;
}

const isNamed = ({ grants }: RoleFields, some: ReadonlySet<string>): boolean =>
  grants.some(({ projects }) => projects?.some((project) => some.has(project)));

function principalFrom(team: TeamId, { key, fields, revision }: Stored<TokenFields, null>, role: Role): Principal {
  const { name, kind, workload, expiresAt, networks, signed } = fields;
  const ofGateway = { ...(networks ? { networks } : {}), ...(signed ? { signed } : {}) };
  const endsAt = endOf(expiresAt);
  return { id: idOf(key), name, kind, team, role, workload, expiresAt, endsAt, revision, ...ofGateway };
}

/** A user with the gateway that forwards what they ask, as both are now; null: one of them is nobody any more. */
const withGateway = (user: Principal | null, via: Principal | null | undefined): Principal | null =>
  via === undefined ? user : user && via && { ...user, via };

/** Who a token stands for as of a view; null: nobody. */
async function principalIn(view: View, token: string, roles: Roles): Promise<Principal | null> {
  const stored = (await view.set(tokenDocument)).get(token);
  const role = stored && !stored.deleted ? await roleOf(view, stored.fields.role, roles) : null;
  if (!stored || !role) return null;
  const { workload } = stored.fields;
  const isRegistered = workload === null || (await roles.named.registrations(view, [workload.project]))(workload);
  return isRegistered ? principalFrom(view.team, stored, role) : null;
}

export type HasExpired = (principal: Pick<Principal, 'endsAt' | 'via'>) => boolean;

export function expiredBy(expiry: ExpiryClock): HasExpired {
  const hasExpired: HasExpired = ({ endsAt, via }) =>
    // Most never end: they need no clock.
    (endsAt !== Number.POSITIVE_INFINITY && endsAt <= expiry.now().getTime()) || (via !== undefined && hasExpired(via));
  return hasExpired;
}

interface PrincipalsDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly keys: Keys;
  readonly roles: Roles;
}

/** Finds who tokens stand for. */
export function createPrincipals({ store, vault, keys, roles }: PrincipalsDeps) {
  /** By the text of the token, which a busy caller's requests hold in memory at every moment anyway. */
  const known = recent<Known>(10_000);

  /** Team and id behind a token. The index never changes for a hash, so it may be remembered. */
  async function lookUp(text: string): Promise<Known | null> {
    if (!parseToken(text)) return null;
    const name = tokenHash(keys, text);
    const [doc] = await store.list('tokenIndex', [name], { limit: 1 });
    // Under the name that was asked for, whatever name the store answered with.
    const index = doc && (await vault.one(tokenIndexDocument, [name, doc.key[1] ?? '']));
    if (!index || index.deleted) return null;
    const found: Known = { team: index.key[1] ?? '', token: index.fields.token, last: null };
    known.set(text, found);
    return found;
  }

  /** Who a token stands for as of a view; looked up anew whenever the team has changed. */
  async function principalOf(found: Known, view: View): Promise<Principal | null> {
    if (found.last?.seq === view.seq) return found.last.principal;
    const principal = await principalIn(view, found.token, roles);
    if (!principal) return null;
    found.last = { seq: view.seq, principal, stamp: stampOf(principal, view.seq) };
    return principal;
  }

  return { known, lookUp, principalOf };
}

interface Looking {
  readonly vault: Vault;
  readonly roles: Roles;
  readonly hasExpired: HasExpired;
}

/** What a session can learn of its caller later. */
export const renewing = ({ vault, roles, hasExpired }: Looking): Standing => ({
  isExpired: hasExpired,
  renewed: ({ team, id, via }) =>
    retryingStale(async () => {
      const view = await vault.view(team);
      const ofGateway = via && (await principalIn(view, via.id, roles));
      const principal = withGateway(await principalIn(view, id, roles), ofGateway);
      if (!principal || hasExpired(principal)) throw unauthenticated();
      return principal;
    }),
});

/**
 * Who each token stands for as of a view; null: it is revoked or has expired, its role is gone, or so is its workload, which
 * is looked at in these projects.
 */
export function standingOfTokens({ named, builtIn }: Roles, hasExpired: HasExpired) {
  return async (view: View, projects: Iterable<string>): Promise<StandingNow> => {
    const [tokens, roles] = [await view.set(tokenDocument), await view.set(roleDocument)];
    const effective = await named.effectiveIn(view);
    const registered = await named.registrations(view, projects);
    const present = (token: string): Principal | null => {
      const stored = tokens.damaged.has(token) ? null : tokens.get(token);
      const isLive =
        stored && !stored.deleted && registered(stored.fields.workload) && !roles.damaged.has(stored.fields.role);
      const role = isLive ? roleAmong(roles, stored.fields.role, effective, builtIn) : null;
      const principal = stored && role && principalFrom(view.team, stored, role);
      return principal && !hasExpired(principal) ? principal : null;
    };
    return {
      of: ({ id, via }) => withGateway(present(id), via && present(via.id)),
      rolesNaming: (some) => roles.live.filter(({ fields }) => isNamed(fields, some)).map(({ key }) => idOf(key)),
      isDamaged: tokens.damaged.size > 0 || roles.damaged.size > 0,
    };
  };
}
