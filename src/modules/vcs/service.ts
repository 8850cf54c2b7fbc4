import { requireRevision } from '../../access/revision.ts';
import type { Session } from '../../access/session.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, forbidden, invalidInput, limitExceeded, notFound } from '../../kernel/errors.ts';
import { byCodePoint } from '../../kernel/ids.ts';
import type { Limits } from '../../kernel/limits.ts';
import { changesOf } from '../../vault/vault.ts';
import { type MayAsk, requireAskable } from '../addresses.ts';
import {
  accountDocument,
  accountId,
  type PutAccountInput,
  type StoredAccount,
  sensitivityOf,
  type UpdateAccountInput,
} from './model.ts';
import { canonicalUrl } from './repo-url.ts';
import { mayOnAccount, requireMayPut } from './rights.ts';

const changes = changesOf(accountDocument);

export interface VcsAccountsDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly mayAsk: MayAsk;
}
export type VcsAccountsService = ReturnType<typeof createVcsAccounts>;

/** Logins of the team at hosts of repositories. Their tokens go in and never come out. */
export function createVcsAccounts({ clock, limits, mayAsk }: VcsAccountsDeps) {
  async function byId(id: string, session: Session): Promise<StoredAccount> {
    const stored = await session.read(async (view) => (await view.set(accountDocument)).get(id));
    if (!stored || stored.deleted || !mayOnAccount(session, 'list', sensitivityOf(stored))) throw notFound('Account');
    return stored;
  }

  async function list(session: Session): Promise<readonly StoredAccount[]> {
    const { live } = await session.read((view) => view.set(accountDocument));
    return live.filter((stored) => mayOnAccount(session, 'list', sensitivityOf(stored)));
  }

  /** Links an account, or replaces what is known of it. */
  async function put(input: PutAccountInput, session: Session) {
    const { service, selfHostedVcsId = null, accountLogin, token, expectedRevision } = input;
    const sensitivity = input.sensitivity ?? 'secret';
    requireMayPut(session, null, sensitivity);
    const baseUrl = input.baseUrl ? canonicalUrl(input.baseUrl) : null;
    if (baseUrl !== null) requireAskable(baseUrl, ['baseUrl'], mayAsk);
    const id = accountId({ service, selfHostedVcsId, accountLogin });
    const key = [session.principal.team, id];
    const commit = await session.write(key, async () => {
      const set = await session.read((view) => view.set(accountDocument));
      const before = set.get(id);
      requireMayPut(session, before && sensitivityOf(before), sensitivity);
      if (before) requireReplaceable(before, input);
      else requireRoom(set.liveCount, expectedRevision);
      const updatedAt = clock().toISOString();
      const createdAt = before?.fields.createdAt ?? updatedAt;
      const fields = { service, selfHostedVcsId, baseUrl, accountLogin, sensitivity, createdAt, updatedAt };
      const change = before ? changes.replace(before, fields, { token }) : changes.create(key, fields, { token });
      return session.commit('vcsAccount.put', [change]);
    });
    return { vcsAccount: await byId(id, session), commit };
  }

  function requireRoom(count: number, expectedRevision: number | null | undefined): void {
    if (expectedRevision) throw conflict('NOT_THERE', 'There is no such account yet');
    if (count < limits.vcsAccountsPerTeam) return;
    throw limitExceeded('accounts in the team', limits.vcsAccountsPerTeam, count + 1, 'vcsAccountsPerTeam');
  }

  /** Says how secret what is read with an account is; its token stays. */
  async function update(id: string, { sensitivity, expectedRevision }: UpdateAccountInput, session: Session) {
    const key = [session.principal.team, id];
    const commit = await session.write(key, async () => {
      const before = await byId(id, session);
      requireMayPut(session, sensitivityOf(before), sensitivity);
      requireRevision(before, expectedRevision);
      const fields = { ...before.fields, sensitivity, updatedAt: clock().toISOString() };
      const change = changes.replace(before, fields, before.body());
      return session.commit('vcsAccount.update', [change], changes.standing(before, change));
    });
    return { vcsAccount: await byId(id, session), commit };
  }

  /** Erases the account with its token, of which no older revision is kept. */
  function remove(id: string, session: Session) {
    const key = [session.principal.team, id];
    return session.write(key, async () => {
      const before = await byId(id, session);
      if (!mayOnAccount(session, 'delete', sensitivityOf(before))) throw forbidden();
      const erased = { op: 'remove', kind: 'vcsAccount', key: before.key, expected: before.revision } as const;
      return { vcsAccount: before, commit: await session.commit('vcsAccount.delete', [erased]) };
    });
  }

  return { byId, list, put, update, remove };
}

/** A token that is replaced neither opens what was read with the last nor closes it, without a word. */
function requireReplaceable(before: StoredAccount, { sensitivity, expectedRevision }: PutAccountInput): void {
  requireRevision(before, expectedRevision);
  if (sensitivity || sensitivityOf(before) === 'secret') return;
  const message = 'must be given as SECRET or CONFIG: the account that is replaced is CONFIG';
  throw invalidInput([{ path: ['sensitivity'], rule: 'required', message }]);
}

/** What of a git setting decides whose account is used. */
interface Wanted {
  readonly vcsService: string;
  readonly selfHostedVcsId: string | null;
  readonly accountLogin: string | null;
  readonly repoUrl: string;
}

/** The accounts that may be shown to the host of a repository, by login. */
export function accountsFor(wanted: Wanted, accounts: readonly StoredAccount[]): readonly StoredAccount[] {
  return accounts
    .filter(({ fields: { service, selfHostedVcsId, baseUrl, accountLogin } }) => {
      if (service !== wanted.vcsService) return false;
      if (wanted.accountLogin !== null && wanted.accountLogin !== accountLogin) return false;
      if (wanted.selfHostedVcsId !== null && wanted.selfHostedVcsId !== selfHostedVcsId) return false;
      return baseUrl === null || wanted.repoUrl.startsWith(`${baseUrl}/`);
    })
    .sort((a, b) => byCodePoint(a.fields.accountLogin, b.fields.accountLogin));
}
