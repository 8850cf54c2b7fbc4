import { type GitAnswer, type GitReader, GitTrouble } from '../../git/port.ts';
import type { Limits } from '../../kernel/limits.ts';
import { SecretValue } from '../../kernel/secret-value.ts';
import type { Gitops } from '../global-secrets/model.ts';
import { accountsFor } from '../vcs/lookup.ts';
import { type StoredAccount, sensitivityOf } from '../vcs/model.ts';
import { type BadFile, type GitFile, readGitFile } from './git-file.ts';
import type { SyncReason } from './sync-model.ts';

/** What came of looking at a git file. */
export type Outcome =
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'file';
      readonly commit: string;
      readonly rewritten: boolean;
      readonly movedTo: string | null;
      readonly file: GitFile;
    }
  /** `commit` null: the branch itself was not read. */
  | { readonly kind: 'bad'; readonly commit: string | null; readonly bad: BadFile }
  | { readonly kind: 'unreachable'; readonly reason: SyncReason }
  /** Nobody waited long enough to know. */
  | { readonly kind: 'unknown' };

/** What is known already; see `GitQuestion`. */
export interface Base {
  readonly known: string | null;
  readonly last: string | null;
}

/** With what a git file may be read. */
export interface Readers {
  /** All of the team. */
  readonly accounts: readonly StoredAccount[];
  /** Whether the secret ones may be used too. */
  readonly secretAccounts: boolean;
}

export interface Found {
  readonly outcome: Outcome;
  /** The account that it was read with; null: none. */
  readonly account: StoredAccount | null;
}

/** Accounts that are tried in turn when none is named. */
const MAX_ACCOUNTS = 5;

const aboutFile: ReadonlySet<string> = new Set([
  'COMMIT_NOT_SIGNED',
  'FILE_NOT_FOUND',
  'FILE_NOT_REGULAR',
  'FILE_TOO_LARGE',
]);
const aboutLogin: ReadonlySet<string> = new Set(['AUTHENTICATION_FAILED', 'REPOSITORY_NOT_FOUND']);

const bad = (reason: SyncReason, commit: string | null): Outcome => ({
  kind: 'bad',
  commit,
  bad: { reason, line: null, column: null, member: null },
});

function outcomeOf({ reason, commit }: GitTrouble): Outcome {
  return aboutFile.has(reason) ? bad(reason, commit) : { kind: 'unreachable', reason };
}

/** Reads the git file of a global secret with the accounts of its team. Never throws but for faults of our own. */
export function createGitRead({ git, limits }: { readonly git: GitReader; readonly limits: Limits }) {
  // In base64 a file takes a third more, and JSON has its own marks.
  const fileBytes = limits.globalSecretBytes * 2;

  async function readAs(account: StoredAccount | null, gitops: Gitops, base: Base, signal: AbortSignal) {
    const { repoUrl, branch, filePath, signers } = gitops;
    const token = account && new SecretValue(account.body().token);
    const login = account && token && { login: account.fields.accountLogin, token, baseUrl: account.fields.baseUrl };
    try {
      return await git.read({ repoUrl, branch, filePath, fileBytes, signers, login, ...base, signal });
    } catch (error) {
      if (error instanceof GitTrouble) return error;
      throw error;
    }
  }

  return async function read(gitops: Gitops, readers: Readers, base: Base, signal: AbortSignal): Promise<Found> {
    const { accountLogin } = gitops;
    const all = accountsFor(gitops, readers.accounts);
    // What may not be used is not asked: even whether the file is there would be told through it.
    const usable = all.filter((account) => readers.secretAccounts || sensitivityOf(account) === 'config');
    const fitting = usable.slice(0, MAX_ACCOUNTS);
    let first: Found | null = null;
    // As a stranger last: tokens end, and the repository may be public.
    for (const account of accountLogin === null ? [...fitting, null] : fitting) {
      const answer = await readAs(account, gitops, base, signal);
      if (!(answer instanceof GitTrouble)) return { outcome: await takenFrom(answer), account };
      if (!aboutLogin.has(answer.reason)) return { outcome: outcomeOf(answer), account };
      first ??= { outcome: outcomeOf(answer), account };
    }
    if (usable.length < all.length) return { outcome: bad('ACCOUNT_SECRET', null), account: null };
    return first ?? { outcome: { kind: 'unreachable', reason: 'ACCOUNT_NOT_FOUND' }, account: null };
  };

  async function takenFrom({ commit, file, rewritten, movedTo }: GitAnswer): Promise<Outcome> {
    if (file === null) return { kind: 'unchanged' };
    const found = await readGitFile(file, limits);
    if (found.kind === 'bad') return { kind: 'bad', commit, bad: found.bad };
    return { kind: 'file', commit, rewritten, movedTo, file: found.file };
  }
}
