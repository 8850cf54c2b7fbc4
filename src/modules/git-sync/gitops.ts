import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { Sensitivity } from '../../domain/types.ts';
import type { GitReader } from '../../git/port.ts';
import { nameRule } from '../../input/rules.ts';
import { forbidden, invalidInput, notFound } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Key } from '../../store/port.ts';
import { type Change, changesOf } from '../../vault/change.ts';
import type { View } from '../../vault/reading.ts';
import { requireAskable } from '../addresses.ts';
import type { Gitops } from '../global-secrets/model.ts';
import { mayOnGlobal } from '../global-secrets/rights.ts';
import { accountsFor } from '../vcs/lookup.ts';
import { accountDocument, type StoredAccount, sensitivityOf } from '../vcs/model.ts';
import { mayOnAccount } from '../vcs/rights.ts';
import { followingIn } from './following.ts';
import { createGitRead, type Found, type Outcome } from './git-read.ts';
import { type SyncBody, type SyncStatus, syncDocument } from './sync-model.ts';

const syncs = changesOf(syncDocument);
const accountChanges = changesOf(accountDocument);

/** What a mutation found out about a git file. */
export interface FirstLook extends Found {
  /** What was known of this very file before; null: nothing. */
  readonly before: SyncStatus | null;
}

const PLACE = ['repoUrl', 'branch', 'filePath'] as const;

/**
 * Whether the caller may have secret accounts read for a global secret of this type: what comes through a credential is at
 * least as secret as the credential, so for configuration it takes the right to read secrets.
 */
export const mayUseSecretAccounts = (session: Session, type: Sensitivity): boolean =>
  mayOnAccount(session, 'link', 'secret') && (type === 'secret' || mayOnGlobal(session, 'read', 'secret'));

export const accountIsSecret = (type: Sensitivity): Error =>
  forbidden(
    type === 'secret'
      ? 'Only accounts of sensitivity SECRET can read this git file, which requires LINK on them'
      : 'Only accounts of sensitivity SECRET can read this git file, which requires LINK on them and, for a global secret of type CONFIG, READ on global secrets of type SECRET',
  );

/**
 * Checks for the commit that the account which something was read with still is what it was, so that nobody makes it secret
 * meanwhile. null: it is not. What goes into a secret needs no check.
 */
export async function accountChecks(
  { account }: Pick<Found, 'account'>,
  type: Sensitivity,
  view: View,
): Promise<readonly Change[] | null> {
  if (account === null || type === 'secret') return [];
  const now = (await view.set(accountDocument)).get(account.key[account.key.length - 1] ?? '');
  return now?.revision === account.revision && !now.deleted ? [accountChanges.unchanged(now)] : null;
}

/** What mutations need to know of git files. */
export function createGitops({ git, limits }: { readonly git: GitReader; readonly limits: Limits }) {
  const readGit = createGitRead({ git, limits });

  const accountsIn = (session: Session) => session.read(async (view) => (await view.set(accountDocument)).live);

  /**
   * Whoever points a global secret at a repository reads it with the accounts of the team: that takes `link` on them.
   * A host that the operator does not allow is invalid input; an account of nobody, or of another team, is not found.
   */
  async function requireAllowed(gitops: Gitops, type: Sensitivity, session: Session): Promise<void> {
    if (!can(session.principal, 'link', 'vcsAccount')) throw forbidden('Reading git files requires LINK on accounts');
    requireAskable(gitops.repoUrl, ['gitops', 'repoUrl'], git.mayAsk);
    if (gitops.selfHostedVcsId === null && gitops.accountLogin === null) return;
    const accounts = await accountsIn(session);
    const { selfHostedVcsId: id, accountLogin } = gitops;
    const isKnown = id === null || accounts.some(({ fields }) => fields.selfHostedVcsId === id);
    if (!isKnown) throw notFound('Self-hosted service', id);
    if (accountLogin === null) return;
    const fitting = accountsFor(gitops, accounts);
    if (fitting.length === 0) throw notFound('Account', accountLogin);
    const isUsable = (account: StoredAccount) =>
      mayUseSecretAccounts(session, type) || sensitivityOf(account) === 'config';
    if (!fitting.some(isUsable)) throw accountIsSecret(type);
  }

  /**
   * The first look with new settings, for as long as a mutation may wait, with the accounts that the caller may use. `slug`
   * null: of something that is not there yet.
   */
  async function look(gitops: Gitops, type: Sensitivity, slug: string | null, session: Session): Promise<FirstLook> {
    const patience = AbortSignal.timeout(limits.gitPatienceMs);
    const following = slug === null ? null : await session.read((view) => followingIn(view, slug));
    const isSame = following && PLACE.every((name) => following.gitops[name] === gitops[name]);
    const before = isSame ? following.sync.body().status : null;
    const base = { known: null, last: before?.commit ?? null };
    const readers = { accounts: await accountsIn(session), secretAccounts: mayUseSecretAccounts(session, type) };
    const { outcome, account } = await readGit(gitops, readers, base, patience);
    if (outcome.kind === 'bad' && outcome.bad.reason === 'ACCOUNT_SECRET') throw accountIsSecret(type);
    const isLate = outcome.kind === 'unreachable' && patience.aborted;
    return { outcome: isLate ? { kind: 'unknown' } : outcome, account, before };
  }

  return { requireAllowed, look, readGit };
}

/** The changes after which a global secret follows its git file like this; null: it follows none. */
export async function followingLike(next: SyncBody | null, key: Key, view: View): Promise<readonly Change[]> {
  const before = (await view.set(syncDocument)).get(key[key.length - 1] ?? '');
  if (next) return [before ? syncs.replace(before, {}, next) : syncs.create(key, {}, next)];
  if (!before || before.deleted) return [];
  return [syncs.erase(before, {}, { ...before.body(), hookSecret: null })];
}

/** The name that a git file gives: its own, or what can be made of the file's name. INVALID_INPUT when it gives none. */
export function nameFrom({ filePath }: Gitops, outcome: Outcome): string {
  const refuse = (rule: string, why: string): Error =>
    invalidInput([{ path: ['name'], rule, message: `is required: ${why}` }]);
  if (outcome.kind === 'unreachable') throw refuse('gitops', `the git file cannot be read (${outcome.reason})`);
  if (outcome.kind === 'bad') throw refuse('gitops', `the git file cannot be taken (${whereOf(outcome)})`);
  if (outcome.kind !== 'file') throw refuse('gitops', 'the git file could not be read in time');
  if (outcome.file.name !== null) return outcome.file.name;
  const base = filePath.slice(filePath.lastIndexOf('/') + 1).replace(/(?<=.)\.[^.]*$/, '');
  const name = base.replace(/[^a-zA-Z0-9]+/g, '-').replace(/^-|-$/g, '');
  if (!nameRule.safeParse(name).success)
    throw refuse('required', 'the name of the git file gives none of 3-100 letters, digits, hyphens and spaces');
  return name;
}

const whereOf = ({ bad: { reason, line, column } }: Outcome & { kind: 'bad' }): string =>
  line === null ? reason : `${reason} at line ${line}, column ${column}`;
