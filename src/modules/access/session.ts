import { isAppError } from '../../kernel/errors.ts';
import type { Commit, Key, Seq } from '../../store/port.ts';
import { retryingStale } from '../../vault/sets.ts';
import type { Change, Vault, View } from '../../vault/vault.ts';
import type { Principal } from './model.ts';

/** One caller at work: who, and the state of the team that the work sees. Lives as long as one request or one event. */
export interface Session {
  readonly principal: Principal;
  /** Who acts, and the last commit that reads will see: while both stay, so does every answer. */
  readonly stamp: string;
  /** The last commit that the first reads see. */
  readonly seq: Seq;
  /** Reads within one request share a view, and so one state of the team; after a commit they share a newer one. */
  read<T>(use: (view: View) => Promise<T>): Promise<T>;
  commit(operation: string, changes: readonly Change[]): Promise<Commit>;
  /** Read, decide, commit on one document: one at a time in this process, and again when another writer was faster. */
  write<T>(key: Key, attempt: () => Promise<T>): Promise<T>;
}

const ATTEMPTS = 20;

/** Conflicts that the store found, of all sessions. */
const raced = new WeakSet<Error>();

/** `first`: the view that the principal was found in. */
export function createSession(vault: Vault, principal: Principal, first: View): Session {
  let current: Promise<View> | View | null = first;
  return {
    principal,
    stamp: `${principal.team} ${principal.id} ${first.seq}`,
    seq: first.seq,
    read: (use) =>
      retryingStale(async () => {
        current ??= vault.view(principal.team);
        const mine = current;
        try {
          return await use(await mine);
        } catch (error) {
          if (current === mine) current = null;
          throw error;
        }
      }),
    async commit(operation, changes) {
      try {
        return await vault.commit({ team: principal.team, actor: principal.id, operation, changes });
      } catch (error) {
        if (isAppError(error) && error.code === 'CONFLICT') raced.add(error);
        throw error;
      } finally {
        current = null;
      }
    },
    write: (key, attempt) =>
      vault.exclusive(key, async () => {
        for (let i = 1; ; i += 1) {
          try {
            return await attempt();
          } catch (error) {
            // A conflict that the decision itself found is final; one that the store found means: decide again.
            if (!(error instanceof Error && raced.has(error)) || i === ATTEMPTS) throw error;
          }
        }
      }),
  };
}
