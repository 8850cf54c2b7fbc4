import type { Slice } from '../slice.ts';
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

export const globalSecrets: Slice = {
  name: 'global-secrets',
  resources: [{ name: 'globalSecret', words: 'Global secrets. They belong to the team.', class: 'values' }],
  types,
  shown: [shownGlobal],
  create: (house) => ({ services: { globalSecrets: createGlobalSecrets(house) } }),
  addSchema: addGlobalSecrets,
  fileMutations: {
    resource: 'globalSecret',
    names: ['createGlobalSecret', 'putGlobalSecret', 'updateGlobalSecret'],
  },
};
