import type { LimitTable, ValuesOf } from '../../kernel/limits.ts';
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

const limits = {
  gitPatienceMs: { default: 8_000, min: 10, words: 'Milliseconds for which a mutation waits for the git file.' },
  gitSyncMs: { default: 300_000, min: 1_000, words: 'Milliseconds from one look at a repository to the next.' },
} as const satisfies LimitTable;

declare module '../../kernel/limits.ts' {
  interface NounLimits extends ValuesOf<typeof limits> {}
}

export const gitSync: Slice = {
  name: 'git-sync',
  limits,
  types,
  create(house) {
    const gitSyncs = createGitSyncs(house);
    return { services: { gitSyncs }, jobs: gitSyncs.jobs, hooks: [{ ...gitSyncs.hooks, name: 'git' }] };
  },
};
