import type { LimitTable, ValuesOf } from '../../kernel/limits.ts';
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
    /** A login at a git host. */
    readonly vcsAccount: true;
  }
}

const limits = {
  vcsAccountsPerTeam: { default: 200, min: 1, words: 'Accounts at git hosts in a team.' },
} as const satisfies LimitTable;

declare module '../../kernel/limits.ts' {
  interface NounLimits extends ValuesOf<typeof limits> {}
}

export const vcs: Slice = {
  name: 'vcs',
  limits,
  resources: [{ name: 'vcsAccount', words: 'Accounts at git hosts. They belong to the team.', class: 'login' }],
  types,
  create: (house) => ({ services: { vcsAccounts: createVcsAccounts({ ...house, mayAsk: house.git.mayAsk }) } }),
  addSchema: addVcsAccounts,
};
