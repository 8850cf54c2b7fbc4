import type { Slice } from '../slice.ts';
import { addVcsAccounts } from './schema.ts';
import { createVcsAccounts, type VcsAccountsService } from './service.ts';
import { types } from './types.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly vcsAccounts: VcsAccountsService;
  }
}

declare module '../../access/model.ts' {
  interface Resources {
    readonly vcsAccount: true;
  }
}

declare module '../../store/port.ts' {
  interface Kinds {
    /** A login at a host of repositories. */
    readonly vcsAccount: true;
  }
}

export const vcs: Slice = {
  name: 'vcs',
  resources: [{ name: 'vcsAccount', words: 'Accounts at git hosts. They belong to the team.', class: 'login' }],
  types,
  create: (house) => ({ services: { vcsAccounts: createVcsAccounts({ ...house, mayAsk: house.git.mayAsk }) } }),
  addSchema: addVcsAccounts,
};
