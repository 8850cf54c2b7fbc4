import type { Session } from '../../access/session.ts';
import type { Clock } from '../../kernel/clock.ts';
import { forbidden, invalidInput, notFound } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import { changesOf } from '../../vault/change.ts';
import { requireCount } from '../../vault/order.ts';
import type { View } from '../../vault/reading.ts';
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

async function visible(id: string, view: View, session: Session): Promise<StoredAccount> {
  const stored = (await view.set(accountDocument)).get(id);
  if (!stored || stored.deleted || !mayOnAccount(session, 'list', sensitivityOf(stored))) throw notFound('Account');
  return stored;
}

const byId = (id: string, session: Session): Promise<StoredAccount> =>
  session.read((view) => visible(id, view, session));

async function list(session: Session): Promise<readonly StoredAccount[]> {
  const { live } = await session.read((view) => view.set(accountDocument));
  return live.filter((stored) => mayOnAccount(session, 'list', sensitivityOf(stored)));
}

/** Logins of the team at git hosts. Their tokens go in and never come out. */
export const createVcsAccounts = (deps: VcsAccountsDeps) => ({
  byId,
  list,
  put: createPutting(deps),
  ...createChanging(deps),
});

function createPutting({ clock, limits, mayAsk }: VcsAccountsDeps) {
  /** Links an account, or replaces what is known of it. */
  return async function put(input: PutAccountInput, session: Session) {
    const { service, selfHostedVcsId = null, accountLogin, token } = input;
    const sensitivity = input.sensitivity ?? 'secret';
    requireMayPut(session, null, sensitivity);
    const baseUrl = input.baseUrl ? canonicalUrl(input.baseUrl) : null;
    if (baseUrl !== null) requireAskable(baseUrl, ['baseUrl'], mayAsk);
    const id = accountId({ service, selfHostedVcsId, accountLogin });
    const key = [session.principal.team, id];
    const { commit } = await session.run({
      operation: 'vcsAccount.put',
      subject: key,
      async find(view) {
        const set = await view.set(accountDocument);
        const before = set.get(id);
        requireMayPut(session, before && sensitivityOf(before), sensitivity);
        return { before, count: set.liveCount };
      },
      seen: ({ before: present }) => ({
        expected: input.expectedRevision,
        present,
        absent: 'There is no such account yet',
      }),
      decide({ before, count }) {
        if (before) requireMeantSensitivity(before, input);
        const updatedAt = clock().toISOString();
        const createdAt = before?.fields.createdAt ?? updatedAt;
        const fields = { service, selfHostedVcsId, baseUrl, accountLogin, sensitivity, createdAt, updatedAt };
        const change = before ? changes.replace(before, fields, { token }) : changes.create(key, fields, { token });
        const room = () => requireCount('accounts in the team', limits, 'vcsAccountsPerTeam', count + 1);
        return { changes: [change], ...(before ? {} : { room }) };
      },
    });
    return { vcsAccount: await byId(id, session), commit };
  };
}

function createChanging({ clock }: Pick<VcsAccountsDeps, 'clock'>) {
  /** Says how secret what is read with an account is; its token stays. */
  async function update(id: string, { sensitivity, expectedRevision }: UpdateAccountInput, session: Session) {
    const key = [session.principal.team, id];
    const { commit } = await session.run({
      operation: 'vcsAccount.update',
      subject: key,
      async find(view) {
        const before = await visible(id, view, session);
        requireMayPut(session, sensitivityOf(before), sensitivity);
        return before;
      },
      seen: (present) => ({ expected: expectedRevision, present }),
      decide(before) {
        const fields = { ...before.fields, sensitivity, updatedAt: clock().toISOString() };
        const change = changes.replace(before, fields, before.body());
        return { changes: [change], standing: changes.standing(before, change) };
      },
    });
    return { vcsAccount: await byId(id, session), commit };
  }

  /** Erases the account with its token, of which no older revision is kept. */
  async function remove(id: string, expected: number | null | undefined, session: Session) {
    const { made: vcsAccount, commit } = await session.run({
      operation: 'vcsAccount.delete',
      subject: [session.principal.team, id],
      async find(view) {
        const before = await visible(id, view, session);
        if (!mayOnAccount(session, 'delete', sensitivityOf(before))) throw forbidden();
        return before;
      },
      seen: (present) => ({ expected, present }),
      decide: (before) => ({
        changes: [{ op: 'remove', kind: 'vcsAccount', key: before.key, expected: before.revision }],
        made: before,
      }),
    });
    return { vcsAccount, commit };
  }

  return { update, remove };
}

/** A token that is replaced neither opens what was read with the last nor closes it, without a word. */
function requireMeantSensitivity(before: StoredAccount, { sensitivity }: PutAccountInput): void {
  if (sensitivity || sensitivityOf(before) === 'secret') return;
  const message = 'must be given as SECRET or CONFIG: the account that is replaced is CONFIG';
  throw invalidInput([{ path: ['sensitivity'], rule: 'required', message }]);
}
