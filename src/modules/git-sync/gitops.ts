import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { GitReader } from '../../git/port.ts';
import { nameRule } from '../../input/rules.ts';
import { forbidden, invalidInput, notFound } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Key } from '../../store/port.ts';
import { type Change, changesOf, type View } from '../../vault/vault.ts';
import { requireAskable } from '../addresses.ts';
import type { Gitops } from '../global-secrets/model.ts';
import { accountDocument } from '../vcs/model.ts';
import { accountsFor } from '../vcs/service.ts';
import { followingIn } from './following.ts';
import { createGitRead, type Outcome } from './git-read.ts';
import { type SyncBody, type SyncStatus, syncDocument } from './sync-model.ts';

const syncs = changesOf(syncDocument);

/** What a mutation found out about a git file. */
export interface FirstLook {
  readonly outcome: Outcome;
  /** What was known of this very file before; null: nothing. */
  readonly before: SyncStatus | null;
}

const PLACE = ['repoUrl', 'branch', 'filePath'] as const;

/** What mutations need to know of git files. */
export function createGitops({ git, limits }: { readonly git: GitReader; readonly limits: Limits }) {
  const readGit = createGitRead({ git, limits });

  const accountsIn = (session: Session) => session.read(async (view) => (await view.set(accountDocument)).live);

  /**
   * Whoever points a global secret at a repository reads it with the accounts of the team: that takes `link` on them.
   * A host that the operator does not allow is invalid input; an account of nobody, or of another team, is not found.
   */
  async function requireAllowed(gitops: Gitops, session: Session): Promise<void> {
    if (!can(session.principal, 'link', 'vcsAccount')) throw forbidden('Reading git files needs `link` on accounts');
    requireAskable(gitops.repoUrl, ['gitops', 'repoUrl'], git.mayAsk);
    if (gitops.selfHostedVcsId === null && gitops.accountLogin === null) return;
    const accounts = await accountsIn(session);
    const { selfHostedVcsId: id, accountLogin } = gitops;
    const isKnown = id === null || accounts.some(({ fields }) => fields.selfHostedVcsId === id);
    if (!isKnown) throw notFound(`Self-hosted service ${id}`);
    if (accountLogin !== null && accountsFor(gitops, accounts).length === 0) throw notFound(`Account ${accountLogin}`);
  }

  /** The first look with new settings, for as long as a mutation may wait. `slug` null: of something that is not there yet. */
  async function look(gitops: Gitops, slug: string | null, session: Session): Promise<FirstLook> {
    const patience = AbortSignal.timeout(limits.gitPatienceMs);
    const following = slug === null ? null : await session.read((view) => followingIn(view, slug));
    const isSame = following && PLACE.every((name) => following.gitops[name] === gitops[name]);
    const before = isSame ? following.sync.body().status : null;
    const base = { known: null, last: before?.commit ?? null };
    const outcome = await readGit(gitops, await accountsIn(session), base, patience);
    return { outcome: outcome.kind === 'unreachable' && patience.aborted ? { kind: 'unknown' } : outcome, before };
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
    invalidInput([{ path: ['name'], rule, message: `must be given: ${why}` }]);
  if (outcome.kind === 'unreachable') throw refuse('gitops', `the git file cannot be read (${outcome.reason})`);
  if (outcome.kind === 'bad') throw refuse('gitops', `the git file cannot be taken (${whereOf(outcome)})`);
  if (outcome.kind !== 'file') throw refuse('gitops', 'the git file could not be read in time');
  if (outcome.file.name !== null) return outcome.file.name;
  const base = filePath.slice(filePath.lastIndexOf('/') + 1).replace(/(?<=.)\.[^.]*$/, '');
  const name = base.replace(/[^a-zA-Z0-9]+/g, '-').replace(/^-|-$/g, '');
  if (!nameRule.safeParse(name).success) throw refuse('required', 'no name can be made of that of the git file');
  return name;
}

const whereOf = ({ bad: { reason, line, column } }: Outcome & { kind: 'bad' }): string =>
  line === null ? reason : `${reason} at line ${line}, column ${column}`;
