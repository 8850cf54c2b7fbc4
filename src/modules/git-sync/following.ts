import type { View } from '../../vault/reading.ts';
import { type Gitops, globalDocument, type StoredGlobal } from '../global-secrets/model.ts';
import { accountsFor } from '../vcs/lookup.ts';
import { accountDocument, type StoredAccount } from '../vcs/model.ts';
import { type StoredSync, syncDocument, usesSecretAccounts } from './sync-model.ts';

/** A global secret that follows a git file. */
export interface Following {
  readonly global: StoredGlobal;
  readonly sync: StoredSync;
  readonly gitops: Gitops;
  /** All of the team. */
  readonly accounts: readonly StoredAccount[];
  /** Whether it may be read with secret ones. */
  readonly secretAccounts: boolean;
}

/** null: it is not there, or follows none. */
export async function followingIn(view: View, slug: string): Promise<Following | null> {
  const global = (await view.set(globalDocument)).get(slug);
  const sync = (await view.set(syncDocument)).get(slug);
  const gitops = global && !global.deleted ? global.body().gitops : null;
  if (!global || !gitops || !sync || sync.deleted) return null;
  const secretAccounts = usesSecretAccounts(sync.body(), global.fields.type);
  return { global, sync, gitops, accounts: (await view.set(accountDocument)).live, secretAccounts };
}

/** All that decides what a look finds, but for the repository: once it changes, there is no reason to wait any more. */
export const settingsOf = ({ gitops, accounts, secretAccounts }: Following): string =>
  JSON.stringify([
    gitops,
    secretAccounts,
    accountsFor(gitops, accounts).map(({ key, revision }) => [...key, revision]),
  ]);
