import { envelopeKeyId } from '../crypto/envelope.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, integrity } from '../kernel/errors.ts';
import { createExpiryClock, type ExpiryClock } from '../kernel/expiry-clock.ts';
import type { Log } from '../kernel/log.ts';
import type { PageRequest } from '../kernel/page.ts';
import { createWork, HIDDEN_BYTES, OWN_WORK } from '../kernel/work.ts';
import type { Keys } from '../keys/keys.ts';
import { FIRST_CHAIN, sameBytes, verifyCommits } from '../store/chain.ts';
import type { Commit, Doc, Fields, Key, Kind, RevisionsPage, Seq, Store, TeamId } from '../store/port.ts';
import { createCommits } from './commits.ts';
import { type DocumentType, placeOf } from './document.ts';
import { createExclusive } from './exclusive.ts';
import { createLog } from './log.ts';
import type { Vault } from './port.ts';
import type { Reading, View } from './reading.ts';
import { expectedTag, openBytes, storedFrom } from './seal.ts';
import { createSets } from './sets.ts';
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

  /** What the store answered for this place, if it was written there: its plain fields count before its body is opened. */
  function genuine(kind: Kind, key: Key, doc: Doc): Doc {
    const inPlace = doc.kind === kind && doc.key.length === key.length && key.every((part, i) => doc.key[i] === part);
    if (inPlace && sameBytes(expectedTag(keys, doc), doc.tag)) return doc;
    log.error('integrity_failure', { kind, document: key.join('/') });
    throw integrity(`a document of kind ${kind}`);
  }

  async function opener(doc: Doc): Promise<() => Uint8Array> {
    const { team, project } = placeOf(doc.kind, doc.key);
    const keyFor = await keys.openingKeys(team, project, [envelopeKeyId(doc.body)]);
    return () => openBytes(keys, keyFor, doc);
  }

  async function view(team: TeamId): Promise<View> {
    const head = await sets.verifiedHead([team]);
    return viewAt(team, head, sets, ownWork);
  }

  async function revisions<F extends Fields, B>(
    type: DocumentType<F, B>,
    key: Key,
    page: RevisionsPage,
    { work, mayRead }: Reading<F>,
  ) {
    const docs = await store.revisions(type.kind, key, page);
    for (const doc of docs) {
      await work.spend({ documents: 1, bytes: mayRead(doc.fields as F) ? doc.body.length : HIDDEN_BYTES });
      genuine(type.kind, key, doc);
    }
    const isWhole = docs.every((doc, i) => i === 0 || doc.revision + 1 === docs[i - 1]?.revision);
    if (!isWhole) throw integrity(`the revisions of ${type.kind} ${key.join('/')}`);
    return Promise.all(docs.map(async (doc) => storedFrom(type, doc, await opener(doc))));
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
    commit: createCommits({ store, keys, clock, expiry }),
    async one(type, key) {
      const doc = await store.get(type.kind, key);
      return doc && storedFrom(type, genuine(type.kind, key, doc), await opener(doc));
    },
    async page<F extends Fields, B>(type: DocumentType<F, B>, team: TeamId, page: PageRequest) {
      const docs = await store.list(type.kind, [team], page);
      return docs.map((doc) => {
        const { key, revision, fields } = genuine(type.kind, [team, ...doc.key.slice(1)], doc);
        return { key, revision, fields: fields as F };
      });
    },
    async bytes(kind, key, work) {
      const doc = await store.get(kind, key);
      if (!doc) return null;
      await work.spend({ documents: 1, bytes: doc.body.length });
      return (await opener(genuine(kind, key, doc)))();
    },
    revisions,
    async commits(team, seq, limit) {
      const commits = await commitsAfter(team, seq, limit);
      for (const { at } of commits) expiry.saw(at);
      return commits;
    },
    watch: (team, seq, signal) => verified(team, seq, signal),
    async asOf(type, stored, seq, reading) {
      if (stored.seq <= seq) return stored.deleted ? null : stored;
      const docs = await revisions(type, stored.key, { asOf: seq, limit: 2 }, reading);
      const [next, found] = docs;
      // The one that followed proves that nothing between was left out.
      const isProven = next !== undefined && next.seq > seq && next.revision <= stored.revision;
      if (!isProven || (found !== undefined && found.seq > seq)) throw integrity(`the revisions of ${type.kind}`);
      if (found) return found.deleted ? null : found;
      if (next.revision === 1) return null;
      throw new AppError('HISTORY_EXPIRED', 'History does not reach back that far');
    },
    exclusive: createExclusive(),
  };
  return { ...vault, writer: createWriter({ vault, keys, clock }) };
}
