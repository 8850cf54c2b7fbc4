import type { Sensitivity } from '../../domain/types.ts';
import type { Json } from '../../store/port.ts';
import type { DocumentType, Stored } from '../../vault/document.ts';

/** SYNCED: it holds what the git file says. INVALID: the file is not taken. UNREACHABLE: it cannot be read. PENDING: it was not read yet. */
export const SYNC_STATES = ['SYNCED', 'INVALID', 'UNREACHABLE', 'PENDING'] as const;
export type SyncState = (typeof SYNC_STATES)[number];

/** Codes for programs, with what each means. */
export const SYNC_REASONS = {
  HOST_REFUSED: 'The operator does not allow connections to its address.',
  REDIRECT_REFUSED: 'The host redirects to another host, or more than once.',
  HOST_UNREACHABLE: 'No connection: a problem of name, network or certificate.',
  HOST_FAILED: 'The host answered with an error of its own.',
  TIMED_OUT: 'The host did not answer in time.',
  BAD_ANSWER: "The host's answer is not of the git protocol.",
  AUTHENTICATION_FAILED: 'The host rejected the account.',
  ACCOUNT_NOT_FOUND: 'The named account is not linked.',
  ACCOUNT_SECRET:
    'Only accounts of sensitivity SECRET could read it, and a CONFIG global secret uses those only if whoever set its git file may read secrets.',
  REPOSITORY_NOT_FOUND: 'The repository does not exist, or the account may not see it.',
  REPOSITORY_TOO_LARGE: 'The repository is larger than the operator allows.',
  BRANCH_NOT_FOUND: 'The repository has no such branch.',
  COMMIT_NOT_SIGNED: 'The last commit of the branch is not signed by an allowed key.',
  FILE_NOT_FOUND: 'The branch has no such file.',
  FILE_NOT_REGULAR: 'The path leads to a link, a folder or another repository.',
  FILE_TOO_LARGE: 'The file, or its content, is larger than a global secret may be.',
  LFS_POINTER: 'The file is kept in Git LFS, which is not followed.',
  NOT_UTF8: 'The file is not UTF-8.',
  NOT_JSON: 'The file is not JSON, or has a duplicate key.',
  UNKNOWN_MEMBER: 'Beside `values` or `files` the file has a member that is not `$schema`, `name` or `description`.',
  NOT_AN_OBJECT: 'The file is JSON but not an object.',
  BAD_CONTENT: 'The file breaks a rule for global secrets.',
  HISTORY_REWRITTEN: 'History was rewritten, and rewritten histories are held.',
} as const;
export type SyncReason = keyof typeof SYNC_REASONS;

/** What is known of a global secret that follows a git file. */
export interface SyncStatus {
  readonly state: SyncState;
  readonly reason: SyncReason | null;
  /** In the file, from 1. */
  readonly line: number | null;
  readonly column: number | null;
  /** The name of the member that is not known; null: it is not about one. */
  readonly member: string | null;
  /** The commit that values and files come from; null: from none yet. */
  readonly commit: string | null;
  /** The commit that they came from before. */
  readonly previousCommit: string | null;
  /** Whether the one before is not among the ancestors. */
  readonly rewritten: boolean;
  /** Where the host redirects to, on itself; null: nowhere. */
  readonly movedTo: string | null;
  /** The commit that was looked at last. */
  readonly seen: string | null;
  /** Since when it is so. */
  readonly at: string;
}

export interface SyncBody {
  readonly status: SyncStatus;
  /** null: no webhook is accepted. */
  readonly hookSecret: string | null;
  /** Whether whoever set the git file may have it read with secret accounts. Absent in what was stored before it was asked. */
  readonly secretAccounts?: boolean;
}

/** What came through a secret account may be read only by those who may read secrets, unless one of them wished otherwise. */
export const usesSecretAccounts = ({ secretAccounts }: SyncBody, type: Sensitivity): boolean =>
  secretAccounts ?? type === 'secret';

export const syncDocument: DocumentType<Record<string, never>, SyncBody> = {
  kind: 'gitSync',
  encode: ({ status, hookSecret, secretAccounts }) => ({
    status: { ...status },
    hookSecret,
    ...(secretAccounts === undefined ? {} : { secretAccounts }),
  }),
  decode: (json) => json as { readonly [name: string]: Json } as unknown as SyncBody,
};
export type StoredSync = Stored<Record<string, never>, SyncBody>;

export const pendingStatus = (at: string): SyncStatus => ({
  state: 'PENDING',
  reason: null,
  line: null,
  column: null,
  member: null,
  commit: null,
  previousCommit: null,
  rewritten: false,
  movedTo: null,
  seen: null,
  at,
});
