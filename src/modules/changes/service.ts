import { can } from '../../access/model.ts';
import type { AccessService } from '../../access/service.ts';
import type { Session } from '../../access/session.ts';
import type { Services } from '../../graphql/types/services.ts';
import { forbidden, invalidInput } from '../../kernel/errors.ts';
import type { Commit } from '../../store/port.ts';
import type { Stream } from '../../streams/stream.ts';
import type { Vault } from '../../vault/port.ts';
import type { ShownKinds } from '../shown.ts';
import { type CommitsAsk, changesStream, globalsStream } from './commit-stream.ts';
import type { EnvironmentAsk, EnvironmentEvent } from './environment-states.ts';
import { createEnvironmentStreams } from './environment-stream.ts';
import { createKeyChanges } from './key-changes.ts';
import { createVisibility } from './visible.ts';

export type ChangesService = ReturnType<typeof createChanges>;

/** Which commits, by their numbers. */
export interface CommitsPageAsk {
  /** Only commits after this one; null: from the first. */
  readonly after: number | null;
  /** Only commits before this one; null: to the last. */
  readonly before: number | null;
  /** Number of items from the start. */
  readonly first: number;
  /** Number of items from the end; null: from the start. */
  readonly last: number | null;
}

export interface CommitPage {
  readonly commits: readonly Commit[];
  readonly hasPreviousPage: boolean;
  readonly hasNextPage: boolean;
}

export interface ChangesDeps {
  readonly vault: Vault;
  readonly access: Pick<AccessService, 'systemIn'>;
  readonly resolutions: Services['resolutions'];
  readonly kinds: ShownKinds;
}

/** The team's log of commits, and what can be followed in it. */
export function createChanges({ vault, access, resolutions, kinds }: ChangesDeps) {
  const visibility = createVisibility(kinds);
  const environments = createEnvironmentStreams(resolutions);

  /** A page of the log, oldest first. Numbers have no gaps, so that a page is one read of as many commits, in both directions. */
  async function list(ask: CommitsPageAsk, session: Session): Promise<CommitPage> {
    if (!can(session.principal, 'audit', 'team')) throw forbidden();
    const { after, before } = ask;
    const refuse = (name: string, min: number) =>
      invalidInput([{ path: [name], rule: 'range', message: `must be at least ${min}` }]);
    if (after !== null && after < 0) throw refuse('after', 0);
    if (before !== null && before < 1) throw refuse('before', 1);
    const head = await session.read(async (view) => view.seq);
    const { from, to } = rangeOf(ask, head);
    const commits = to < from ? [] : await vault.commits(session.principal.team, from - 1, to - from + 1);
    return { commits, hasPreviousPage: from > 1 && head > 0, hasNextPage: to < head };
  }

  /** What a workload gets, followed. */
  async function environment(ask: EnvironmentAsk, session: Session): Promise<Stream<EnvironmentEvent>> {
    const system = await session.read(async (view) => access.systemIn(view, 'system:streams'));
    return environments.open(ask, session, system);
  }

  return {
    list,
    commits: (ask: CommitsAsk, session: Session) => changesStream(visibility, ask, session),
    globals: (slug: string | null) => globalsStream(visibility, slug),
    environment,
    keyChanges: createKeyChanges({ vault, kinds, visibility }),
  };
}

/** The numbers of a page, both ends included; of an empty one `to` is the number before `from`. `head`: the last commit. */
function rangeOf({ after, before, first, last }: CommitsPageAsk, head: number) {
  const lowest = Math.min(after ?? 0, head) + 1;
  const highest = Math.max(Math.min((before ?? head + 1) - 1, head), lowest - 1);
  return last === null
    ? { from: lowest, to: Math.min(highest, lowest + first - 1) }
    : { from: Math.max(lowest, highest - last + 1), to: highest };
}
