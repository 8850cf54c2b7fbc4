import type { Clock } from '../kernel/clock.ts';
import { createExpiryClock, type ExpiryClock } from '../kernel/expiry-clock.ts';
import type { Log } from '../kernel/log.ts';
import type { PageRequest } from '../kernel/page.ts';
import { createWork, OWN_WORK } from '../kernel/work.ts';
import type { Keys } from '../keys/keys.ts';
import { FIRST_CHAIN, verifyCommits } from '../store/chain.ts';
import type { Commit, Fields, Head, Key, Seq, Store, TeamId } from '../store/port.ts';
import { createCommits } from './commits.ts';
import { type DocumentType, idOf, placeOf, type Stored } from './document.ts';
import { createExclusive } from './exclusive.ts';
import { createLog } from './log.ts';
import { createPast } from './past.ts';
import type { Vault } from './port.ts';
import type { View } from './reading.ts';
import { createSets } from './sets.ts';
import { retryingStale } from './stale.ts';
import { viewAt } from './view.ts';
import { createWriter } from './writer.ts';

export interface VaultDeps {
  readonly store: Store;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly log: Log;
  readonly cacheBytes: number;
  /** Is told the time of every commit that is seen. */
  readonly expiry?: ExpiryClock;
}

const seqIn = (head: Head | null | undefined): Seq | null => (head === undefined ? null : (head?.seq ?? 0));

export function createVault({
  store,
  keys,
  clock,
  log,
  cacheBytes,
  expiry = createExpiryClock(clock),
}: VaultDeps): Vault {
  const ownWork = createWork(OWN_WORK);
  const sets = createSets({ store, keys, log, cacheBytes, work: ownWork, saw: ({ at }) => expiry.saw(at) });
  const commitsAfter = createLog({ store, keys, headOf: sets.verifiedHead });

  /** Documents outside any set, each as it was written: its plain fields count before its body is opened. */
  const past = createPast({ store, keys, log, inSet });

  async function view(team: TeamId): Promise<View> {
    const head = await sets.verifiedHead([team]);
    return viewAt(team, head, sets, ownWork);
  }

  /** The document as its set has it, whatever the store has in its place. */
  function inSet<F extends Fields, B>(type: DocumentType<F, B>, key: Key): Promise<Stored<F, B> | null> {
    const { team, project } = placeOf(type.kind, key);
    return retryingStale(async () => {
      const set = await (await view(team)).set(type, project ?? undefined);
      return set.get(idOf(key));
    });
  }

  async function* verified(team: TeamId, seq: Seq, signal: AbortSignal): AsyncGenerator<Commit> {
    const [before] = seq > 0 ? await store.commitsAfter(team, seq - 1, 1) : [];
    let chain = before?.mac ?? FIRST_CHAIN;
    for await (const commit of store.watch(team, seq, signal)) {
      verifyCommits(keys.mac('log'), chain, [commit]);
      chain = commit.mac;
      expiry.saw(commit.at);
      yield commit;
    }
  }

  const vault: Omit<Vault, 'writer'> = {
    view,
    seqNow: (team) => seqIn(sets.verifiedHead.now(team)),
    viewNow(team) {
      const head = sets.verifiedHead.now(team);
      return head === undefined ? null : viewAt(team, head, sets, ownWork);
    },
    commit: createCommits({ store, keys, clock, expiry, hand: sets.hand }),
    async one(type, key) {
      const doc = await store.get(type.kind, key);
      return doc && past.stored(type, key, doc);
    },
    async page<F extends Fields, B>(type: DocumentType<F, B>, team: TeamId, page: PageRequest) {
      const docs = await store.list(type.kind, [team], page);
      return Promise.all(
        docs.map(async (doc) => {
          const { key, revision, fields } = await past.genuine(type.kind, [team, ...doc.key.slice(1)], doc);
          return { key, revision, fields: fields as F };
        }),
      );
    },
    async bytes(kind, key, work) {
      const doc = await store.get(kind, key);
      if (!doc) return null;
      await work.spend({ documents: 1, bytes: doc.body.length });
      return (await past.opener(await past.genuine(kind, key, doc)))();
    },
    revisions: past.revisions,
    asOf: past.asOf,
    async commits(team, seq, limit) {
      const commits = await commitsAfter(team, seq, limit);
      for (const { at } of commits) expiry.saw(at);
      return commits;
    },
    watch: (team, seq, signal) => verified(team, seq, signal),
    exclusive: createExclusive(),
  };
  return { ...vault, writer: createWriter({ vault, keys, clock }) };
}
