import type { Clock } from '../../kernel/clock.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Keys } from '../../keys/keys.ts';
import type { Vault } from '../../vault/port.ts';

/** What the use cases of apps and environments stand on. */
export interface AppsDeps {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly limits: Limits;
}
