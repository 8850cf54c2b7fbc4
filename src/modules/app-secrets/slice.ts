import { secureRandom } from '../../crypto/random.ts';
import { sshKeyPair } from '../../crypto/ssh-key-pair.ts';
import type { Slice } from '../slice.ts';
import { addAppSecrets } from './schema.ts';
import { type AppSecretsService, createAppSecrets } from './service.ts';
import { types } from './types.ts';

declare module '../services.ts' {
  interface Services {
    readonly appSecrets: AppSecretsService;
  }
}

export const appSecrets: Slice = {
  name: 'app-secrets',
  types,
  create: (house) => ({ services: { appSecrets: createAppSecrets({ ...house, random: secureRandom, sshKeyPair }) } }),
  addSchema: addAppSecrets,
};
