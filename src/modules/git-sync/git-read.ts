import { type GitReader, GitTrouble } from '../../git/port.ts';
import type { Limits } from '../../kernel/limits.ts';
import { SecretValue } from '../../kernel/secret-value.ts';
import type { Gitops } from '../global-secrets/model.ts';
import type { StoredAccount } from '../vcs/model.ts';
import { accountsFor } from '../vcs/service.ts';
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

/** Accounts that are tried in turn when none is named. */
const MOST_ACCOUNTS = 5;

const aboutFile: ReadonlySet<string> = new Set([
  'COMMIT_NOT_SIGNED',
  'FILE_NOT_FOUND',
  'FILE_NOT_REGULAR',
  'FILE_TOO_LARGE',
]);
const aboutLogin: ReadonlySet<string> = new Set(['AUTHENTICATION_FAILED', 'REPOSITORY_NOT_FOUND']);

/** Reads the git file of a global secret with the accounts of its team. Never throws but for faults of our own. */
export function createGitRead({ git, limits }: { readonly git: GitReader; readonly limits: Limits }) {
  async function answerOf(gitops: Gitops, accounts: readonly StoredAccount[], base: Base, signal: AbortSignal) {
    const { repoUrl, branch, filePath, accountLogin, signers } = gitops;
    const fitting = accountsFor(gitops, accounts).slice(0, MOST_ACCOUNTS);
    let first: GitTrouble | null = null;
    // As a stranger last: tokens end, and the repository may be public.
    for (const account of accountLogin === null ? [...fitting, null] : fitting) {
      const token = account && new SecretValue(account.body().token);
      const login = account && token && { login: account.fields.accountLogin, token, baseUrl: account.fields.baseUrl };
      try {
        return await git.read({ repoUrl, branch, filePath, signers, login, ...base, signal });
      } catch (error) {
        if (!(error instanceof GitTrouble) || !aboutLogin.has(error.reason)) throw error;
        first ??= error;
      }
    }
    return first ?? null;
  }

  return async function read(
    gitops: Gitops,
    accounts: readonly StoredAccount[],
    base: Base,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const answer = await answerOf(gitops, accounts, base, signal).catch((error: unknown) => {
      if (error instanceof GitTrouble) return error;
      throw error;
    });
    if (answer === null) return { kind: 'unreachable', reason: 'ACCOUNT_NOT_FOUND' };
    if (answer instanceof GitTrouble) {
      const { reason, commit } = answer;
      if (!aboutFile.has(reason)) return { kind: 'unreachable', reason };
      return { kind: 'bad', commit, bad: { reason, line: null, column: null, member: null } };
    }
    const { commit, file, rewritten, movedTo } = answer;
    if (file === null) return { kind: 'unchanged' };
    const found = readGitFile(file, limits);
    if (found.kind === 'bad') return { kind: 'bad', commit, bad: found.bad };
    return { kind: 'file', commit, rewritten, movedTo, file: found.file };
  };
}
