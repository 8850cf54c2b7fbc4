import type { Limits } from '../kernel/limits.ts';

/** Connections that stay: how many there may be of one token, from one address and in all. */
export interface Places {
  /** null: there is no place left. Answers how to give it back, once or several times. */
  ofAddress(address: string): (() => void) | null;
  ofPrincipal(id: string): (() => void) | null;
}

type PlaceLimits = Pick<Limits, 'sockets' | 'socketsPerAddress' | 'socketsPerPrincipal'>;

export function createPlaces({ sockets, socketsPerAddress, socketsPerPrincipal }: PlaceLimits): Places {
  let all = 0;
  const take = (taken: Map<string, number>, name: string, most: number, onReturn = (): void => {}) => {
    const count = taken.get(name) ?? 0;
    if (count >= most) return null;
    taken.set(name, count + 1);
    let isBack = false;
    return (): void => {
      if (isBack) return;
      isBack = true;
      const left = (taken.get(name) ?? 1) - 1;
      if (left === 0) taken.delete(name);
      else taken.set(name, left);
      onReturn();
    };
  };
  const addresses = new Map<string, number>();
  const principals = new Map<string, number>();
  return {
    ofAddress(address) {
      if (all >= sockets) return null;
      const back = take(addresses, address, socketsPerAddress, () => {
        all -= 1;
      });
      if (back !== null) all += 1;
      return back;
    },
    ofPrincipal: (id) => take(principals, id, socketsPerPrincipal),
  };
}
