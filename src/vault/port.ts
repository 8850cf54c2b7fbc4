import type { PageRequest } from '../kernel/page.ts';
import type { Work } from '../kernel/work.ts';
import type { Commit, Fields, Key, RevisionsPage, Seq, TeamId } from '../store/port.ts';
import type { Change, CommitFacts, CommitRequest } from './change.ts';
import type { DocumentType, Stored } from './document.ts';
import type { Order } from './order.ts';
import type { Reading, View } from './reading.ts';

/** Who writes, as the writer knows them. */
export interface Author {
  readonly team: TeamId;
  readonly actor: string;
  /** Reads, in one view, again when the team moved on meanwhile. */
  read<T>(use: (view: View) => Promise<T>): Promise<T>;
  /** UNAUTHENTICATED when the author is nobody any more. */
  requireStanding(): void;
  /** The same changes, to be committed only while the author may make them. */
  guarded(changes: readonly Change[]): readonly Change[];
  /** The error of a commit, as the author is told it. */
  refused(cause: unknown): unknown;
  /** Whether it says that the author, and nothing else, has changed. */
  hasMoved(error: unknown): boolean;
  /** A commit was tried: what was read before may be old. */
  committed(): void;
}

/** What is to be committed, all of it or nothing. */
export interface Plan {
  readonly team: TeamId;
  readonly actor: string;
  readonly operation: string;
  /** The commit that it was decided on. */
  readonly seq: Seq;
  readonly changes: readonly Change[];
  /** The commit that made it so already: then this is answered, and nothing is written. */
  readonly stands: CommitFacts | null;
}

export interface Written<Made> {
  readonly object: Key;
  readonly commit: CommitFacts;
  /** Nothing for a create that was done before. */
  readonly made: Made;
}

/** Everything that a change must pass, once: idempotency, look-up, permission, revision, room, guards, retention. */
export interface Writer {
  /** Finds and decides; nothing is written. `upon`: what is to be committed in the same commit, and is seen as if it were. */
  plan<F, M>(author: Author, order: Order<F, M>, upon?: Plan): Promise<Plan>;
  /** Exactly the plan, or CONFLICT. */
  commit(author: Author, plan: Plan): Promise<CommitFacts>;
  /** Plans and commits; again when another writer was faster. */
  run<F, M>(author: Author, order: Order<F, M>): Promise<Written<M>>;
  /** The same for what may turn out to need no commit: then null. */
  runIf<F, M>(author: Author, order: Order<F, M, null>): Promise<Written<M> | null>;
  /** Refuses what the order would be refused for before it is decided: for work that is not to be done for anybody. */
  ready<F, M>(author: Author, order: Pick<Order<F, M>, 'find' | 'seen'>): Promise<F>;
}

/** Documents in, envelopes out: the only way from the services to the store. */
export interface Vault {
  /** Every change of anything. */
  readonly writer: Writer;
  /** The team as of its last commit. One store call. */
  view(team: TeamId): Promise<View>;
  /** The last commit that a view would see, where that is known without reading anything; null: it has to be read. */
  seqNow(team: TeamId): Seq | null;
  /** The team as of its last commit, where that is known without reading anything; null: it has to be read. */
  viewNow(team: TeamId): View | null;
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
