import type { LimitTable, ValuesOf } from '../../kernel/limits.ts';
import type { Slice } from '../slice.ts';
import { secretGroupRoutes } from './rest.ts';
import { importRoutes } from './rest-imports.ts';
import { linkRoutes } from './rest-links.ts';
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

const limits = {
  variableBytes: { default: 65_536, min: 1, words: "Bytes of one variable's value." },
  fileBytes: { default: 1_048_576, min: 1, words: "Bytes of one file's content." },
  groupBytes: {
    default: 8_388_608,
    min: 1,
    words: "Bytes of everything in one secret group, or in a workload's own values.",
  },
  variablesPerGroup: { default: 2_000, min: 1, words: "Variables in one secret group, or of a workload's own." },
  groupsPerProject: { default: 2_000, min: 1, words: 'Secret groups in a project.' },
} as const satisfies LimitTable;

declare module '../../kernel/limits.ts' {
  interface NounLimits extends ValuesOf<typeof limits> {}
}

export const secretGroups: Slice = {
  name: 'secret-groups',
  limits,
  federated: { entities: ['SecretGroup'] },
  resources: [{ name: 'secretGroup', words: 'Secret groups.', class: 'values' }],
  types,
  shown: [shownGroup],
  create: (house) => ({ services: { secretGroups: createSecretGroups({ ...house, addons: house.services.addons }) } }),
  rest: [...secretGroupRoutes, ...importRoutes, ...linkRoutes],
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
