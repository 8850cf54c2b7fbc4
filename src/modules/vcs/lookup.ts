import { byCodePoint } from '../../kernel/ids.ts';
import type { StoredAccount } from './model.ts';

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
