import { secureRandom } from '../../crypto/random.ts';
import { sshKeyPair } from '../../crypto/ssh-key-pair.ts';
import type { LimitTable, ValuesOf } from '../../kernel/limits.ts';
import type { Slice } from '../slice.ts';
import { addAppSecrets } from './schema.ts';
import { type AppSecretsService, createAppSecrets } from './service.ts';
import { shownAppSecrets } from './shown.ts';
import { types } from './types.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly appSecrets: AppSecretsService;
  }
}

declare module '../../access/model.ts' {
  interface Resources {
    readonly appSecret: true;
  }
}

declare module '../../store/port.ts' {
  interface Kinds {
    readonly appSecret: true;
    /** What a secret is in one environment. */
    readonly appSecretValue: true;
  }
}

const limits = {
  appSecretsPerApp: { default: 500, min: 1, words: 'Secrets of an app.' },
  appSecretValueBytes: { default: 65_536, min: 1, words: "Bytes of a secret's value in one environment." },
} as const satisfies LimitTable;

declare module '../../kernel/limits.ts' {
  interface NounLimits extends ValuesOf<typeof limits> {}
}

export const appSecrets: Slice = {
  name: 'app-secrets',
  limits,
  federated: { entities: ['AppSecret'] },
  resources: [
    { name: 'appSecret', words: 'Secrets of apps and their values. They belong to the team.', class: 'values' },
  ],
  types,
  shown: shownAppSecrets,
  create: (house) => ({ services: { appSecrets: createAppSecrets({ ...house, random: secureRandom, sshKeyPair }) } }),
  addSchema: addAppSecrets,
};
