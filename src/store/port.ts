import type { Counters } from '../kernel/counters.ts';
import type { PageRequest } from '../kernel/page.ts';

/** Every kind of document, and so of collection. Each slice adds its own to this interface, in its `slice.ts`. */
export interface Kinds {
  /** Identity and check value of the installation. */
  readonly instance: true;
  /** Key-encryption keys, wrapped by the root key. */
  readonly kek: true;
  /** Data keys of a team or a project, wrapped by a KEK. */
  readonly dek: true;
  readonly team: true;
  readonly role: true;
  readonly token: true;
  /** Keyed hash of a token -> its team and id. */
  readonly tokenIndex: true;
  /** Bytes of a file or a mount, one envelope each. */
  readonly content: true;
  /** What a create with an idempotency key answered. */
  readonly idempotency: true;
}
export type Kind = keyof Kinds;

/** What a kind may be called: a store keeps whatever its callers name so. */
export const isKind = (name: unknown): name is Kind => typeof name === 'string' && /^[a-z][A-Za-z]{0,39}$/.test(name);

/** Parts of a key, outermost first: `[team, project, id]`. A part is 1-200 characters without NUL. */
export type Key = readonly string[];

export type TeamId = string;
/** Number of a commit within its team: 1, 2, 3, ... */
export type Seq = number;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
export type Fields = { readonly [name: string]: Json };

/** A document as the store keeps it. `fields` are plain; `body` is sealed; both are opaque to the store. */
export interface Doc {
  readonly kind: Kind;
  readonly key: Key;
  /** 1 at creation, one more with every write; never reused, not even after `remove`-less deletion. */
  readonly revision: number;
  /** The commit that wrote this revision. */
  readonly seq: Seq;
  readonly deleted: boolean;
  readonly fields: Fields;
  readonly body: Uint8Array;
  /** 32 bytes that stand for this revision: the tag of its write, bound to `seq`. See store/chain.ts. */
  readonly tag: Uint8Array;
  /** The first of its revisions that is kept. */
  readonly since: number;
  /** 32 bytes that stand for the document in its set's sum: `tag`, bound to `since`. */
  readonly leaf: Uint8Array;
}

export type Write =
  /** Creates (`expected` null: the key must be free) or replaces (the stored revision must be `expected`). The new revision is `(expected ?? 0) + 1`. */
  | {
      readonly op: 'put';
      readonly kind: Kind;
      readonly key: Key;
      readonly expected: number | null;
      readonly deleted: boolean;
      readonly fields: Fields;
      readonly body: Uint8Array;
      readonly tag: Uint8Array;
      /** The tag of the revision it replaces, as the caller verified it: INTEGRITY when the store holds another. */
      readonly replaces?: Uint8Array;
    }
  /** Erases a document and its history. */
  | { readonly op: 'remove'; readonly kind: Kind; readonly key: Key; readonly expected: number }
  /** Erases history older than revision `before`; the document itself stays. */
  | { readonly op: 'purge'; readonly kind: Kind; readonly key: Key; readonly before: number }
  /** Writes nothing; refuses the commit when the document is not at `expected` (null: must be absent). */
  | { readonly op: 'check'; readonly kind: Kind; readonly key: Key; readonly expected: number | null };

/** One thing to be written. `replaced` goes into history; of `purge`, `doc` is the document as it stays. */
export type Step =
  | { readonly op: 'put'; readonly doc: Doc; readonly replaced: Doc | null }
  | { readonly op: 'remove'; readonly kind: Kind; readonly key: Key; readonly revision: number }
  | { readonly op: 'purge'; readonly doc: Doc };

export interface NewCommit {
  /** Unique: a second commit with the same id is answered with the first one and changes nothing. */
  readonly id: string;
  readonly team: TeamId;
  readonly at: string;
  readonly actor: string;
  readonly operation: string;
  /** At most one write per kind and key. */
  readonly writes: readonly Write[];
}

/** What a commit touched. `revision` 0: removed. `purge` and `check` leave no trace here. */
export interface Touched {
  readonly kind: Kind;
  readonly key: Key;
  readonly revision: number;
}

/** A document whose history a commit cut: `since` is the first revision kept from then on. */
export interface Cut {
  readonly kind: Kind;
  readonly key: Key;
  readonly since: number;
}

export interface Commit {
  readonly id: string;
  readonly team: TeamId;
  readonly seq: Seq;
  readonly at: string;
  readonly actor: string;
  readonly operation: string;
  readonly touched: readonly Touched[];
  readonly cut: readonly Cut[];
  /** `mac` over the commit and the previous commit's `mac`. See store/chain.ts. */
  readonly mac: Uint8Array;
}

/** Digest of what the leaves of all documents of one kind in a scope add up to, their count, and the last commit that changed one. */
export interface SetHead {
  readonly sum: Uint8Array;
  readonly count: number;
  readonly seq: Seq;
}

/** What a set adds up to once a commit is made. See store/set-hash.ts. */
export interface StateWritten {
  readonly scope: Key;
  readonly kind: Kind;
  readonly state: Uint8Array;
  /** The set that the commit found; null: there was none. */
  readonly before: SetHead | null;
}

/** Digest of the tree of the heads below one, and how many they are. See store/tree.ts. */
export interface Below {
  readonly digest: Uint8Array;
  readonly count: number;
}

/** Where a log begins: after this commit, all before it are forgotten. */
export interface LogStart {
  readonly seq: Seq;
  readonly mac: Uint8Array;
}

/** The scope above all teams; no slug begins with `~`. */
export const ROOT: Key = ['~root'];

/**
 * State of a scope: a project `[team, project]` (documents whose key has three parts and more; only the first two count), a team
 * `[team]` (documents whose key has fewer), or the root over all teams, which has no documents and no log.
 */
export interface Head {
  readonly scope: Key;
  /** Team: the last commit. Project: the last commit that touched it. Root: how often it was written. */
  readonly seq: Seq;
  /** Team: `mac` of the last commit. Others: empty. */
  readonly chain: Uint8Array;
  readonly start: LogStart;
  readonly sets: ReadonlyMap<Kind, SetHead>;
  /** What the scope keeps, former revisions included; a team's with all its projects and its log. See store/kept.ts. */
  readonly bytes: number;
  /** Root: teams. Team: projects. */
  readonly below: Below;
  /** `mac` over all of the above. */
  readonly mac: Uint8Array;
}

/** A head with what leads from it to one below it. */
export interface Level {
  readonly scope: Key;
  readonly head: Head | null;
  /** Nodes of its tree on the way to the next level, from the top. Empty at the last one. */
  readonly way: readonly Uint8Array[];
}

/** A commit with all that it wrote, the very objects: whoever asked for it need not read them back. */
export interface Made {
  readonly commit: Commit;
  /** Of all scopes that it changed. */
  readonly heads: readonly Head[];
  readonly states: readonly StateWritten[];
  readonly steps: readonly Step[];
}

/** From the root down to a scope, as of one moment. */
export interface Lineage {
  readonly levels: readonly Level[];
  /** Whether the root may be older than a team: it is written behind, never later than a second. */
  readonly mayLag: boolean;
}

/** Keyed by the caller (the store holds no keys): MAC of the bytes. */
export interface Mac {
  (bytes: Uint8Array): Uint8Array;
  /** The one that it stands for at present, where that is known later than itself. */
  readonly behind?: Mac | null;
}

/** Where documents live. Every sentence here is a heading of test/contract/store.contract.ts. */
export interface Store {
  /** Whether there is nothing at all in it: no document, past revision, head or commit of whatever kind. */
  isEmpty(): Promise<boolean>;
  /** The state of a scope as of its last commit; null before the first. */
  head(scope: Key): Promise<Head | null>;
  /** The head of a team or project with all that vouches for it, read at once. */
  lineage(scope: Key): Promise<Lineage>;
  /** Whether a lineage that was read here is what would be read now: no without looking, and always no where only a read tells. */
  isCurrent?(lineage: Lineage): boolean;
  /** The greatest number that a team's log or a head of it or of one of its projects has; 0 without any. Whether they are ours is not looked at. */
  newest(team: TeamId): Promise<Seq>;
  /** A copy; absent is null, never an error. */
  get(kind: Kind, key: Key): Promise<Doc | null>;
  /** Answers in the order of `keys`, one read for all of them. */
  getMany(kind: Kind, keys: readonly Key[]): Promise<readonly (Doc | null)[]>;
  /** Documents whose key begins with `prefix` (whole parts), in key order by code point, after `page.after`. */
  list(kind: Kind, prefix: Key, page: PageRequest): Promise<readonly Doc[]>;
  /**
   * All or nothing, durable before it resolves, numbered without gaps per team.
   * An expected revision that moved, or a key that is taken, is a CONFLICT naming the document, and nothing is written.
   * A commit whose id was committed before is answered with that commit, and nothing is written.
   * `made` is told what was written once that is durable, in the order of commits, before this resolves; nothing when nothing was.
   */
  commit(commit: NewCommit, made?: (made: Made) => void): Promise<Commit>;
  /** Commits of a team after `seq`, oldest first, without gaps. Older than history: HISTORY_EXPIRED. */
  commitsAfter(team: TeamId, seq: Seq, limit: number): Promise<readonly Commit[]>;
  /** Every commit after `seq`, whichever process made it, in order, until `signal` aborts. */
  watch(team: TeamId, seq: Seq, signal: AbortSignal): AsyncIterable<Commit>;
  /**
   * All revisions of a document still kept, the present one first. `page.after` is `[String(revision)]`.
   * `page.asOf` answers the newest revision of no later commit and before it the one that followed: what proves that it was the last.
   */
  revisions(kind: Kind, key: Key, page: RevisionsPage): Promise<readonly Doc[]>;
  /**
   * Whether anything at all is kept below a key, also what no head counts: a document, its history, a head, a commit of the team.
   */
  holds(prefix: Key): Promise<boolean>;
  /** Waits for commits under way; later calls are UNAVAILABLE. */
  close(): Promise<void>;
}

/** A page of revisions, or the one that was the present one at a commit: then `limit` is not looked at. */
export interface RevisionsPage extends PageRequest {
  readonly asOf?: Seq;
}

/** What keeps a store from being written to; it can be read all the same. */
export interface Trouble {
  /** For people. */
  readonly reason: string;
  /** Writing resumes by itself once there is space. */
  readonly passes: boolean;
}

/** A store with what stands beside it. */
export interface OpenedStore extends Store {
  /** Looks again whether it can be written to. Absent: every write finds out for itself. */
  trouble?(): Promise<Trouble | null>;
  /** Takes the store for this process before it serves: whoever had it notices and stops. */
  claim?(): Promise<void>;
  /** Told once, when another process has taken it over: nothing may be served any more. */
  onLost?(told: (reason: Error) => void): void;
  /** Where processes tell each other what they count; absent: there is only one. */
  readonly counters?: Counters;
}
