import type { Clock } from '../kernel/clock.ts';
import { conflict, isAppError, remains } from '../kernel/errors.ts';
import type { Keys } from '../keys/keys.ts';
import type { Store, TeamId } from '../store/port.ts';
import { changesOf } from '../vault/change.ts';
import type { Vault } from '../vault/port.ts';
import { ownAuthor } from '../vault/writer.ts';
import { teamDocument, tokenDocument } from './model.ts';
import { FOUNDER, newCredential, tokenChanges } from './tokens.ts';

/** How the first owner gets the token. */
export interface Founding {
  /** Milliseconds until the token ends; null: never. */
  readonly lifetimeMs: number | null;
  hand(text: string): Promise<void>;
  takeBack(): Promise<void>;
}
const UNSEEN: Founding = { lifetimeMs: null, hand: async () => {}, takeBack: async () => {} };

export interface BootstrapDeps {
  readonly store: Pick<Store, 'head' | 'holds'>;
  readonly vault: Vault;
  readonly keys: Keys;
  readonly clock: Clock;
}

export function createBootstrap({ store, vault, keys, clock }: BootstrapDeps) {
  const isThere = async (team: TeamId): Promise<boolean> =>
    (await (await vault.view(team)).set(teamDocument)).get('team') !== null;

  const wasFounded = async (team: TeamId, token: string): Promise<boolean> =>
    (await (await vault.view(team)).set(tokenDocument)).get(token) !== null;

  /**
   * Makes the team with its data key and the owner's token, once; null when the team is there already. The text is handed over
   * before anything is written, and taken back when nothing was. INTEGRITY where something is left of an older team.
   */
  return async function bootstrap(team: TeamId, handover: Founding = UNSEEN): Promise<string | null> {
    // Another process may found it while this one looks.
    const isGone = (await store.head([team])) === null;
    if (await store.holds([team])) {
      if (!isGone && (await vault.view(team)).seq > 0 && (await isThere(team))) return null;
      throw remains(`the team ${team}`);
    }
    // Nothing is left of one that was erased, but the root knows that there was one.
    await vault.view(team).catch((error: unknown) => {
      throw isAppError(error) && error.code === 'INTEGRITY' ? remains(`the team ${team}`) : error;
    });
    const now = clock();
    const at = now.toISOString();
    const { lifetimeMs } = handover;
    const expiresAt = lifetimeMs === null ? null : new Date(now.getTime() + lifetimeMs).toISOString();
    const owner = { name: 'owner', kind: 'user', role: 'owner', workload: null, expiresAt } as const;
    const credential = newCredential(owner.kind);
    const fields = { ...owner, createdAt: at, createdBy: FOUNDER };
    await handover.hand(credential.text);
    try {
      await vault.writer.run(ownAuthor(vault, team, FOUNDER), {
        operation: 'team.create',
        subject: [team, 'team'],
        find: async (found) => (await found.set(teamDocument)).get('team'),
        decide(taken) {
          if (taken) throw conflict('TAKEN', 'The team is there already');
          return {
            changes: [
              { op: 'raw', write: keys.newDataKey(team, null).write },
              changesOf(teamDocument).create([team, 'team'], { name: team, createdAt: at }, null),
              ...tokenChanges(keys, team, fields, credential),
            ],
          };
        },
      });
    } catch (error) {
      // Nobody knows whether it was written: a look tells.
      const isOurs = await wasFounded(team, credential.id).catch(() => true);
      if (isOurs) throw error;
      await handover.takeBack();
      if ((await vault.view(team)).seq > 0) return null;
      throw error;
    }
    return credential.text;
  };
}
