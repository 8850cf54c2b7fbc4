import { envelopeKeyId } from '../crypto/envelope.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, integrity } from '../kernel/errors.ts';
import { createExpiryClock, type ExpiryClock } from '../kernel/expiry-clock.ts';
import type { Log } from '../kernel/log.ts';
import type { PageRequest } from '../kernel/page.ts';
import { createWork, HIDDEN_BYTES, OWN_WORK, type Work } from '../kernel/work.ts';
import type { Keys } from '../keys/keys.ts';
import { FIRST_CHAIN, sameBytes, verifyCommits } from '../store/chain.ts';
import type { Commit, Doc, Fields, Key, Kind, RevisionsPage, Seq, Store, TeamId, Write } from '../store/port.ts';
import { createCommits } from './commits.ts';
import { type DocumentType, placeOf, type Stored } from './document.ts';
import type { DocumentSet } from './document-set.ts';
import { createExclusive } from './exclusive.ts';
import { createLog } from './log.ts';
import { encodeBody, expectedTag, openBytes, storedFrom } from './seal.ts';
import { createSets } from './sets.ts';
import { viewAt } from './view.ts';
import { createWriter, type Plan, type Writer } from './writer.ts';

/** A team as of one commit. */
export interface View {
  readonly team: TeamId;
  readonly seq: Seq;
  /** Whose work reads of the past are; sets are read for everybody. */
  readonly work: Work;
  /** The same state, read as somebody else's work. */
  by(work: Work): View;
  /** All documents of a kind: of the team, or of one project. */
  set<F extends Fields, B>(type: DocumentType<F, B>, project?: string): Promise<DocumentSet<F, B>>;
  /** The team as it will be once this is committed as well. History and the bytes of files are as they were. */
  with(plan: Pick<Plan, 'changes'>): View;
}

/** Who reads history, and whether the values in it are theirs to see: others are charged what says nothing of them. */
export interface Reading<F extends Fields> {
  readonly work: Work;
  readonly mayRead: (fields: F) => boolean;
}

/** Reading that counts the same whatever is read, for what is made of values that not everybody may see. */
export const evenReading = (work: Work): Reading<Fields> => ({ work, mayRead: () => false });

/** The gateway's own reading. */
export const ownReading = (): Reading<Fields> => ({ work: createWork(OWN_WORK), mayRead: () => true });

/** A page of revisions below one, or from the present one on. */
export const pageBelow = (below: number | null, limit: number): PageRequest =>
  below === null ? { limit } : { after: [String(below)], limit };

/** A write as use cases say it: in plain fields and bodies. */
export type Change =
  | {
      readonly op: 'put';
      readonly kind: Kind;
      readonly key: Key;
      readonly expected: number | null;
      readonly fields: Fields;
      readonly body: Uint8Array;
      readonly deleted: boolean;
      /** Tag of the revision it replaces. */
      readonly replaces?: Uint8Array;
    }
  | Exclude<Write, { readonly op: 'put' }>
  | { readonly op: 'raw'; readonly write: Write };

/** What one commit is made of. */
export interface CommitRequest {
  readonly team: TeamId;
  readonly actor: string;
  readonly operation: string;
  readonly changes: readonly Change[];
}

/** Documents in, envelopes out: the only way from the services to the store. */
export interface Vault {
  /** Every change of anything. */
  readonly writer: Writer;
  /** The team as of its last commit. One store call. */
  view(team: TeamId): Promise<View>;
  /** Seals and commits, all or nothing. */
  commit(request: CommitRequest): Promise<Commit>;
  /** One document outside any set: only where its id came from an authenticated document or is itself a keyed hash. */
  one<F extends Fields, B>(type: DocumentType<F, B>, key: Key): Promise<Stored<F, B> | null>;
  /**
   * A page of the team's own documents of a kind, each as it was written; nobody vouches that none is missing. For work that
   * comes again and that no set is to be kept in memory for.
   */
  page<F extends Fields, B>(
    type: DocumentType<F, B>,
    team: TeamId,
    page: PageRequest,
  ): Promise<readonly Pick<Stored<F, B>, 'key' | 'revision' | 'fields'>[]>;
  /** The sealed bytes of one document as they are. */
  bytes(kind: 'content', key: Key, work: Work): Promise<Uint8Array | null>;
  /** Commits of a team after `seq`, oldest first; INTEGRITY when they do not follow each other as they were made. */
  commits(team: TeamId, seq: Seq, limit: number): Promise<readonly Commit[]>;
  /** Every commit of a team after `seq`, whichever process made it, in order, until `signal` aborts; each verified to follow the last. */
  watch(team: TeamId, seq: Seq, signal: AbortSignal): AsyncIterable<Commit>;
  /** A document as the team's commit `seq` left it; null when it was not there then, HISTORY_EXPIRED when nobody knows any more. */
  asOf<F extends Fields, B>(
    type: DocumentType<F, B>,
    stored: Stored<F, B>,
    seq: Seq,
    reading: Reading<F>,
  ): Promise<Stored<F, B> | null>;
  /** One at a time per document within this process, so that its writers do not race each other. */
  exclusive<T>(key: Key, work: () => Promise<T>): Promise<T>;
  /** Revisions still kept, the present one first. */
  revisions<F extends Fields, B>(
    type: DocumentType<F, B>,
    key: Key,
    page: RevisionsPage,
    reading: Reading<F>,
  ): Promise<readonly Stored<F, B>[]>;
}

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

/** Plain fields but for the time of the change, in one order. */
const timeless = (fields: Fields): string =>
  JSON.stringify(Object.entries({ ...fields, updatedAt: null }).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Makes changes of one kind of document. */
export function changesOf<F extends Fields, B>(type: DocumentType<F, B>) {
  const put = (key: Key, before: Stored<F, B> | null, fields: F, body: B, deleted = false): Change => ({
    op: 'put',
    kind: type.kind,
    key,
    expected: before?.revision ?? null,
    fields,
    body: encodeBody(type, body),
    deleted,
    ...(before ? { replaces: before.tag } : {}),
  });
  return {
    create: (key: Key, fields: F, body: B): Change => put(key, null, fields, body),
    replace: (before: Stored<F, B>, fields: F, body: B): Change => put(before.key, before, fields, body),
    /** Marks as deleted. The body stays, to be restored, unless another is given. */
    erase: (before: Stored<F, B>, fields: F, body = before.body()): Change =>
      put(before.key, before, fields, body, true),
    /**
     * Number of the commit that stands when nothing but the time would be another; null: it is a change. Only for what brings no
     * value: a commit that is missing would tell that a guess was right.
     */
    standing(before: Stored<F, B> | null, change: Change): Seq | null {
      if (!before || before.deleted || change.op !== 'put' || change.deleted) return null;
      const isSame = timeless(before.fields) === timeless(change.fields);
      return isSame && sameBytes(encodeBody(type, before.body()), change.body) ? before.seq : null;
    },
    /** The document must still be at the revision that the decision was made on. */
    unchanged: (before: Stored<F, B>): Change => ({
      op: 'check',
      kind: type.kind,
      key: before.key,
      expected: before.revision,
    }),
  };
}
