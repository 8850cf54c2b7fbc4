import { can } from '../../access/model.ts';
import type { AccessService } from '../../access/service.ts';
import type { Session } from '../../access/session.ts';
import { forbidden, invalidInput } from '../../kernel/errors.ts';
import type { Commit } from '../../store/port.ts';
import type { Stream } from '../../streams/stream.ts';
import type { Vault } from '../../vault/vault.ts';
import type { ResolutionsService } from '../resolution/service.ts';
import { changesStream, globalsStream } from './commit-stream.ts';
import { createEnvironmentStreams, type EnvironmentAsk, type EnvironmentEvent } from './environment-stream.ts';
import { createKeyChanges } from './key-changes.ts';

export type ChangesService = ReturnType<typeof createChanges>;

export interface CommitPage {
  readonly commits: readonly Commit[];
  readonly hasNextPage: boolean;
}

export interface ChangesDeps {
  readonly vault: Vault;
  readonly access: Pick<AccessService, 'systemIn'>;
  readonly resolutions: ResolutionsService;
}

/** The team's log of commits, and what can be followed in it. */
export function createChanges({ vault, access, resolutions }: ChangesDeps) {
  const environments = createEnvironmentStreams(resolutions);
  /** Commits after `seq`, oldest first. */
  async function list(seq: number, limit: number, session: Session): Promise<CommitPage> {
    if (!can(session.principal, 'audit', 'team')) throw forbidden();
    if (seq < 0) throw invalidInput([{ path: ['after'], rule: 'range', message: 'must be at least 0' }]);
    const found = await vault.commits(session.principal.team, seq, limit + 1);
    return { commits: found.slice(0, limit), hasNextPage: found.length > limit };
  }
  /** What a workload gets, followed. */
  async function environment(ask: EnvironmentAsk, session: Session): Promise<Stream<EnvironmentEvent>> {
    const system = await session.read(async (view) => access.systemIn(view, 'system:streams'));
    return environments.open(ask, session, system);
  }

  return { list, commits: changesStream, globals: globalsStream, environment, keyChanges: createKeyChanges(vault) };
}
