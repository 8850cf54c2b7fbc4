import { unauthenticated } from '../kernel/errors.ts';
import type { WorkTerms } from '../kernel/work.ts';
import type { Keys } from '../keys/keys.ts';
import type { Seq, TeamId } from '../store/port.ts';
import type { Vault } from '../vault/port.ts';
import type { View } from '../vault/reading.ts';
import { retryingStale } from '../vault/stale.ts';
import type { Signable, Signatures } from './gateway-signatures.ts';
import type { Principal } from './model.ts';
import { isWithin } from './networks.ts';
import type { Session } from './session.ts';
import { type KnownCaller, stampOf } from './standing.ts';

/** The two credentials of a request that a federation gateway forwards, and where it came from. */
export interface Forwarded {
  /** The gateway's own token. */
  readonly gateway: string;
  /** The token of the user for whom it asks; null: it asks for itself. */
  readonly user: string | null;
  readonly address: string;
}

/** A request that was let in. */
export interface Admitted {
  readonly session: Session;
  /** UNAUTHENTICATED unless the request is signed; null: it need not be. */
  readonly checkSignature: ((header: string | undefined, signable: Signable) => void) | null;
}

/** What signs the requests of a gateway: known to it since its token was made, and to nobody from the store alone. */
export const signingSecret = (keys: Keys, team: TeamId, token: string): string =>
  `klmsig_${keys.mac('gateway').asText(JSON.stringify([team, token]))}`;

/** What is remembered of a token that was seen. */
interface Remembered {
  readonly team: TeamId;
  /** Who it stood for, as of a commit. */
  readonly last: { readonly seq: Seq; readonly principal: Principal } | null;
}

interface Deps<Known> {
  readonly vault: Pick<Vault, 'view' | 'seqNow'>;
  readonly keys: Keys;
  readonly signatures: Signatures;
  /** Of a token that was seen before; absent: it was not. */
  readonly known: (text: string) => Known | undefined;
  /** null: no such token. */
  readonly find: (text: string) => Promise<Known | null>;
  readonly principalOf: (found: Known, view: View) => Promise<Principal | null>;
  readonly hasExpired: (principal: Principal) => boolean;
  readonly sessionOf: (principal: Principal, view: View, signal: WorkTerms['signal']) => Session;
}

/** Lets federation gateways in: with their own token, and with the user's for everything but the subgraph's schema. */
export function createGateways<Known extends Remembered>(deps: Deps<Known>) {
  const { vault, keys, signatures, known, find, principalOf, hasExpired, sessionOf } = deps;
  const joined = new WeakMap<Principal, { readonly via: Principal; readonly both: Principal }>();

  /** The user as forwarded by a gateway: the same object while neither has changed. */
  function forwardedBy(user: Principal, via: Principal): Principal {
    const last = joined.get(user);
    if (last?.via === via) return last.both;
    const both = { ...user, via };
    joined.set(user, { via, both });
    return both;
  }

  async function present(found: Known, view: View): Promise<Principal> {
    const principal = found.last?.seq === view.seq ? found.last.principal : await principalOf(found, view);
    if (!principal || hasExpired(principal)) throw unauthenticated();
    return principal;
  }

  function admit(via: Principal, user: Principal | null, address: string, sessionFor: (who: Principal) => Session) {
    if (!isLetIn(via, user, address)) throw unauthenticated(BOTH);
    const session = sessionFor(user ? forwardedBy(user, via) : via);
    if (!via.signed) return { session, checkSignature: null };
    const secret = signingSecret(keys, via.team, via.id);
    const checkSignature: Admitted['checkSignature'] = (header, signable) => signatures.check(secret, header, signable);
    return { session, checkSignature };
  }

  /** Every reason to refuse sounds the same. */
  async function forward({ gateway, user, address }: Forwarded, signal: WorkTerms['signal'] = null): Promise<Admitted> {
    const ofGateway = known(gateway) ?? (await find(gateway));
    const ofUser = user === null ? null : (known(user) ?? (await find(user)));
    if (!ofGateway || (user !== null && ofUser?.team !== ofGateway.team)) throw unauthenticated(BOTH);
    let seen: View | null = await vault.view(ofGateway.team);
    return retryingStale(async () => {
      const view = seen ?? (await vault.view(ofGateway.team));
      seen = null;
      const via = await present(ofGateway, view);
      const asker = ofUser && (await present(ofUser, view));
      return admit(via, asker, address, (who) => sessionOf(who, view, signal));
    });
  }

  /** Whoever the token stood for at this commit, if nothing has to be read to know that. */
  function seenAt(found: Known | undefined, seq: Seq | null): Principal | null {
    const last = found?.last;
    return last && last.seq === seq && !hasExpired(last.principal) ? last.principal : null;
  }

  /** The same where nothing has to be read for it and nothing is signed; null: it has to be found out. */
  function forwarded({ gateway, user, address }: Forwarded): KnownCaller | null {
    const [ofGateway, ofUser] = [known(gateway), user === null ? undefined : known(user)];
    if (!ofGateway || (user !== null && ofUser?.team !== ofGateway.team)) return null;
    const seq = vault.seqNow(ofGateway.team);
    const [via, asker] = [seenAt(ofGateway, seq), seenAt(ofUser, seq)];
    if (seq === null || !via || via.signed || (user !== null && !asker) || !isLetIn(via, asker, address)) return null;
    const principal = asker ? forwardedBy(asker, via) : via;
    return { principal, stamp: stampOf(principal, seq) };
  }

  return { forward, forwarded };
}

/** Whether both may come in from there. */
const isLetIn = (via: Principal, user: Principal | null, address: string): boolean =>
  via.kind === 'gateway' && (via.networks === undefined || isWithin(address, via.networks)) && user?.kind !== 'gateway';

const BOTH = 'A valid token of the gateway and of its user is required';
