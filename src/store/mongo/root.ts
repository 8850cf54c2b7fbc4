import type { ClientSession, MongoClient } from 'mongodb';
import type { Log } from '../../kernel/log.ts';
import { fitOf } from '../lineage.ts';
import { nextRoot, requireVouched } from '../next-heads.ts';
import type { Key, Lineage, Mac, TeamId } from '../port.ts';
import { emptyBeside, headWrites, knownOf, loadHeads, take } from './beside.ts';
import { type Collections, TRANSACTION } from './collections.ts';
import { type Patience, retrying } from './retry.ts';

export interface RootKeeperDeps {
  readonly client: MongoClient;
  readonly collections: Pick<Collections, 'heads'>;
  readonly mac: Mac;
  readonly log: Log;
  readonly patience: Patience;
}

/** The root is to be no more than a second behind; half of it is for the transaction. */
const BEHIND_MS = 500;

/**
 * Brings the root up to the heads of teams behind their commits, so that teams do not meet in one document. It never goes back: a
 * team that is older than the root knows is not written, and nothing that was read of it counts.
 */
export function createRootKeeper({ client, collections: { heads }, mac, log, patience }: RootKeeperDeps) {
  const due = new Set<TeamId>();
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();
  let session: ClientSession | null = null;

  async function write(within: ClientSession, teams: readonly TeamId[]): Promise<void> {
    within.startTransaction(TRANSACTION);
    try {
      const beside = emptyBeside();
      const scopes = teams.map((team): Key => [team]);
      await loadHeads(heads, within, scopes, beside);
      const known = { ...knownOf(beside), rootLags: true };
      requireVouched(mac, known, scopes);
      const changed = emptyBeside();
      take(
        changed,
        asPlan(
          nextRoot(
            mac,
            known,
            scopes.flatMap((scope) => known.head(scope) ?? []),
          ),
        ),
      );
      await heads.bulkWrite(headWrites(changed), { session: within });
      await within.commitTransaction();
    } catch (error) {
      await within.abortTransaction().catch(() => {});
      throw error;
    }
  }

  async function catchUp(): Promise<void> {
    const teams = [...due];
    due.clear();
    if (teams.length === 0) return;
    session ??= client.startSession({ causalConsistency: false });
    const within = session;
    try {
      await retrying(() => write(within, teams), patience);
    } catch {
      // The next commit or read that finds it behind brings it here again.
      log.error('store_root_behind', { teams: teams.length });
    }
  }

  function moved(team: TeamId): void {
    due.add(team);
    timer ??= setTimeout(() => {
      timer = null;
      running = running.then(catchUp);
    }, BEHIND_MS);
  }

  return {
    /** A team has a newer head than the root knows. */
    moved,
    /** The same, if what was read says so. */
    saw({ levels: [root, team] }: Lineage): void {
      if (!root || !team || team.head === null) return;
      if (fitOf(root.head, root.way, team.scope, team.head) === 'behind') moved(team.scope[0] ?? '');
    },
    async close(): Promise<void> {
      if (timer) clearTimeout(timer);
      timer = null;
      running = running.then(catchUp);
      await running;
      await session?.endSession();
    },
  };
}

const asPlan = ({ head, nodes }: ReturnType<typeof nextRoot>) => ({ heads: [head], nodes, states: [] });
