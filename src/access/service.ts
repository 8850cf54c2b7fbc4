import type { Clock } from '../kernel/clock.ts';
import { unauthenticated } from '../kernel/errors.ts';
import { createExpiryClock, type ExpiryClock } from '../kernel/expiry-clock.ts';
import type { Limits } from '../kernel/limits.ts';
import type { Budget, WorkTerms } from '../kernel/work.ts';
import type { Keys } from '../keys/keys.ts';
import type { Store, TeamId } from '../store/port.ts';
import type { Vault } from '../vault/port.ts';
import type { View } from '../vault/reading.ts';
import { retryingStale } from '../vault/stale.ts';
import { createBootstrap } from './founding.ts';
import { createSignatures } from './gateway-signatures.ts';
import { createGateways } from './gateways.ts';
import type { Roles } from './lookup.ts';
import type { Principal } from './model.ts';
import { createPrincipals, expiredBy, renewing, type StandingNow, standingOfTokens } from './principals.ts';
import { createRoles } from './roles.ts';
import { createSession, type Session } from './session.ts';
import type { KnownCaller } from './standing.ts';
import { createTokens } from './tokens.ts';

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

export type { StandingNow };
export type AccessService = ReturnType<typeof createAccess>;

/** A gateway's token is good beside the token of a user, and for nothing else. */
const isOfGateway = (text: string): boolean => text.startsWith('klm_g_');

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

/** What the work of one request, or of one event of a stream, may come to. */
function termsBy(limits: Limits) {
  const budgets = budgetsOf(limits);
  return ({ kind }: Principal, signal: WorkTerms['signal'] = null): WorkTerms => ({
    budget: kind === 'dependent' ? budgets.dependent : budgets.other,
    unitsPerPause: limits.workUnitsPerPause,
    signal,
  });
}

/** The gateway itself at work. */
function createSystem({ store, vault, builtIn }: Pick<AccessDeps, 'store' | 'vault' | 'builtIn'>) {
  /** A session of the gateway itself, for work that nobody asked for just now. `actor` stands in the log, such as `system:gitops`. */
  async function system(team: TeamId, actor: `system:${string}`): Promise<Session> {
    return systemIn(await vault.view(team), actor);
  }

  /** The same on a view that was read. */
  function systemIn(view: View, actor: `system:${string}`): Session {
    const role = builtIn.get('owner');
    if (!role) throw unauthenticated();
    const facts = {
      kind: 'machine',
      workload: null,
      expiresAt: null,
      endsAt: Number.POSITIVE_INFINITY,
      revision: null,
    } as const;
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

  return { system, systemIn, teams, lookAtClock };
}

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
  const roles: Roles = { builtIn, named };
  const hasExpired = expiredBy(expiry);
  const { known: tokens, lookUp, principalOf } = createPrincipals({ store, vault, keys, roles });
  const standingOf = renewing({ vault, roles, hasExpired });
  const termsFor = termsBy(limits);

  /** A session for a bearer token; every reason to refuse sounds the same. `signal`: aborted when nobody waits for its work. */
  async function authenticate(text: string, signal: WorkTerms['signal'] = null): Promise<Session> {
    const found = isOfGateway(text) ? null : (tokens.get(text) ?? (await lookUp(text)));
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

  /** The same where nothing has to be read for it: a token that was seen, and no commit since; null: it has to be found out. */
  function known(text: string): KnownCaller | null {
    const last = isOfGateway(text) ? null : tokens.get(text)?.last;
    if (!last || hasExpired(last.principal)) return null;
    return vault.seqNow(last.principal.team) === last.seq ? last : null;
  }

  /** A session of a caller known just now; null: it has to be made the usual way. */
  function sessionNow({ principal, stamp }: KnownCaller): Session | null {
    const view = vault.viewNow(principal.team);
    if (view === null) return null;
    const session = createSession(vault, principal, view, standingOf, termsFor(principal));
    return session.stamp === stamp ? session : null;
  }

  const gateways = createGateways({
    vault,
    keys,
    signatures: createSignatures(clock, limits),
    known: (text) => tokens.get(text),
    find: lookUp,
    principalOf,
    hasExpired,
    sessionOf: (principal, view, signal) =>
      createSession(vault, principal, view, standingOf, termsFor(principal, signal)),
  });

  return {
    authenticate,
    known,
    sessionNow,
    ...gateways,
    hasExpired,
    termsFor,
    standing: standingOfTokens(roles, hasExpired),
    ...createSystem({ store, vault, builtIn }),
    bootstrap: createBootstrap({ store, vault, keys, clock }),
    ...createTokens({ vault, keys, clock, expiry, limits, ...roles, founderEnded }),
    ...createRoles({ clock, expiry, ...roles }),
  };
}
