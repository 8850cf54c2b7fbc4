import { LRUCache } from 'lru-cache';
import { parseToken } from '../crypto/tokens.ts';
import type { Clock } from '../kernel/clock.ts';
import { unauthenticated } from '../kernel/errors.ts';
import { createExpiryClock, type ExpiryClock } from '../kernel/expiry-clock.ts';
import type { Limits } from '../kernel/limits.ts';
import type { Budget, WorkTerms } from '../kernel/work.ts';
import type { Keys } from '../keys/keys.ts';
import type { Seq, Store, TeamId } from '../store/port.ts';
import { idOf, type Stored } from '../vault/document.ts';
import type { Vault } from '../vault/port.ts';
import type { View } from '../vault/reading.ts';
import { retryingStale } from '../vault/sets.ts';
import { createBootstrap } from './founding.ts';
import { createSignatures } from './gateway-signatures.ts';
import { createGateways } from './gateways.ts';
import { type Roles, roleAmong, roleOf } from './lookup.ts';
import {
  type Principal,
  type Role,
  roleDocument,
  type TokenFields,
  tokenDocument,
  tokenIndexDocument,
} from './model.ts';
import { createRoles } from './roles.ts';
import { createSession, type Session } from './session.ts';
import type { Standing } from './standing.ts';
import { createTokens, tokenHash } from './tokens.ts';

export interface AccessDeps extends Roles {
  readonly store: Store;
  readonly vault: Vault;
  readonly keys: Keys;
  readonly clock: Clock;
  /** By which expiry is judged. */
  readonly expiry?: ExpiryClock;
  readonly limits: Limits;
  /** The token of the founder has ended, because there is another administrator. */
  readonly founderEnded?: () => void;
}

/** What is known of a token that was seen. */
interface Known {
  readonly team: TeamId;
  readonly token: string;
  /** Who it stood for, as of a commit. */
  last: { readonly seq: Seq; readonly principal: Principal } | null;
}

/** Who somebody is now; null: nobody any more. */
export type StandingOf = (principal: Pick<Principal, 'id' | 'via'>) => Principal | null;

export type AccessService = ReturnType<typeof createAccess>;

function principalFrom(team: TeamId, { key, fields, revision }: Stored<TokenFields, null>, role: Role): Principal {
  const { name, kind, workload, expiresAt, networks, signed } = fields;
  const ofGateway = { ...(networks ? { networks } : {}), ...(signed ? { signed } : {}) };
  return { id: idOf(key), name, kind, team, role, workload, expiresAt, revision, ...ofGateway };
}

/** A user with the gateway that forwards what they ask, as both are now; null: one of them is nobody any more. */
const withGateway = (user: Principal | null, via: Principal | null | undefined): Principal | null =>
  via === undefined ? user : user && via && { ...user, via };

/** A gateway's token is good beside the token of a user, and for nothing else. */
const isOfGateway = (text: string): boolean => text.startsWith('klm_g_');

/** Who a token stands for as of a view; null: nobody. */
async function principalIn(view: View, token: string, roles: Roles): Promise<Principal | null> {
  const stored = (await view.set(tokenDocument)).get(token);
  const role = stored && !stored.deleted ? await roleOf(view, stored.fields.role, roles) : null;
  if (!stored || !role) return null;
  const { workload } = stored.fields;
  const isRegistered = workload === null || (await roles.named.registrations(view, [workload.project]))(workload);
  return isRegistered ? principalFrom(view.team, stored, role) : null;
}

/** Work of one request by kind of token. */
const budgetsOf = (limits: Limits): { readonly dependent: Budget; readonly other: Budget } => ({
  dependent: {
    documents: limits.workDocumentsDependent,
    bytes: limits.workBytesDependent,
    resolutions: limits.workResolutionsDependent,
    templateSteps: limits.workTemplateStepsDependent,
  },
  other: {
    documents: limits.workDocuments,
    bytes: limits.workBytes,
    resolutions: limits.workResolutions,
    templateSteps: limits.workTemplateSteps,
  },
});

/** Who may come in, and as what. */
export function createAccess({
  store,
  vault,
  keys,
  clock,
  limits,
  builtIn,
  named,
  expiry = createExpiryClock(clock),
  founderEnded = () => {},
}: AccessDeps) {
  /** By the text of the token, which a busy caller's requests hold in memory at every moment anyway. */
  const known = new LRUCache<string, Known>({ max: 10_000 });

  const roles: Roles = { builtIn, named };
  const budgets = budgetsOf(limits);
  const hasExpired = ({ expiresAt, via }: Pick<Principal, 'expiresAt' | 'via'>): boolean =>
    (expiresAt !== null && new Date(expiresAt) <= expiry.now()) || (via !== undefined && hasExpired(via));

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
    found.last = { seq: view.seq, principal };
    return principal;
  }

  const standingOf: Standing = {
    isExpired: hasExpired,
    renewed: ({ team, id, via }) =>
      retryingStale(async () => {
        const view = await vault.view(team);
        const ofGateway = via && (await principalIn(view, via.id, roles));
        const principal = withGateway(await principalIn(view, id, roles), ofGateway);
        if (!principal || hasExpired(principal)) throw unauthenticated();
        return principal;
      }),
  };

  /** What the work of one request, or of one event of a stream, may come to. */
  const termsFor = ({ kind }: Principal, signal: WorkTerms['signal'] = null): WorkTerms => ({
    budget: kind === 'dependent' ? budgets.dependent : budgets.other,
    unitsPerPause: limits.workUnitsPerPause,
    signal,
  });

  /** A session for a bearer token; every reason to refuse sounds the same. `signal`: aborted when nobody waits for its work. */
  async function authenticate(text: string, signal: WorkTerms['signal'] = null): Promise<Session> {
    const found = isOfGateway(text) ? null : (known.get(text) ?? (await lookUp(text)));
    if (!found) throw unauthenticated();
    const first = await vault.view(found.team);
    const { last } = found;
    // Nearly always nothing has changed since it was last seen: told apart here, in as few steps as can be.
    if (last?.seq === first.seq && !hasExpired(last.principal))
      return createSession(vault, last.principal, first, standingOf, termsFor(last.principal, signal));
    let seen: View | null = first;
    return retryingStale(async () => {
      const view = seen ?? (await vault.view(found.team));
      seen = null;
      const principal = await principalOf(found, view);
      if (!principal || hasExpired(principal)) throw unauthenticated();
      return createSession(vault, principal, view, standingOf, termsFor(principal, signal));
    });
  }

  /**
   * Who each token stands for as of a view; null: it is revoked or has expired, its role is gone, or so is its workload, which
   * is looked at in these projects.
   */
  async function standing(view: View, projects: Iterable<string>): Promise<StandingOf> {
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
    return ({ id, via }) => withGateway(present(id), via && present(via.id));
  }

  /** A session of the gateway itself, for work that nobody asked for just now. `actor` stands in the log, such as `system:gitops`. */
  async function system(team: TeamId, actor: `system:${string}`): Promise<Session> {
    return systemIn(await vault.view(team), actor);
  }

  /** The same on a view that was read. */
  function systemIn(view: View, actor: `system:${string}`): Session {
    const role = builtIn.get('owner');
    if (!role) throw unauthenticated();
    const facts = { kind: 'machine', workload: null, expiresAt: null, revision: null } as const;
    return createSession(vault, { ...facts, id: actor, name: actor, team: view.team, role }, view);
  }

  /** Every team that was made. */
  async function teams(): Promise<readonly TeamId[]> {
    const docs = await store.list('team', [], { limit: 10_000 });
    return docs.flatMap(({ key: [team] }) => team ?? []);
  }

  /** Looks at the newest commit of every team, so that a clock that was set back before the start is noticed. */
  async function lookAtClock(): Promise<void> {
    for (const team of await teams()) {
      const { seq } = await vault.view(team);
      if (seq > 0) await vault.commits(team, seq - 1, 1);
    }
  }

  const gateways = createGateways({
    vault,
    keys,
    signatures: createSignatures(clock, limits),
    known: (text) => known.get(text),
    find: lookUp,
    principalOf,
    hasExpired,
    sessionOf: (principal, view, signal) =>
      createSession(vault, principal, view, standingOf, termsFor(principal, signal)),
  });

  return {
    authenticate,
    ...gateways,
    lookAtClock,
    hasExpired,
    termsFor,
    standing,
    system,
    systemIn,
    teams,
    bootstrap: createBootstrap({ store, vault, keys, clock }),
    ...createTokens({ vault, keys, clock, expiry, limits, ...roles, founderEnded }),
    ...createRoles({ clock, expiry, ...roles }),
  };
}
