import type { Slice } from '../slice.ts';
import { addSecretGroups } from './schema.ts';
import { createSecretGroups, type SecretGroupsService } from './service.ts';
import { shownGroup } from './shown.ts';
import { types } from './types.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly secretGroups: SecretGroupsService;
  }
}

declare module '../../access/model.ts' {
  interface Resources {
    readonly secretGroup: true;
  }
}

declare module '../../store/port.ts' {
  interface Kinds {
    readonly secretGroup: true;
  }
}

export const secretGroups: Slice = {
  name: 'secret-groups',
  resources: [{ name: 'secretGroup', words: 'Secret groups.', class: 'values' }],
  types,
  shown: [shownGroup],
  create: (house) => ({ services: { secretGroups: createSecretGroups({ ...house, addons: house.services.addons }) } }),
  addSchema: addSecretGroups,
  fileMutations: {
    resource: 'secretGroup',
    names: [
      'createSecretGroup',
      'putSecretGroup',
      'updateSecretGroup',
      'setSecretGroupFile',
      'setSecretGroupDockerSecretMount',
    ],
  },
};
