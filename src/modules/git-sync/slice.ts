import type { Slice } from '../slice.ts';
import { createGitSyncs, type GitSyncsService } from './git-syncs.ts';
import { types } from './types.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly gitSyncs: GitSyncsService;
  }
}

declare module '../../store/port.ts' {
  interface Kinds {
    /** How a global secret follows its git file. */
    readonly gitSync: true;
  }
}

export const gitSync: Slice = {
  name: 'git-sync',
  types,
  create(house) {
    const gitSyncs = createGitSyncs(house);
    return { services: { gitSyncs }, jobs: gitSyncs.jobs, hooks: [{ ...gitSyncs.hooks, name: 'git' }] };
  },
};
