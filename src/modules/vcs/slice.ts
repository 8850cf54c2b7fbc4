import type { Slice } from '../slice.ts';
import { addVcsAccounts } from './schema.ts';
import { createVcsAccounts, type VcsAccountsService } from './service.ts';
import { types } from './types.ts';

declare module '../services.ts' {
  interface Services {
    readonly vcsAccounts: VcsAccountsService;
  }
}

export const vcs: Slice = {
  name: 'vcs',
  types,
  create: (house) => ({ services: { vcsAccounts: createVcsAccounts({ ...house, mayAsk: house.git.mayAsk }) } }),
  addSchema: addVcsAccounts,
};
