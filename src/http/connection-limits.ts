import type { Limits } from '../kernel/limits.ts';

/** Connections that stay: how many there may be of strangers and of those whose token is known. */
export interface ConnectionLimits {
  /**
   * A place for a connection that has not signed in yet. When there is none, the oldest stranger of the address, or of all, is
   * evicted for it. Returns an idempotent release function.
   */
  stranger(address: string, evict: () => void): () => void;
  /** A place for a known token. Returns an idempotent release function, or null when the limit is reached. */
  signedIn(caller: Caller): (() => void) | null;
}

/** Whose token it is. */
export interface Caller {
  readonly id: string;
  readonly kind?: string;
}

type Configured = Pick<
  Limits,
  'sockets' | 'socketsPerPrincipal' | 'socketsPerDependent' | 'strangers' | 'strangersPerAddress'
>;

interface Stranger {
  readonly address: string;
  readonly evict: () => void;
}

export function createConnectionLimits(limits: Configured): ConnectionLimits {
  return { stranger: createStrangers(limits), signedIn: createSignedIn(limits) };
}

function createStrangers({ strangers: maxAll, strangersPerAddress }: Configured): ConnectionLimits['stranger'] {
  // Sets keep the order in which their members came: the first is the oldest.
  const all = new Set<Stranger>();
  const byAddress = new Map<string, Set<Stranger>>();

  function remove(stranger: Stranger): void {
    all.delete(stranger);
    const same = byAddress.get(stranger.address);
    same?.delete(stranger);
    if (same?.size === 0) byAddress.delete(stranger.address);
  }

  return (address, evict) => {
    const crowded = (byAddress.get(address)?.size ?? 0) >= strangersPerAddress ? byAddress.get(address) : null;
    const [oldest] = crowded ?? (all.size >= maxAll ? all : []);
    if (oldest) {
      remove(oldest);
      oldest.evict();
    }
    const stranger = { address, evict };
    all.add(stranger);
    const same = byAddress.get(address) ?? new Set();
    byAddress.set(address, same.add(stranger));
    return () => remove(stranger);
  };
}

function createSignedIn(limits: Configured): ConnectionLimits['signedIn'] {
  const taken = new Map<string, number>();
  let all = 0;
  return ({ id, kind }) => {
    const count = taken.get(id) ?? 0;
    const max = kind === 'dependent' ? limits.socketsPerDependent : limits.socketsPerPrincipal;
    if (count >= max || all >= limits.sockets) return null;
    taken.set(id, count + 1);
    all += 1;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      all -= 1;
      const left = (taken.get(id) ?? 1) - 1;
      if (left === 0) taken.delete(id);
      else taken.set(id, left);
    };
  };
}
