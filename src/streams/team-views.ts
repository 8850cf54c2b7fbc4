import type { Principal } from '../access/model.ts';
import type { AccessService, StandingNow } from '../access/service.ts';
import { createSession } from '../access/session.ts';
import { AppError } from '../kernel/errors.ts';
import type { Seq, TeamId } from '../store/port.ts';
import type { Vault } from '../vault/port.ts';
import type { View } from '../vault/reading.ts';
import { retryingStale } from '../vault/stale.ts';
import type { Sessions } from './deliveries.ts';
import { rightsOf } from './rights.ts';

interface Deps {
  readonly vault: Vault;
  readonly access: Pick<AccessService, 'standing' | 'systemIn' | 'termsFor'>;
}

/** States of one team, read once for all who ask about the same commit. */
export function createTeamViews(team: TeamId, { vault, access }: Deps) {
  let latest: Promise<View> | null = null;
  /** As soon as it is there. */
  let read: View | null = null;

  async function viewAt(seq: Seq): Promise<View> {
    const known = await latest?.catch(() => null);
    if (known && known.seq >= seq) return known;
    latest = vault.view(team);
    const view = await latest;
    if (read === null || view.seq > read.seq) read = view;
    if (view.seq < seq) throw new AppError('UNAVAILABLE', 'The state of the team lags behind its log');
    return view;
  }

  return {
    viewNow: (seq: Seq): View | null => (read !== null && read.seq >= seq ? read : null),
    standingAt: (seq: Seq, projects: Iterable<string>): Promise<StandingNow> =>
      retryingStale(async () => {
        try {
          return await access.standing(await viewAt(seq), projects);
        } catch (error) {
          latest = null;
          read = null;
          throw error;
        }
      }),
    async sessions(principal: Principal, seq: Seq): Promise<Sessions> {
      const view = await viewAt(seq);
      return {
        viewer: createSession(vault, principal, view, undefined, access.termsFor(principal)),
        system: access.systemIn(view, 'system:streams'),
        stamp: `${team} ${rightsOf(principal)} ${view.seq}`,
      };
    },
  };
}
