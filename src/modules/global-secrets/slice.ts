import type { LimitTable, ValuesOf } from '../../kernel/limits.ts';
import type { Slice } from '../slice.ts';
import { globalSecretRoutes } from './rest.ts';
import { addGlobalSecrets } from './schema.ts';
import { createGlobalSecrets, type GlobalSecretsService } from './service.ts';
import { shownGlobal } from './shown.ts';
import { types } from './types.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly globalSecrets: GlobalSecretsService;
  }
}

declare module '../../access/model.ts' {
  interface Resources {
    readonly globalSecret: true;
  }
}

declare module '../../store/port.ts' {
  interface Kinds {
    readonly globalSecret: true;
  }
}

const limits = {
  globalSecretBytes: { default: 8_388_608, min: 1, words: 'Bytes of everything in one global secret.' },
  globalSecretsPerTeam: { default: 2_000, min: 1, words: 'Global secrets in a team.' },
} as const satisfies LimitTable;

declare module '../../kernel/limits.ts' {
  interface NounLimits extends ValuesOf<typeof limits> {}
}

export const globalSecrets: Slice = {
  name: 'global-secrets',
  limits,
  federated: { entities: ['GlobalSecret'] },
  resources: [{ name: 'globalSecret', words: 'Global secrets. They belong to the team.', class: 'values' }],
  types,
  shown: [shownGlobal],
  create: (house) => ({ services: { globalSecrets: createGlobalSecrets(house) } }),
  rest: globalSecretRoutes,
  addSchema: addGlobalSecrets,
  fileMutations: {
    resource: 'globalSecret',
    names: ['createGlobalSecret', 'putGlobalSecret', 'updateGlobalSecret'],
  },
};
