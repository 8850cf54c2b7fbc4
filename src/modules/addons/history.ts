import type { Session } from '../../access/session.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Vault } from '../../vault/port.ts';
import { pageBelow } from '../../vault/reading.ts';
import { createRetention } from '../../vault/retention.ts';
import { type AddonKind, documentOf, OPERATION, type StoredAddon } from './model.ts';
import { mayOnAddon } from './rights.ts';

export interface HistoryDeps {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly limits: Limits;
}

export type AddonHistory = ReturnType<typeof createAddonHistory>;

/** The revisions of an addon that are still kept. */
export function createAddonHistory({ vault, clock, limits }: HistoryDeps) {
  const retention = createRetention({ vault, clock, limits });

  /** Below a revision, or from the present one on, newest first. */
  async function revisions(
    { kind, key }: StoredAddon,
    below: number | null,
    limit: number,
    session: Session,
  ): Promise<readonly StoredAddon[]> {
    const mayRead = (): boolean => mayOnAddon(session, 'read', key[1] ?? '');
    const reading = { work: session.work, mayRead };
    const page = await vault.revisions(documentOf(kind), key, pageBelow(below, limit), reading);
    return page.map((stored) => ({ ...stored, kind }));
  }

  const keepingOf = (kind: AddonKind) =>
    retention.keeping(documentOf(kind), `${OPERATION[kind]}.prune`, ({ fields }) => fields.updatedAt);
  const keeping = { addon: keepingOf('addon'), 'external-addon': keepingOf('external-addon') };

  return { revisions, keeping };
}
