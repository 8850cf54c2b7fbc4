import { forbidden, invalidInput } from '../../kernel/errors.ts';
import type { Commit } from '../../store/port.ts';
import type { Vault } from '../../vault/vault.ts';
import { can } from '../access/model.ts';
import type { Session } from '../access/session.ts';

export type ChangesService = ReturnType<typeof createChanges>;

export interface CommitPage {
  readonly commits: readonly Commit[];
  readonly hasNextPage: boolean;
}

/** The team's log of commits. */
export function createChanges({ vault }: { readonly vault: Vault }) {
  /** Commits after `seq`, oldest first. */
  async function list(seq: number, limit: number, session: Session): Promise<CommitPage> {
    if (!can(session.principal, 'audit', 'team')) throw forbidden();
    if (seq < 0) throw invalidInput([{ path: ['after'], rule: 'range', message: 'must be at least 0' }]);
    const found = await vault.commits(session.principal.team, seq, limit + 1);
    return { commits: found.slice(0, limit), hasNextPage: found.length > limit };
  }
  return { list };
}
