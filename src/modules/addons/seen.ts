import type { AddonValue } from '../../domain/types.ts';
import type { Keys } from '../../keys/keys.ts';
import type { StoredAddon } from './model.ts';

export type SeenDigest = (addon: Pick<StoredAddon, 'key'>, values: ReadonlyMap<string, AddonValue>) => string;

/** Keyed hash of the values that an external addon was seen to have: the same in every process of the gateway. */
export const createSeenDigest =
  (keys: Keys): SeenDigest =>
  ({ key }, values) => {
    const seen = [...values].map(([name, value]) => [name, value.ok ? value.value : null]).sort();
    const bytes = Buffer.from(JSON.stringify(['values of an addon', ...key, seen]));
    return keys.mac('digest').asText(bytes);
  };
