import type { SecretValue } from '../kernel/secret-value.ts';

/** Why a file could not be read from a repository. The words that people get are in the schema. */
export const GIT_REASONS = [
  'HOST_REFUSED',
  'REDIRECT_REFUSED',
  'HOST_UNREACHABLE',
  'HOST_FAILED',
  'TIMED_OUT',
  'BAD_ANSWER',
  'AUTHENTICATION_FAILED',
  'REPOSITORY_NOT_FOUND',
  'REPOSITORY_TOO_LARGE',
  'BRANCH_NOT_FOUND',
  'COMMIT_NOT_SIGNED',
  'FILE_NOT_FOUND',
  'FILE_NOT_REGULAR',
  'FILE_TOO_LARGE',
] as const;
export type GitReason = (typeof GIT_REASONS)[number];

/** Carries no words of the host, of a URL or of the repository. */
export class GitTrouble extends Error {
  readonly reason: GitReason;
  /** The commit in which the file was looked for; null when it did not come to that. */
  readonly commit: string | null;
  constructor(reason: GitReason, commit: string | null = null) {
    super(reason);
    this.name = 'GitTrouble';
    this.reason = reason;
    this.commit = commit;
  }
}

export interface GitLogin {
  readonly login: string;
  readonly token: SecretValue;
  /** What the addresses begin with that may be shown the token, without a slash at the end; null: all of the repository's host. */
  readonly baseUrl: string | null;
}

export interface GitQuestion {
  /** https, or http where the operator allows the host; without credentials, query and fragment. */
  readonly repoUrl: string;
  readonly branch: string;
  /** From the root of the repository, beginning with a slash. */
  readonly filePath: string;
  /** The most that the file may have. */
  readonly fileBytes: number;
  /** Public keys as OpenSSH writes them, one of which must have signed the commit; none: anybody may commit. */
  readonly signers: readonly string[];
  /** null: as a stranger. */
  readonly login: GitLogin | null;
  /** The commit that is known already: nothing is fetched while the branch is there. null: none. */
  readonly known: string | null;
  /** The commit whose file was taken last, to be looked for among the ancestors; null: none. */
  readonly last: string | null;
  readonly signal: AbortSignal;
}

export interface GitAnswer {
  /** Id of the branch's last commit. */
  readonly commit: string;
  /** null: the branch is at the commit that is known. */
  readonly file: Uint8Array | null;
  /** The commit whose file was taken last is not among the ancestors, as far as they were looked at. */
  readonly rewritten: boolean;
  /** Where the host says that the repository is now; null: where it was asked for. */
  readonly movedTo: string | null;
}

/** One file of one branch of repositories of others. */
export interface GitReader {
  /** Whether the operator lets this URL be asked at all; the address it leads to is checked when it is connected to. */
  mayAsk(url: URL): boolean;
  /** Throws `GitTrouble`. */
  read(question: GitQuestion): Promise<GitAnswer>;
}
