import type { LimitTable, ValuesOf } from '../../kernel/limits.ts';
import type { Slice } from '../slice.ts';
import { addResolution } from './schema.ts';
import { createResolutions, type ResolutionsService } from './service.ts';
import { types } from './types.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly resolutions: ResolutionsService;
  }
}

const limits = {
  environmentVariables: {
    default: 10_000,
    min: 1,
    words: 'Variables in the environment of one workload, run time and build time together.',
  },
  environmentBytes: { default: 33_554_432, min: 1, words: 'UTF-8 bytes of the names and values of its variables.' },
  environmentFiles: { default: 1_000, min: 1, words: 'Files in the environment of one workload.' },
  environmentFileBytes: { default: 268_435_456, min: 1, words: 'Bytes of its files.' },
  environmentReferences: {
    default: 100_000,
    min: 1,
    words: 'References in its texts; while it is resolved, of secret and of configuration sources each.',
  },
} as const satisfies LimitTable;

declare module '../../kernel/limits.ts' {
  interface NounLimits extends ValuesOf<typeof limits> {}
}

export const resolution: Slice = {
  name: 'resolution',
  limits,
  federated: { ofWorkloads: ['environment'] },
  types,
  create(house) {
    const cacheBytes = house.cacheBytes - Math.floor(house.cacheBytes / 4);
    const { addons } = house.services;
    return { services: { resolutions: createResolutions({ ...house, addons, cacheBytes }) } };
  },
  addSchema: addResolution,
};
