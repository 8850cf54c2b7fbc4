import { unavailable } from '../kernel/errors.ts';
import type { Mac } from '../store/port.ts';

export interface MacHolder {
  /** For the store. Refuses until `set` was called. */
  readonly mac: Mac;
  readonly set: (mac: Mac) => void;
}

/** Breaks a circle: the store wants a MAC when it is opened, and the key of that MAC lies in the store. */
export function createMacHolder(): MacHolder {
  let held: Mac | null = null;
  const mac = (bytes: Uint8Array): Uint8Array => {
    if (held === null) throw unavailable('The keys are not loaded yet');
    return held(bytes);
  };
  return {
    mac: Object.defineProperty(mac, 'behind', { get: () => held }),
    set: (next) => {
      held = next;
    },
  };
}
